import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import organizations.models
import organizations.scope
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ("cohorts", "0010_leaving_reasons"),
        ('curriculum', '0007_draft_edits'),
        ('organizations', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='BulkAction',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('status', 'Change status'), ('mentor', 'Assign mentor'), ('message', 'Send message')], max_length=10)),
                ('chosen', models.JSONField(default=list)),
                ('details', models.JSONField(default=dict)),
                ('back', models.CharField(blank=True, max_length=1200)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('done_at', models.DateTimeField(null=True)),
                ('undone_at', models.DateTimeField(null=True)),
                ('by', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('undone_by', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='BulkItem',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('outcome', models.CharField(choices=[('done', 'Done'), ('left_out', 'Left out'), ('undone', 'Undone'), ('kept', 'Could not be undone')], max_length=10)),
                ('told', models.CharField(blank=True, max_length=400)),
                ('first', models.PositiveIntegerField(null=True)),
                ('last', models.PositiveIntegerField(null=True)),
                ('action', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='items', to='cohorts.bulkaction')),
                ('enrollment', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cohorts.enrollment')),
                ('mentor_after', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('mentor_before', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RosterChange',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('enrollment_id', models.UUIDField(null=True)),
                ('cohort_id', models.UUIDField(null=True)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RosterRow',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('status', models.CharField(max_length=12)),
                ('word', models.CharField(max_length=12)),
                ('since', models.DateField(null=True)),
                ('is_on_the_path', models.BooleanField()),
                ('level', models.PositiveSmallIntegerField()),
                ('levels', models.PositiveSmallIntegerField()),
                ('level_share', models.FloatField()),
                ('earned', models.FloatField()),
                ('credited', models.FloatField()),
                ('planned', models.FloatField()),
                ('pace', models.FloatField(null=True)),
                ('last_active', models.DateField(null=True)),
                ('milestone', models.CharField(blank=True, max_length=300)),
                ('due_on', models.DateField(null=True)),
                ('reached', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('reasons', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                ('reasons_since', models.DateField(null=True)),
                ('cohort', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cohorts.cohort')),
                ('enrollment', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cohorts.enrollment')),
                ('mentor', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.membership')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('track', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='curriculum.track')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RosterView',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('query', models.CharField(max_length=1000)),
                ('is_shared', models.BooleanField(default=False, verbose_name='shared with staff')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('owner', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RosterPreference',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('columns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), default=list, size=None)),
                ('member', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.membership')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('begins_with', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='cohorts.rosterview')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddIndex(
            model_name='bulkaction',
            index=models.Index(fields=['organization', '-done_at'], name='bulk_action_by_time'),
        ),
        migrations.AddConstraint(
            model_name='bulkaction',
            constraint=models.CheckConstraint(condition=models.Q(('undone_at', None), ('done_at__lte', models.F('undone_at')), _connector='OR'), name='bulk_action_undone_after_done'),
        ),
        migrations.AddConstraint(
            model_name='bulkitem',
            constraint=models.UniqueConstraint(fields=('organization', 'action', 'enrollment'), name='bulk_item_once'),
        ),
        migrations.AddIndex(
            model_name='rosterchange',
            index=models.Index(fields=['organization'], name='roster_change_by_organization'),
        ),
        migrations.AddIndex(
            model_name='rosterrow',
            index=models.Index(fields=['organization', 'cohort'], name='roster_row_by_cohort'),
        ),
        migrations.AddIndex(
            model_name='rosterrow',
            index=models.Index(fields=['organization', 'mentor'], name='roster_row_by_mentor'),
        ),
        migrations.AddConstraint(
            model_name='rosterrow',
            constraint=models.UniqueConstraint(fields=('organization', 'enrollment'), name='roster_row_once'),
        ),
        migrations.AddConstraint(
            model_name='rosterview',
            constraint=models.UniqueConstraint(fields=('organization', 'owner', 'name'), name='roster_view_name_once'),
        ),
        migrations.AddConstraint(
            model_name='rosterpreference',
            constraint=models.UniqueConstraint(fields=('organization', 'member'), name='roster_preference_once'),
        ),
    ]
