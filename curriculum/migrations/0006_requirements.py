# What must be done before a module; frozen with the tree, as in 0003. The function that freezes finds the version in
# two steps: without statistics PostgreSQL walks through all levels of the organization for the join, for every row.

import django.db.models.deletion
import organizations.models
import organizations.scope
from django.db import migrations, models

FREEZE_TREE = """
CREATE OR REPLACE FUNCTION refuse_changes_to_published_tree() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  parents uuid[];
  versions uuid[];
  published boolean;
BEGIN
  IF TG_OP = 'DELETE' AND current_user <> 'gilde' THEN
    RETURN OLD;  -- an organization is deleted by the owner, with all that it has
  END IF;
  parents := ARRAY[(to_jsonb(OLD) ->> TG_ARGV[0])::uuid, (to_jsonb(NEW) ->> TG_ARGV[0])::uuid];
  IF TG_ARGV[0] = 'version_id' THEN
    versions := parents;
  ELSIF TG_ARGV[0] = 'project_id' THEN
    versions := ARRAY(SELECT version_id FROM curriculum_project WHERE id = ANY (parents));
  ELSE
    IF TG_ARGV[0] = 'module_id' THEN
      parents := ARRAY(SELECT level_id FROM curriculum_module WHERE id = ANY (parents));
    END IF;
    versions := ARRAY(SELECT version_id FROM curriculum_level WHERE id = ANY (parents));
  END IF;
  -- Locked, so that a version cannot be published while its tree is being changed.
  SELECT bool_or(status <> 'draft') INTO published FROM (
    SELECT status FROM curriculum_curriculumversion WHERE id = ANY (versions) FOR SHARE
  ) AS locked;
  IF published THEN
    RAISE EXCEPTION 'A published curriculum never changes: import the plan again to make the next version.'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'version_frozen', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN coalesce(NEW, OLD);
END $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('curriculum', '0005_finding_acceptances'),
        ('organizations', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Requirement',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('module', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='requirements', to='curriculum.module')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('required', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='required_by', to='curriculum.module')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'required'], name='requirement_by_required')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'module', 'required'), name='requirement_once'), models.UniqueConstraint(fields=('organization', 'module', 'position'), name='requirement_position_once'), models.CheckConstraint(condition=models.Q(('module', models.F('required')), _negated=True), name='requirement_of_another')],
            },
        ),
        migrations.RunSQL(FREEZE_TREE, migrations.RunSQL.noop),
        migrations.RunSQL(
            "CREATE TRIGGER curriculum_requirement_frozen BEFORE INSERT OR UPDATE OR DELETE ON curriculum_requirement "
            "FOR EACH ROW EXECUTE FUNCTION refuse_changes_to_published_tree('module_id')",
            "DROP TRIGGER curriculum_requirement_frozen ON curriculum_requirement",
        ),
    ]
