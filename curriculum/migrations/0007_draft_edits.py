import django.contrib.postgres.fields
import django.db.models.constraints
import django.db.models.deletion
import organizations.models
import organizations.scope
from django.db import migrations, models

# An edit and an acceptance are facts until their draft is discarded, and frozen with the version.
REFUSE_CHANGES = """
CREATE FUNCTION refuse_changes_to_draft_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'What was done to a draft is never changed: do something else instead.'
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'draft_record_unchanged', TABLE = TG_TABLE_NAME;
END $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('curriculum', '0006_requirements'),
        ('organizations', '0001_initial'),
    ]

    operations = [
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
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.RemoveConstraint(
            model_name='benchmark',
            name='benchmark_position_once',
        ),
        migrations.RemoveConstraint(
            model_name='level',
            name='level_number_once',
        ),
        migrations.RemoveConstraint(
            model_name='module',
            name='module_position_once',
        ),
        migrations.RemoveConstraint(
            model_name='module',
            name='module_code_once',
        ),
        migrations.RemoveConstraint(
            model_name='project',
            name='project_position_once',
        ),
        migrations.RemoveConstraint(
            model_name='topic',
            name='topic_position_once',
        ),
        migrations.RemoveConstraint(
            model_name='track',
            name='track_number_once',
        ),
        migrations.RemoveConstraint(
            model_name='verificationmethod',
            name='verification_position_once',
        ),
        migrations.AddConstraint(
            model_name='benchmark',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('organization', 'project', 'position'), name='benchmark_position_once'),
        ),
        migrations.AddConstraint(
            model_name='level',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('organization', 'version', 'number'), name='level_number_once'),
        ),
        migrations.AddConstraint(
            model_name='module',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('organization', 'level', 'position'), name='module_position_once'),
        ),
        migrations.AddConstraint(
            model_name='module',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('organization', 'level', 'code'), name='module_code_once'),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('organization', 'version', 'position'), name='project_position_once'),
        ),
        migrations.AddConstraint(
            model_name='topic',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('organization', 'module', 'position'), name='topic_position_once'),
        ),
        migrations.AddConstraint(
            model_name='track',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('organization', 'level', 'module', 'number'), name='track_number_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='verificationmethod',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('organization', 'version', 'position'), name='verification_position_once'),
        ),
        migrations.AddField(
            model_name='draftedit',
            name='by',
            field=organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership'),
        ),
        migrations.AddField(
            model_name='draftedit',
            name='next_redo',
            field=organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='curriculum.draftedit'),
        ),
        migrations.AddField(
            model_name='draftedit',
            name='below',
            field=organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='curriculum.draftedit'),
        ),
        migrations.AddField(
            model_name='draftedit',
            name='of',
            field=organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='curriculum.draftedit'),
        ),
        migrations.AddField(
            model_name='draftedit',
            name='organization',
            field=models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization'),
        ),
        migrations.AddField(
            model_name='draftedit',
            name='version',
            field=organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='edits', to='curriculum.curriculumversion'),
        ),
        migrations.AddConstraint(
            model_name='draftedit',
            constraint=models.UniqueConstraint(fields=('organization', 'version', 'sequence'), name='draft_edit_sequence_once'),
        ),
        migrations.RunSQL(REFUSE_CHANGES, "DROP FUNCTION refuse_changes_to_draft_record()"),
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
        # Until now an acceptance was append-only, so a draft with one could not be discarded.
        migrations.RunSQL(
            "DROP TRIGGER IF EXISTS curriculum_findingacceptance_append_only ON curriculum_findingacceptance",
            migrations.RunSQL.noop,
        ),
    ]
