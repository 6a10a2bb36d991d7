import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import organizations.models
import organizations.scope

# What follows from the reviews of an attempt is kept beside it, whoever writes them: the queue need not look at reviews.
KEEP_READINGS = """
CREATE FUNCTION note_reading() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE row assessments_review := coalesce(NEW, OLD);
BEGIN
  UPDATE assessments_submission s
  SET readings = kept.readings, first_reviewed_at = kept.first_at, decided_at = kept.decided_at
  FROM (
    SELECT count(*)::smallint AS readings, min(submitted_at) AS first_at,
      min(submitted_at) FILTER (WHERE is_final) AS decided_at
    FROM assessments_review
    WHERE organization_id = row.organization_id AND submission_id = row.submission_id AND submitted_at IS NOT NULL
  ) kept
  WHERE s.organization_id = row.organization_id AND s.id = row.submission_id
    AND (s.readings, s.first_reviewed_at, s.decided_at)
      IS DISTINCT FROM (kept.readings, kept.first_at, kept.decided_at);
  RETURN NULL;
END $$;
CREATE TRIGGER assessments_review_note_reading AFTER INSERT OR UPDATE OF submitted_at, is_final OR DELETE
  ON assessments_review FOR EACH ROW EXECUTE FUNCTION note_reading();
"""


class Migration(migrations.Migration):
    replaces = [
        ("assessments", "0001_initial"),
        ("assessments", "0002_review_drafts_belong_to_reviewers"),
        ("assessments", "0003_carried_work"),
        ("assessments", "0004_reviews_by_rule"),
        ("assessments", "0005_gates_and_certificates"),
        ("assessments", "0006_link_facts"),
        ("assessments", "0007_drafts_and_links"),
        ("assessments", "0008_peers_and_portfolio"),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_squashed_0002_search_words'),
        ('cohorts', '0001_squashed_0014_flags'),
        ('curriculum', '0001_squashed_0007_draft_edits'),
        ('organizations', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='AutomatedTestPolicy',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('asked_from', models.DateField(null=True)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('recorded_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='LevelDecision',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('outcome', models.CharField(choices=[('passed', 'Passed'), ('revoked', 'Taken back')], max_length=8)),
                ('evidence', models.JSONField(default=list)),
                ('override_reason', models.TextField(blank=True)),
                ('effective_on', models.DateField()),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('approved_by', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('carries', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.leveldecision')),
                ('enrollment', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='level_decisions', to='cohorts.enrollment')),
                ('level', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='curriculum.level')),
                ('move', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cohorts.versionmove')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('recorded_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'enrollment', 'effective_on'], name='level_decision_history')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'revoked'), _negated=True), models.Q(('override_reason', ''), _negated=True), _connector='OR'), name='revoking_needs_reason'), models.CheckConstraint(condition=models.Q(('approved_by', None), models.Q(('approved_by', models.F('recorded_by')), _negated=True), _connector='OR'), name='override_approved_by_somebody_else')],
            },
        ),
        migrations.CreateModel(
            name='Certificate',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('title', models.CharField(max_length=200)),
                ('program', models.CharField(max_length=200)),
                ('first_level', models.PositiveSmallIntegerField()),
                ('last_level', models.PositiveSmallIntegerField()),
                ('awarded_on', models.DateField()),
                ('token', models.CharField(max_length=43)),
                ('status_index', models.PositiveIntegerField()),
                ('issued_at', models.DateTimeField()),
                ('enrollment', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='certificates', to='cohorts.enrollment')),
                ('issued_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('level', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='curriculum.level')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('replaces', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.certificate')),
                ('decision', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='certificates', to='assessments.leveldecision')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'token'), name='certificate_token_once'), models.UniqueConstraint(fields=('organization', 'status_index'), name='certificate_status_index_once'), models.UniqueConstraint(fields=('organization', 'replaces'), name='certificate_replaced_once'), models.CheckConstraint(condition=models.Q(('first_level__lte', models.F('last_level'))), name='certificate_levels_in_order')],
            },
        ),
        migrations.CreateModel(
            name='LevelReviewer',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('level', models.PositiveSmallIntegerField()),
                ('added_at', models.DateTimeField()),
                ('added_by', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('curriculum', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='curriculum.curriculum')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('reviewer', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'curriculum', 'level', 'reviewer'), name='level_reviewer_once')],
            },
        ),
        migrations.CreateModel(
            name='OpenGate',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('noticed_at', models.DateTimeField()),
                ('enrollment', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='open_gates', to='cohorts.enrollment')),
                ('level', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='curriculum.level')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'enrollment', 'level'), name='open_gate_once')],
            },
        ),
        migrations.CreateModel(
            name='OverrideRequest',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('effective_on', models.DateField()),
                ('reason', models.TextField()),
                ('asked_at', models.DateTimeField()),
                ('answer', models.CharField(blank=True, choices=[('approved', 'Approved'), ('declined', 'Declined'), ('withdrawn', 'Withdrawn')], max_length=9)),
                ('note', models.TextField(blank=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('asked_by', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('decision', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.leveldecision')),
                ('enrollment', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='override_requests', to='cohorts.enrollment')),
                ('level', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='curriculum.level')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(condition=models.Q(('answer', '')), fields=('organization', 'enrollment', 'level'), name='override_asked_once_at_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None), ('answered_by', None)), models.Q(models.Q(('answer', ''), _negated=True), ('answered_at__isnull', False), ('answered_by__isnull', False)), _connector='OR'), name='override_answer_has_somebody'), models.CheckConstraint(condition=models.Q(models.Q(('answer__in', ['approved', 'declined']), _negated=True), models.Q(('answered_by', models.F('asked_by')), _negated=True), _connector='OR'), name='override_answered_by_somebody_else'), models.CheckConstraint(condition=models.Q(models.Q(('answer', 'approved'), _negated=True), ('decision__isnull', False), _connector='OR'), name='override_approved_has_decision'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='override_has_reason')],
            },
        ),
        migrations.CreateModel(
            name='PeerRule',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('days', models.PositiveSmallIntegerField(default=7, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(28)], verbose_name='days to review')),
                ('is_on', models.BooleanField(default=True)),
                ('set_at', models.DateTimeField()),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('project', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='peer_rules', to='curriculum.project')),
                ('set_by', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'project'), name='peer_rule_once'), models.CheckConstraint(condition=models.Q(('days__range', (1, 28))), name='peer_rule_days_in_range')],
            },
        ),
        migrations.CreateModel(
            name='Rubric',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('version', models.PositiveSmallIntegerField()),
                ('standard', models.PositiveSmallIntegerField(default=3)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'title', 'version'), name='rubric_version_once')],
            },
        ),
        migrations.CreateModel(
            name='Criterion',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('key', models.SlugField(max_length=40)),
                ('title', models.CharField(max_length=120)),
                ('question', models.CharField(max_length=300)),
                ('descriptions', models.JSONField(default=list)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('rubric', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='criteria', to='assessments.rubric')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'rubric', 'position'), name='criterion_position_once'), models.UniqueConstraint(fields=('organization', 'rubric', 'key'), name='criterion_key_once')],
            },
        ),
        migrations.CreateModel(
            name='PeerRound',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('due_at', models.DateTimeField()),
                ('least', models.PositiveSmallIntegerField(default=2)),
                ('seed', models.PositiveIntegerField()),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('cohort', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='peer_rounds', to='cohorts.cohort')),
                ('opened_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('project', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='curriculum.project')),
                ('rubric', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.rubric')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('organization', 'cohort', 'project'), name='one_open_peer_round'), models.CheckConstraint(condition=models.Q(('least__range', (1, 2))), name='peer_round_least_in_range')],
            },
        ),
        migrations.CreateModel(
            name='RubricArchival',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('is_archived', models.BooleanField()),
                ('recorded_at', models.DateTimeField()),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('recorded_by', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('rubric', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.rubric')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RubricChoice',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(blank=True, choices=[('module_capstone', 'Module capstone'), ('practice_project', 'Practice project'), ('final_capstone', 'Final capstone'), ('track', 'Specialization')], max_length=20)),
                ('level', models.PositiveSmallIntegerField(null=True)),
                ('recorded_at', models.DateTimeField()),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('recorded_by', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('rubric', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.rubric')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'kind', 'level', '-recorded_at'], name='rubric_choice_latest')],
            },
        ),
        migrations.CreateModel(
            name='SecondReaderRule',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('is_asked', models.BooleanField(null=True)),
                ('recorded_at', models.DateTimeField()),
                ('cohort', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cohorts.cohort')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('project', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='curriculum.project')),
                ('recorded_by', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'cohort', 'project'], name='second_reader_rule_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('cohort', None), ('project', None), _connector='OR'), name='second_reader_rule_is_about_one')],
            },
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('attempt', models.PositiveSmallIntegerField()),
                ('commit', models.CharField(blank=True, max_length=80, verbose_name='commit or tag')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('checklist', models.JSONField(default=list)),
                ('submitted_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('readings', models.PositiveSmallIntegerField(db_default=0, editable=False)),
                ('first_reviewed_at', models.DateTimeField(editable=False, null=True)),
                ('decided_at', models.DateTimeField(editable=False, null=True)),
                ('assigned_at', models.DateTimeField(null=True)),
                ('assignee', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('enrollment', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='submissions', to='cohorts.enrollment')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('project', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='curriculum.project')),
                ('submitted_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'submitted_at'], name='submission_by_time'), models.Index(condition=models.Q(('decided_at', None), ('withdrawn_at', None)), fields=['organization', 'submitted_at', 'id'], name='submission_open'), models.Index(condition=models.Q(('decided_at', None), ('withdrawn_at', None)), fields=['organization', 'assignee', 'assigned_at'], name='submission_open_by_assignee')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'enrollment', 'project', 'attempt'), name='attempt_once')],
            },
        ),
        migrations.CreateModel(
            name='PeerReview',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('summary', models.TextField(blank=True)),
                ('assigned_at', models.DateTimeField()),
                ('saved_at', models.DateTimeField(null=True)),
                ('submitted_at', models.DateTimeField(null=True)),
                ('released_at', models.DateTimeField(null=True)),
                ('giver', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='peer_reviews_given', to='cohorts.enrollment')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('receiver', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cohorts.enrollment')),
                ('written_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('round', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='reviews', to='assessments.peerround')),
                ('submission', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='peer_reviews', to='assessments.submission')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'giver'], name='peer_review_by_giver'), models.Index(fields=['organization', 'submission'], name='peer_review_by_submission')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'round', 'receiver', 'giver'), name='peer_review_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('giver', None), models.Q(('giver', models.F('receiver')), _negated=True), _connector='OR'), name='nobody_reviews_themselves'), models.CheckConstraint(condition=models.Q(('submitted_at', None), ('written_by__isnull', False), _connector='OR'), name='peer_review_has_a_writer')],
            },
        ),
        migrations.CreateModel(
            name='PeerScore',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('value', models.PositiveSmallIntegerField(choices=[(1, 'Not yet'), (2, 'Developing'), (3, 'Proficient'), (4, 'Exemplary')], null=True)),
                ('comment', models.TextField(blank=True)),
                ('criterion', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.criterion')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('review', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='scores', to='assessments.peerreview')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'review', 'criterion'), name='peer_score_once'), models.CheckConstraint(condition=models.Q(('value', None), ('value__range', (1, 4)), _connector='OR'), name='peer_score_in_range')],
            },
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('verdict', models.CharField(blank=True, choices=[('pass', 'Passed'), ('changes_requested', 'Changes requested'), ('fail', 'Failed')], max_length=20)),
                ('summary', models.TextField(blank=True, verbose_name='summary')),
                ('claimed_at', models.DateTimeField()),
                ('claim_expires_at', models.DateTimeField()),
                ('submitted_at', models.DateTimeField(null=True)),
                ('is_final', models.BooleanField(db_default=False, default=False)),
                ('handed_over_at', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('reviewer', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('rubric', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.rubric')),
                ('submission', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='reviews', to='assessments.submission')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'reviewer'], name='review_by_reviewer')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'submission', 'reviewer'), name='review_once_per_reviewer'), models.UniqueConstraint(condition=models.Q(('is_final', True)), fields=('organization', 'submission'), name='verdict_once'), models.CheckConstraint(condition=models.Q(models.Q(('submitted_at', None), ('verdict', '')), models.Q(models.Q(('submitted_at', None), _negated=True), models.Q(('verdict', ''), _negated=True)), _connector='OR'), name='submitted_review_has_verdict'), models.CheckConstraint(condition=models.Q(('is_final', False), ('submitted_at__isnull', False), _connector='OR'), name='final_review_is_submitted')],
            },
        ),
        migrations.CreateModel(
            name='Score',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('value', models.PositiveSmallIntegerField(choices=[(1, 'Not yet'), (2, 'Developing'), (3, 'Proficient'), (4, 'Exemplary')], null=True)),
                ('comment', models.TextField(blank=True)),
                ('criterion', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.criterion')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('review', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='scores', to='assessments.review')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'review', 'criterion'), name='score_once'), models.CheckConstraint(condition=models.Q(('value', None), ('value__range', (1, 4)), _connector='OR'), name='score_in_range')],
            },
        ),
        migrations.CreateModel(
            name='SecondReading',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.TextField()),
                ('asked_at', models.DateTimeField()),
                ('asked_by', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('submission', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='second_readings', to='assessments.submission')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'submission'), name='second_reading_once')],
            },
        ),
        migrations.CreateModel(
            name='ReviewAssignment',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(choices=[('mentor', 'Mentor of the learner'), ('level', 'Reviewer of the level'), ('staff', 'Program staff'), ('second', 'Second reader'), ('settling', 'The readers disagree'), ('chosen', 'Chosen by staff')], max_length=8)),
                ('note', models.TextField(blank=True)),
                ('assigned_at', models.DateTimeField()),
                ('assigned_by', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('reviewer', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('submission', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='assessments.submission')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'submission', 'assigned_at'], name='assignment_of_submission')],
            },
        ),
        migrations.CreateModel(
            name='PortfolioReview',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('is_publishable', models.BooleanField(verbose_name='ready to publish')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('missing', models.TextField(blank=True, verbose_name='what is missing')),
                ('recorded_at', models.DateTimeField()),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('reviewer', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('submission', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='portfolio_reviews', to='assessments.submission')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'submission', '-recorded_at'], name='portfolio_review_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('is_publishable', True), ('missing', '')), models.Q(('is_publishable', False), models.Q(('missing', ''), _negated=True)), _connector='OR'), name='not_publishable_says_what_is_missing')],
            },
        ),
        migrations.CreateModel(
            name='CarriedAttempt',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('is_whole', models.BooleanField()),
                ('move', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cohorts.versionmove')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('project', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='curriculum.project')),
                ('submission', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='carried', to='assessments.submission')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'submission', 'project', 'move'), name='attempt_carried_once')],
            },
        ),
        migrations.CreateModel(
            name='AutomatedTest',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('repository', models.CharField(max_length=500)),
                ('commit', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('passed', 'Passed'), ('failed', 'Failed'), ('running', 'Running')], max_length=8)),
                ('source', models.CharField(choices=[('webhook', 'Webhook'), ('host', 'Repository host'), ('by_hand', 'Recorded by hand')], max_length=8)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('evidence_url', models.URLField(blank=True, max_length=500)),
                ('delivery', models.CharField(blank=True, max_length=100)),
                ('reported_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('recorded_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('submission', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='tests_by_hand', to='assessments.submission')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'repository', 'commit'], name='tests_by_commit')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('delivery', ''), _negated=True), fields=('organization', 'delivery'), name='delivery_once'), models.CheckConstraint(condition=models.Q(models.Q(('source', 'by_hand'), _negated=True), models.Q(('recorded_by__isnull', False), ('submission__isnull', False), models.Q(('evidence_url', ''), _negated=True)), _connector='OR'), name='tests_by_hand_have_evidence')],
            },
        ),
        migrations.CreateModel(
            name='SubmissionDraft',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('given', models.JSONField(default=dict)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('page', models.CharField(blank=True, max_length=36)),
                ('saved_at', models.DateTimeField()),
                ('enrollment', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='submission_drafts', to='cohorts.enrollment')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('project', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='curriculum.project')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'enrollment', 'project'), name='draft_once')],
            },
        ),
        migrations.CreateModel(
            name='SubmissionLink',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField(default=1)),
                ('kind', models.CharField(choices=[('repository', 'Repository'), ('deployment', 'Demo'), ('article', 'Article'), ('notebook', 'Notebook'), ('video', 'Video'), ('paper', 'Paper')], max_length=12)),
                ('url', models.URLField(max_length=500)),
                ('normalized_url', models.URLField(max_length=500)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('submission', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='links', to='assessments.submission')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'submission', 'kind', 'normalized_url'), name='link_once')],
            },
        ),
        migrations.CreateModel(
            name='RepositoryLook',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('outcome', models.CharField(choices=[('found', 'Found'), ('missing', 'Not there, or private'), ('unknown', 'Not known')], max_length=8)),
                ('detail', models.CharField(blank=True, max_length=40)),
                ('retry_at', models.DateTimeField(null=True)),
                ('owner', models.CharField(blank=True, max_length=300)),
                ('is_private', models.BooleanField(null=True)),
                ('license', models.CharField(max_length=80, null=True)),
                ('pushed_at', models.DateTimeField(null=True)),
                ('commit_exists', models.BooleanField(null=True)),
                ('commit', models.CharField(blank=True, max_length=64)),
                ('has_readme', models.BooleanField(null=True)),
                ('has_tests', models.BooleanField(null=True)),
                ('tests_state', models.CharField(blank=True, choices=[('passed', 'Passed'), ('failed', 'Failed'), ('running', 'Running')], max_length=8)),
                ('answers', models.JSONField(default=dict)),
                ('looked_at', models.DateTimeField()),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('link', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='looks', to='assessments.submissionlink')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'link', '-looked_at'], name='repository_look_latest')],
            },
        ),
        migrations.CreateModel(
            name='LinkCheck',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('outcome', models.CharField(choices=[('reachable', 'Reachable'), ('unreachable', 'Not reachable'), ('refused', 'Not a public address'), ('unknown', 'Not known')], max_length=12)),
                ('detail', models.CharField(blank=True, max_length=300)),
                ('final_url', models.URLField(blank=True, max_length=500)),
                ('checked_at', models.DateTimeField()),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('link', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='assessments.submissionlink')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'link', '-checked_at'], name='link_check_latest')],
            },
        ),
        migrations.CreateModel(
            name='BadgeKey',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('public_jwk', models.JSONField()),
                ('private_encrypted', models.TextField(blank=True)),
                ('made_at', models.DateTimeField()),
                ('retired_at', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(condition=models.Q(('retired_at', None)), fields=('organization',), name='badge_key_one_in_use'), models.CheckConstraint(condition=models.Q(models.Q(('retired_at', None), models.Q(('private_encrypted', ''), _negated=True)), models.Q(('private_encrypted', ''), ('retired_at__isnull', False)), _connector='OR'), name='badge_key_retired_is_forgotten')],
            },
        ),
        migrations.CreateModel(
            name='CertificateRevocation',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('cause', models.CharField(choices=[('level', 'The pass of the level was taken back'), ('staff', 'Revoked by staff'), ('replaced', 'Replaced by one with a corrected name')], max_length=8)),
                ('reason', models.TextField()),
                ('revoked_at', models.DateTimeField()),
                ('certificate', organizations.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='revocations', to='assessments.certificate')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
                ('revoked_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'certificate'), name='certificate_revoked_once'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='certificate_revoked_for_a_reason')],
            },
        ),
        migrations.CreateModel(
            name='CiKey',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('nonce', models.CharField(editable=False, max_length=32)),
                ('made_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('made_by', organizations.models.TenantForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'nonce'), name='ci_nonce_once'), models.UniqueConstraint(condition=models.Q(('ends_at', None)), fields=('organization',), name='ci_key_in_use_once')],
            },
        ),
        migrations.CreateModel(
            name='HostAccount',
            fields=[
                ('id', models.UUIDField(default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('host', models.CharField(max_length=100)),
                ('name', models.CharField(blank=True, max_length=300)),
                ('stated_at', models.DateTimeField()),
                ('membership', organizations.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='host_accounts', to='accounts.membership')),
                ('organization', models.ForeignKey(db_index=False, default=organizations.scope.current_organization_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'membership', 'host', '-stated_at'], name='host_account_latest')],
            },
        ),
        migrations.RunSQL(KEEP_READINGS, "DROP FUNCTION note_reading() CASCADE"),
    ]
