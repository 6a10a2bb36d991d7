import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import mentoring.models
import organizations.models
import organizations.scope


class Migration(migrations.Migration):
    replaces = [
        ("mentoring", "0001_initial"),
        ("mentoring", "0002_one_meeting_at_a_time_for_each_person"),
        ("mentoring", "0003_calendar_feed"),
        ("mentoring", "0004_what_a_one_on_one_leaves_behind"),
        ("mentoring", "0005_stay"),
        ("mentoring", "0006_pairs_and_matching"),
        ("mentoring", "0007_hand_over_with_proposals"),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_squashed_0002_search_words'),
        ('cohorts', '0001_squashed_0014_flags'),
        ('organizations', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='CalendarFeed',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField()),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='calendar_feed', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='HandOver',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('first_day', models.DateField(null=True)),
                ('last_day', models.DateField(null=True)),
                ('times', models.JSONField(default=dict)),
                ('note', models.TextField(blank=True)),
                ('answer_by', models.DateField()),
                ('expires_at', models.DateTimeField()),
                ('asked_at', models.DateTimeField()),
                ('asked_by', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('enrollment', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='hand_overs', to='cohorts.enrollment')),
                ('leaving', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('mentor_before', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('to', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'to', 'expires_at'], name='hand_over_by_colleague'), models.Index(fields=['organization', 'leaving', 'asked_at'], name='hand_over_by_leaving'), models.Index(fields=['organization', 'enrollment'], name='hand_over_by_enrollment')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('first_day', None), ('last_day', None)), ('last_day__gte', models.F('first_day')), _connector='OR'), name='hand_over_days_in_order'), models.CheckConstraint(condition=models.Q(('leaving', models.F('to')), _negated=True), name='hand_over_to_somebody_else')],
            },
        ),
        migrations.CreateModel(
            name='HandOverAnswer',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('answer', models.CharField(choices=[('accepted', 'Accepted'), ('declined', 'Declined'), ('withdrawn', 'Withdrawn'), ('not_asked', 'Settled without asking')], max_length=12)),
                ('reason', models.TextField(blank=True)),
                ('answered_at', models.DateTimeField()),
                ('answered_by', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('hand_over', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='mentoring.handover')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'hand_over'), name='hand_over_answered_once')],
            },
        ),
        migrations.CreateModel(
            name='Mentor',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('time_zone', models.CharField(max_length=64, verbose_name='time zone')),
                ('duration', models.PositiveSmallIntegerField(default=45, validators=[django.core.validators.MinValueValidator(10), django.core.validators.MaxValueValidator(240)], verbose_name='length (minutes)')),
                ('step', models.PositiveSmallIntegerField(default=45, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(240)], verbose_name='a start every (minutes)')),
                ('buffer_before', models.PositiveSmallIntegerField(default=0, verbose_name='free before (minutes)')),
                ('buffer_after', models.PositiveSmallIntegerField(default=0, verbose_name='free after (minutes)')),
                ('min_notice', models.PositiveIntegerField(default=1440, verbose_name='notice (minutes)')),
                ('max_days_ahead', models.PositiveSmallIntegerField(default=60, verbose_name='days ahead')),
                ('max_per_day', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='most a day')),
                ('max_per_week', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='most a week')),
                ('video_link', models.URLField(blank=True, max_length=300, verbose_name='video link')),
                ('levels', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None, verbose_name='levels')),
                ('topics', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None, verbose_name='topics')),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('en', 'English'), ('nl', 'Nederlands')], max_length=5), blank=True, default=list, size=None, verbose_name='languages')),
                ('capacity', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='places for learners')),
                ('membership', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='mentors', to='accounts.membership')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'membership'), name='mentor_once'), models.CheckConstraint(condition=models.Q(('duration__gt', 0), ('step__gt', 0)), name='mentor_times_are_positive')],
            },
        ),
        migrations.CreateModel(
            name='AvailabilityWindow',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('weekday', models.PositiveSmallIntegerField()),
                ('start_minute', models.PositiveSmallIntegerField()),
                ('end_minute', models.PositiveSmallIntegerField()),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('mentor', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='windows', to='mentoring.mentor')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'mentor', 'weekday', 'start_minute'), name='window_once'), models.CheckConstraint(condition=models.Q(('end_minute__lte', 1440), ('start_minute__lt', 1440), ('weekday__lte', 6)), name='window_in_a_week')],
            },
        ),
        migrations.CreateModel(
            name='AvailabilityException',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('date', models.DateField(verbose_name='date')),
                ('windows', models.JSONField(default=list)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('mentor', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='exceptions', to='mentoring.mentor')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'mentor', 'date'), name='exception_once')],
            },
        ),
        migrations.CreateModel(
            name='Relief',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('first_day', models.DateField()),
                ('last_day', models.DateField()),
                ('made_at', models.DateTimeField()),
                ('enrollment', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='reliefs', to='cohorts.enrollment')),
                ('made_by', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('mentor', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'enrollment'], name='relief_by_enrollment'), models.Index(fields=['organization', 'mentor'], name='relief_by_mentor')],
                'constraints': [models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='relief_in_order')],
            },
        ),
        migrations.CreateModel(
            name='Series',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('rhythm', models.CharField(choices=[('fortnightly', 'Every 2 weeks'), ('four_weekly', 'Every 4 weeks'), ('monthly', 'Every month, on the same weekday of the month')], max_length=12)),
                ('first_day', models.DateField()),
                ('minute', models.PositiveSmallIntegerField()),
                ('planned_through', models.DateField()),
                ('stopped_from', models.DateField(null=True)),
                ('started_at', models.DateTimeField()),
                ('enrollment', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='series', to='cohorts.enrollment')),
                ('mentor', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='series', to='mentoring.mentor')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('started_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'mentor'], name='series_by_mentor')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('stopped_from', None)), fields=('organization', 'enrollment'), name='one_series_at_a_time'), models.CheckConstraint(condition=models.Q(('minute__lt', 1440)), name='series_in_a_day')],
            },
        ),
        migrations.CreateModel(
            name='OneOnOne',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('status', models.CharField(choices=[('booked', 'Booked'), ('held', 'Held'), ('learner_no_show', 'Learner did not come'), ('mentor_no_show', 'Mentor did not come'), ('cancelled', 'Cancelled')], default='booked', max_length=16)),
                ('buffer_before', models.PositiveSmallIntegerField(default=0)),
                ('buffer_after', models.PositiveSmallIntegerField(default=0)),
                ('sequence', models.PositiveIntegerField(default=0)),
                ('calendar_uid', models.UUIDField(default=organizations.models.uuid7, editable=False)),
                ('agenda', models.TextField(blank=True, verbose_name='what would help most')),
                ('cancel_reason', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('scheduled_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('settled_at', models.DateTimeField(null=True)),
                ('series_day', models.DateField(null=True)),
                ('booked_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('enrollment', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='one_on_ones', to='cohorts.enrollment')),
                ('learner_person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('mentor', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='one_on_ones', to='mentoring.mentor')),
                ('mentor_person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('settled_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('series', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='one_on_ones', to='mentoring.series')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'mentor'], name='one_on_one_by_mentor'), models.Index(fields=['organization', 'enrollment'], name='one_on_one_by_enrollment')],
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('status', 'cancelled'), _negated=True), expressions=[('during', '&&'), (models.Func(mentoring.models.PersonAsRange('mentor_person'), mentoring.models.PersonAsRange('learner_person'), function='int8multirange'), '&&')], name='nobody_meets_two_at_once'), models.CheckConstraint(condition=models.Q(('during__isempty', False)), name='one_on_one_not_empty'), models.CheckConstraint(condition=models.Q(('mentor_person', models.F('learner_person')), _negated=True), name='nobody_mentors_themselves'), models.UniqueConstraint(fields=('organization', 'series', 'series_day'), name='one_for_each_date_of_a_series')],
            },
        ),
        migrations.CreateModel(
            name='NotesVersion',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('text', models.TextField()),
                ('revision', models.PositiveIntegerField()),
                ('written_at', models.DateTimeField()),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('written_by', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('one_on_one', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='notes_versions', to='mentoring.oneonone')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'one_on_one', 'revision'), name='notes_version_once')],
            },
        ),
        migrations.CreateModel(
            name='ActionItem',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('text', models.CharField(max_length=300, verbose_name='what to do')),
                ('doer', models.CharField(choices=[('learner', 'Learner'), ('mentor', 'Mentor')], default='learner', max_length=8, verbose_name='who does it')),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='by when')),
                ('added_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(null=True)),
                ('added_by', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('done_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('enrollment', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='action_items', to='cohorts.enrollment')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('one_on_one', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='action_items', to='mentoring.oneonone')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(condition=models.Q(('done_at', None)), fields=['organization', 'enrollment'], name='action_open'), models.Index(fields=['organization', 'one_on_one'], name='action_by_one_on_one')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('done_at', None), ('done_by', None)), models.Q(('done_at__isnull', False), ('done_by__isnull', False)), _connector='OR'), name='action_done_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='OutcomeEvent',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('outcome', models.CharField(choices=[('booked', 'Booked'), ('held', 'Held'), ('learner_no_show', 'Learner did not come'), ('mentor_no_show', 'Mentor did not come'), ('cancelled', 'Cancelled')], max_length=16)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('recorded_at', models.DateTimeField()),
                ('one_on_one', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='outcome_events', to='mentoring.oneonone')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('recorded_by', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'one_on_one', 'recorded_at'], name='outcome_by_one_on_one')],
            },
        ),
        migrations.CreateModel(
            name='PrivateNote',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('text', models.TextField(blank=True)),
                ('revision', models.PositiveIntegerField()),
                ('written_at', models.DateTimeField()),
                ('author', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.membership')),
                ('one_on_one', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='mentoring.oneonone')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'one_on_one', 'author'), name='private_note_once')],
            },
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('starts', django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), size=3)),
                ('note', models.TextField(blank=True)),
                ('proposed_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('enrollment', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='cohorts.enrollment')),
                ('mentor', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mentoring.mentor')),
                ('one_on_one', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mentoring.oneonone')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('proposed_by', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('organization', 'enrollment'), name='one_open_proposal')],
            },
        ),
        migrations.CreateModel(
            name='Rating',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('score', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)])),
                ('comment', models.TextField(blank=True)),
                ('rated_at', models.DateTimeField()),
                ('one_on_one', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mentoring.oneonone')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'one_on_one'), name='rating_once'), models.CheckConstraint(condition=models.Q(('score__range', (1, 5))), name='rating_is_1_to_5')],
            },
        ),
        migrations.CreateModel(
            name='SharedNotes',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('text', models.TextField(blank=True)),
                ('revision', models.PositiveIntegerField()),
                ('written_at', models.DateTimeField()),
                ('one_on_one', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mentoring.oneonone')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('written_by', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'one_on_one'), name='shared_notes_once')],
            },
        ),
        migrations.CreateModel(
            name='Stay',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('time_zone', models.CharField(max_length=64, verbose_name='time zone')),
                ('days', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('mentor', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='stays', to='mentoring.mentor')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'mentor'], name='stay_by_mentor')],
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(mentoring.models.PersonAsRange('organization'), '&&'), (mentoring.models.PersonAsRange('mentor'), '&&'), ('days', '&&')], name='one_zone_a_day'), models.CheckConstraint(condition=models.Q(('days__isempty', False)), name='stay_not_empty')],
            },
        ),
        migrations.CreateModel(
            name='TimeOff',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('note', models.CharField(blank=True, max_length=200)),
                ('mentor', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='time_off', to='mentoring.mentor')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'mentor'], name='time_off_by_mentor')],
                'constraints': [models.CheckConstraint(condition=models.Q(('during__isempty', False)), name='time_off_not_empty')],
            },
        ),
    ]
