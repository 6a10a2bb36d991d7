# What must be done before a module; frozen with the tree, as in 0003.

import django.db.models.deletion
import organizations.models
import organizations.scope
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('curriculum', '0004_track_projects'),
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
        migrations.RunSQL(
            "CREATE TRIGGER curriculum_requirement_frozen BEFORE INSERT OR UPDATE OR DELETE ON curriculum_requirement "
            "FOR EACH ROW EXECUTE FUNCTION refuse_changes_to_published_tree('module_id')",
            "DROP TRIGGER curriculum_requirement_frozen ON curriculum_requirement",
        ),
    ]
