import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import organizations.models
import organizations.scope


class Migration(migrations.Migration):
    replaces = [
        ("notifications", "0001_initial"),
        ("notifications", "0002_outbox"),
        ("notifications", "0003_preferences"),
        ("notifications", "0004_endpoints"),
        ("notifications", "0005_delivery"),
    ]

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('organizations', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Endpoint',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('format', models.CharField(choices=[('webhook', 'Webhook'), ('slack', 'Slack'), ('discord', 'Discord'), ('mattermost', 'Mattermost, or compatible')], max_length=12)),
                ('name', models.CharField(max_length=80)),
                ('address', models.CharField(max_length=500)),
                ('group_id', models.UUIDField(null=True)),
                ('subscribed', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None)),
                ('secret', models.CharField(blank=True, max_length=100)),
                ('old_secret', models.CharField(blank=True, max_length=100)),
                ('old_secret_until', models.DateTimeField(null=True)),
                ('state', models.CharField(choices=[('on', 'On'), ('off', 'Off'), ('failed', 'Switched off after failures')], default='on', max_length=8)),
                ('failing_since', models.DateTimeField(null=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('rests_until', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'group_id'], name='endpoint_of_group')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('format', 'webhook'), ('group_id', None)), models.Q(models.Q(('format', 'webhook'), _negated=True), ('group_id__isnull', False)), _connector='OR'), name='endpoint_chat_has_group'), models.CheckConstraint(condition=models.Q(models.Q(('failing_since', None), ('failures', 0)), models.Q(('failing_since__isnull', False), ('failures__gt', 0)), _connector='OR'), name='endpoint_failing_has_failures')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=40)),
                ('key', models.CharField(max_length=200)),
                ('payload', models.JSONField(default=dict)),
                ('subject_id', models.UUIDField(null=True)),
                ('occurred_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('state', models.CharField(choices=[('pending', 'Waiting'), ('delivered', 'Delivered'), ('skipped', 'Not sent'), ('failed', 'Failed')], default='pending', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField()),
                ('claimed_until', models.DateTimeField(null=True)),
                ('settled_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('endpoint', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='notifications.endpoint')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['organization', 'next_attempt_at'], name='delivery_due'), models.Index(fields=['organization', 'endpoint', '-occurred_at', '-id'], name='delivery_newest'), models.Index(fields=['organization', 'settled_at'], name='delivery_settled')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'endpoint', 'key'), name='delivery_key_once'), models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('state', 'pending')), models.Q(models.Q(('state', 'pending'), _negated=True), models.Q(('settled_at', None), _negated=True)), _connector='OR'), name='delivery_settled_has_time')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('key', models.CharField(max_length=250)),
                ('subject_id', models.UUIDField(null=True)),
                ('payload', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('pending', 'Waiting'), ('sent', 'Sent'), ('skipped', 'Not sent'), ('dead', 'Failed')], default='pending', max_length=10)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('due_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('cause', models.CharField(blank=True, choices=[('late', 'Its moment had passed'), ('untrue', 'No longer true'), ('unwanted', 'Not wanted by the person'), ('no_address', 'No address'), ('bad_address', 'Address refused for good'), ('refused', 'Refused by the mail host'), ('given_up', 'Tried too often'), ('broken', 'Could not be written')], max_length=12)),
                ('lane', models.PositiveSmallIntegerField(choices=[(0, 'Urgent'), (1, 'Ordinary'), (2, 'To many at once')], default=1)),
                ('claimed_until', models.DateTimeField(null=True)),
                ('was_emptied', models.BooleanField(default=False)),
                ('digest', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='notifications.message')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['organization', 'lane', 'next_attempt_at'], name='message_due_in_lane'), models.Index(condition=models.Q(('state', 'pending')), fields=['organization', 'lane', 'expires_at'], name='message_late_in_lane'), models.Index(condition=models.Q(('digest__isnull', False)), fields=['organization', 'digest'], name='message_in_digest'), models.Index(condition=models.Q(('state', 'dead')), fields=['organization', 'cause'], name='message_dead')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'key'), name='message_key_once'), models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('state', 'pending')), models.Q(models.Q(('state', 'pending'), _negated=True), models.Q(('settled_at', None), _negated=True)), _connector='OR'), name='message_settled_has_time')],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('titles', models.JSONField(default=dict)),
                ('path', models.CharField(blank=True, max_length=500)),
                ('posted_at', models.DateTimeField()),
                ('read_at', models.DateTimeField(null=True)),
                ('message', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='notifications.message')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(condition=models.Q(('read_at__isnull', True)), fields=['organization', 'person'], name='notice_unread'), models.Index(fields=['organization', 'person', '-posted_at', '-id'], name='notice_newest')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'message'), name='notice_once')],
            },
        ),
        migrations.CreateModel(
            name='Preferences',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('emails', models.JSONField(default=dict)),
                ('silent', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                ('quiet_from', models.TimeField(null=True)),
                ('quiet_until', models.TimeField(null=True)),
                ('digest_hour', models.PositiveSmallIntegerField(default=17)),
                ('digest_weekday', models.PositiveSmallIntegerField(null=True)),
                ('muted_groups', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'person'), name='preferences_once'), models.CheckConstraint(condition=models.Q(models.Q(('quiet_from', None), ('quiet_until', None)), models.Q(('quiet_from__isnull', False), ('quiet_until__isnull', False), models.Q(('quiet_from', models.F('quiet_until')), _negated=True)), _connector='OR'), name='preferences_quiet_hours_have_both_ends'), models.CheckConstraint(condition=models.Q(('digest_hour__lt', 24), models.Q(('digest_weekday', None), ('digest_weekday__lt', 7), _connector='OR')), name='preferences_digest_is_in_a_week')],
            },
        ),
        migrations.CreateModel(
            name='RefusedAddress',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('address', models.EmailField(max_length=254)),
                ('reason', models.CharField(max_length=300)),
                ('refused_at', models.DateTimeField()),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'person'), name='refused_address_once')],
            },
        ),
        migrations.CreateModel(
            name='ReminderLook',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('looked_at', models.DateTimeField()),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization',), name='reminder_look_once')],
            },
        ),
        migrations.CreateModel(
            name='RuleOffset',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('rule', models.CharField(max_length=40)),
                ('amount', models.SmallIntegerField()),
                ('set_at', models.DateTimeField()),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'rule', '-set_at'], name='rule_offset_newest')],
            },
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveSmallIntegerField()),
                ('at', models.DateTimeField()),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('problem', models.CharField(blank=True, max_length=20)),
                ('milliseconds', models.PositiveIntegerField()),
                ('response', models.CharField(blank=True, max_length=500)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('delivery', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tries', to='notifications.delivery')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'delivery', 'number'), name='attempt_number_once')],
            },
        ),
    ]
