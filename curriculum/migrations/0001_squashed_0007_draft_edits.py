import django.contrib.postgres.fields
import django.core.validators
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import organizations.models
import organizations.scope

# Which column of each table leads to its version, and what that column refers to.
PARENTS = {
    "curriculum_level": "version_id",
    "curriculum_verificationmethod": "version_id",
    "curriculum_project": "version_id",
    "curriculum_findingacceptance": "version_id",
    "curriculum_module": "level_id",
    "curriculum_track": "level_id",
    "curriculum_requirement": "module_id",
    "curriculum_topic": "module_id",
    "curriculum_benchmark": "project_id",
}

# It finds the version in two steps: without statistics PostgreSQL walks through all levels of the organization for a
# join, for every row.
FREEZE_TREE = """
CREATE FUNCTION refuse_changes_to_published_tree() RETURNS trigger LANGUAGE plpgsql AS $$
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

FREEZE_VERSION = """
CREATE FUNCTION refuse_changes_to_published_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_user <> 'gilde' THEN
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE'
    AND to_jsonb(NEW) - 'status' = to_jsonb(OLD) - 'status'
    AND (NEW.status = OLD.status OR (OLD.status = 'published' AND NEW.status = 'archived'))
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'A published curriculum never changes: import the plan again to make the next version.'
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'version_frozen', TABLE = TG_TABLE_NAME;
END $$
"""

# An edit and an acceptance are facts until their draft is discarded, and frozen with the version.
REFUSE_CHANGES = """
CREATE FUNCTION refuse_changes_to_draft_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'What was done to a draft is never changed: do something else instead.'
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'draft_record_unchanged', TABLE = TG_TABLE_NAME;
END $$
"""


class Migration(migrations.Migration):
    replaces = [
        ("curriculum", "0001_initial"),
        ("curriculum", "0002_plan_texts"),
        ("curriculum", "0003_freeze_published_versions"),
        ("curriculum", "0004_track_projects"),
        ("curriculum", "0005_finding_acceptances"),
        ("curriculum", "0006_requirements"),
        ("curriculum", "0007_draft_edits"),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_squashed_0002_search_words'),
        ('organizations', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Curriculum',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=60, verbose_name='address')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'slug'), name='curriculum_slug_once')],
            },
        ),
        migrations.CreateModel(
            name='CurriculumVersion',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveSmallIntegerField(verbose_name='version')),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('archived', 'Archived')], default='draft', max_length=10, verbose_name='status')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('summary', models.TextField(blank=True, verbose_name='summary')),
                ('source', models.TextField(blank=True, editable=False)),
                ('claims', models.JSONField(default=dict, editable=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('published_at', models.DateTimeField(null=True)),
                ('publish_reason', models.TextField(blank=True)),
                ('created_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('curriculum', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='curriculum.curriculum')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('published_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'curriculum', 'number'), name='version_number_once'), models.CheckConstraint(condition=models.Q(models.Q(('published_at', None), ('status', 'draft')), models.Q(models.Q(('status', 'draft'), _negated=True), models.Q(('published_at', None), _negated=True)), _connector='OR'), name='version_published_has_time')],
            },
        ),
        migrations.CreateModel(
            name='DraftEdit',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('sequence', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('rename', 'rename “%(old)s” to “%(new)s”'), ('hours', 'hours of %(name)s: %(old)s to %(new)s'), ('texts', 'texts of %(name)s'), ('add', 'add %(name)s'), ('delete', 'delete %(name)s'), ('move', 'move %(name)s'), ('split', 'split the hours of %(name)s'), ('number', 'number the modules of %(name)s'), ('fix', 'fix: %(name)s'), ('undo', 'undone: %(step)s'), ('redo', 'done again: %(step)s')], max_length=10)),
                ('words', models.JSONField(default=dict)),
                ('changes', models.JSONField(default=list)),
                ('touched', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('at', models.DateTimeField()),
                ('below', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='curriculum.draftedit')),
                ('by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('next_redo', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='curriculum.draftedit')),
                ('of', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='curriculum.draftedit')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('version', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='edits', to='curriculum.curriculumversion')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'version', 'sequence'), name='draft_edit_sequence_once')],
            },
        ),
        migrations.CreateModel(
            name='FindingAcceptance',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('key', models.TextField()),
                ('kind', models.CharField(choices=[('accepted', 'Accepted'), ('taken_back', 'Taken back')], max_length=10)),
                ('note', models.TextField(blank=True)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('recorded_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('version', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='finding_acceptances', to='curriculum.curriculumversion')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'version', 'recorded_at'], name='acceptance_by_version')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind', 'accepted'), _negated=True), models.Q(('note', ''), _negated=True), _connector='OR'), name='acceptance_needs_note')],
            },
        ),
        migrations.CreateModel(
            name='Level',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveSmallIntegerField()),
                ('title', models.CharField(max_length=200)),
                ('hours', models.DecimalField(decimal_places=2, max_digits=8, validators=[django.core.validators.MinValueValidator(0)], verbose_name='hours')),
                ('description', models.TextField(blank=True)),
                ('focus', models.TextField(blank=True)),
                ('technologies', models.TextField(blank=True)),
                ('goal', models.TextField(blank=True)),
                ('milestone', models.TextField(blank=True)),
                ('key_assessment', models.TextField(blank=True)),
                ('graduation_criteria', models.TextField(blank=True)),
                ('stated_breakdown', models.JSONField(default=list)),
                ('breakdown_hours', models.DecimalField(decimal_places=2, max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='hours')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('version', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='levels', to='curriculum.curriculumversion')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('organization', 'version', 'number'), name='level_number_once'), models.CheckConstraint(condition=models.Q(('hours__gte', 0)), name='level_hours_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Module',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('code', models.CharField(max_length=20)),
                ('title', models.CharField(max_length=200)),
                ('hours', models.DecimalField(decimal_places=2, max_digits=8, validators=[django.core.validators.MinValueValidator(0)], verbose_name='hours')),
                ('table_headings', models.JSONField(default=list)),
                ('note', models.TextField(blank=True)),
                ('level', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='modules', to='curriculum.level')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('organization', 'level', 'position'), name='module_position_once'), models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('organization', 'level', 'code'), name='module_code_once'), models.CheckConstraint(condition=models.Q(('hours__gte', 0)), name='module_hours_not_negative')],
            },
        ),
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
        migrations.CreateModel(
            name='Topic',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('title', models.CharField(max_length=300)),
                ('hours', models.DecimalField(decimal_places=2, max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='hours')),
                ('resources', models.TextField(blank=True)),
                ('deliverables', models.TextField(blank=True)),
                ('cells', models.JSONField(default=list)),
                ('benchmarks', models.JSONField(default=list)),
                ('module', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='topics', to='curriculum.module')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('parent', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='subtopics', to='curriculum.topic')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'parent'], name='topic_by_parent')],
                'constraints': [models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('organization', 'module', 'position'), name='topic_position_once'), models.CheckConstraint(condition=models.Q(('hours__gte', 0)), name='topic_hours_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Track',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveSmallIntegerField()),
                ('title', models.CharField(max_length=200)),
                ('hours', models.DecimalField(decimal_places=2, max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='hours')),
                ('level', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='tracks', to='curriculum.level')),
                ('module', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='tracks', to='curriculum.module')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('kind', models.CharField(choices=[('module_capstone', 'Module capstone'), ('practice_project', 'Practice project'), ('final_capstone', 'Final capstone'), ('track', 'Specialization')], max_length=20)),
                ('code', models.CharField(blank=True, max_length=20)),
                ('title', models.CharField(max_length=300)),
                ('hours', models.DecimalField(decimal_places=2, max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='hours')),
                ('description', models.TextField(blank=True)),
                ('checklist', models.JSONField(default=list)),
                ('level', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='projects', to='curriculum.level')),
                ('module', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='projects', to='curriculum.module')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('version', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='projects', to='curriculum.curriculumversion')),
                ('track', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='projects', to='curriculum.track')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'module'], name='project_by_module')],
                'constraints': [models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('organization', 'version', 'position'), name='project_position_once'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'track'), ('track__isnull', False)), models.Q(models.Q(('kind', 'track'), _negated=True), ('track', None)), _connector='OR'), name='project_of_track_has_track')],
            },
        ),
        migrations.CreateModel(
            name='Benchmark',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('metric', models.CharField(max_length=120)),
                ('comparison', models.CharField(choices=[('>=', 'at least'), ('<=', 'at most')], max_length=2)),
                ('threshold', models.DecimalField(decimal_places=4, max_digits=12)),
                ('unit', models.CharField(blank=True, max_length=40)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('project', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='benchmarks', to='curriculum.project')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('organization', 'project', 'position'), name='benchmark_position_once')],
            },
        ),
        migrations.CreateModel(
            name='VerificationMethod',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('title', models.CharField(max_length=120)),
                ('text', models.TextField()),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('version', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='verification_methods', to='curriculum.curriculumversion')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('organization', 'version', 'position'), name='verification_position_once')],
            },
        ),
        # Not with the table: Django forgets there that it is deferrable.
        migrations.AddConstraint(
            model_name='track',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('organization', 'level', 'module', 'number'), name='track_number_once', nulls_distinct=False),
        ),
        migrations.RunSQL(FREEZE_TREE, "DROP FUNCTION refuse_changes_to_published_tree()"),
        migrations.RunSQL(FREEZE_VERSION, "DROP FUNCTION refuse_changes_to_published_version()"),
        migrations.RunSQL(REFUSE_CHANGES, "DROP FUNCTION refuse_changes_to_draft_record()"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_frozen BEFORE INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION refuse_changes_to_published_tree('{column}')",
                f"DROP TRIGGER {table}_frozen ON {table}",
            )
            for table, column in PARENTS.items()
        ),
        migrations.RunSQL(
            "CREATE TRIGGER curriculum_curriculumversion_frozen BEFORE UPDATE OR DELETE ON curriculum_curriculumversion "
            "FOR EACH ROW WHEN (OLD.status <> 'draft') EXECUTE FUNCTION refuse_changes_to_published_version()",
            "DROP TRIGGER curriculum_curriculumversion_frozen ON curriculum_curriculumversion",
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_unchanged BEFORE UPDATE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_changes_to_draft_record()",
                f"DROP TRIGGER {table}_unchanged ON {table}",
            )
            for table in ("curriculum_draftedit", "curriculum_findingacceptance")
        ),
        migrations.RunSQL(
            "CREATE TRIGGER curriculum_draftedit_frozen BEFORE INSERT OR DELETE ON curriculum_draftedit "
            "FOR EACH ROW EXECUTE FUNCTION refuse_changes_to_published_tree('version_id')",
            "DROP TRIGGER curriculum_draftedit_frozen ON curriculum_draftedit",
        ),
    ]
