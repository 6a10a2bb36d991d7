import django.db.models.deletion
import organizations.models
import organizations.scope
from django.db import migrations, models


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
KEPT_READINGS = """
UPDATE assessments_submission s
SET readings = kept.readings, first_reviewed_at = kept.first_at, decided_at = kept.first_at
FROM (
  SELECT organization_id, submission_id, count(*) AS readings, min(submitted_at) AS first_at
  FROM assessments_review WHERE submitted_at IS NOT NULL GROUP BY organization_id, submission_id
) kept
WHERE s.organization_id = kept.organization_id AND s.id = kept.submission_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_search_words"),
        ("assessments", "0003_carried_work"),
        ("cohorts", "0014_flags"),
        ("curriculum", "0007_draft_edits"),
        ("organizations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="LevelReviewer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("level", models.PositiveSmallIntegerField()),
                ("added_at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="ReviewAssignment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("mentor", "Mentor of the learner"),
                            ("level", "Reviewer of the level"),
                            ("staff", "Program staff"),
                            ("second", "Second reader"),
                            ("settling", "The readers disagree"),
                            ("chosen", "Chosen by staff"),
                        ],
                        max_length=8,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("assigned_at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="RubricArchival",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("is_archived", models.BooleanField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="RubricChoice",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("module_capstone", "Module capstone"),
                            ("practice_project", "Practice project"),
                            ("final_capstone", "Final capstone"),
                            ("track", "Specialization"),
                        ],
                        max_length=20,
                    ),
                ),
                ("level", models.PositiveSmallIntegerField(null=True)),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="SecondReaderRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("is_asked", models.BooleanField(null=True)),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="SecondReading",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("reason", models.TextField()),
                ("asked_at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.RemoveConstraint(
            model_name="review",
            name="verdict_once",
        ),
        migrations.AddField(
            model_name="review",
            name="handed_over_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="review",
            name="is_final",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(
            "UPDATE assessments_review SET is_final = true WHERE submitted_at IS NOT NULL", migrations.RunSQL.noop
        ),
        migrations.AddField(
            model_name="rubric",
            name="created_by",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
            ),
        ),
        migrations.AddField(
            model_name="submission",
            name="assigned_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="submission",
            name="assignee",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
            ),
        ),
        migrations.AddField(
            model_name="submission",
            name="decided_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="submission",
            name="first_reviewed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="submission",
            name="readings",
            field=models.PositiveSmallIntegerField(db_default=0, editable=False),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                condition=models.Q(("decided_at", None), ("withdrawn_at", None)),
                fields=["organization", "submitted_at", "id"],
                name="submission_open",
            ),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                condition=models.Q(("decided_at", None), ("withdrawn_at", None)),
                fields=["organization", "assignee", "assigned_at"],
                name="submission_open_by_assignee",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_final", True)), fields=("organization", "submission"), name="verdict_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_final", False), ("submitted_at__isnull", False), _connector="OR"),
                name="final_review_is_submitted",
            ),
        ),
        migrations.AddField(
            model_name="levelreviewer",
            name="added_by",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
            ),
        ),
        migrations.AddField(
            model_name="levelreviewer",
            name="curriculum",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="curriculum.curriculum",
            ),
        ),
        migrations.AddField(
            model_name="levelreviewer",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                default=organizations.scope.current_organization_id,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="levelreviewer",
            name="reviewer",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.membership",
            ),
        ),
        migrations.AddField(
            model_name="reviewassignment",
            name="assigned_by",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
            ),
        ),
        migrations.AddField(
            model_name="reviewassignment",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                default=organizations.scope.current_organization_id,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="reviewassignment",
            name="reviewer",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
            ),
        ),
        migrations.AddField(
            model_name="reviewassignment",
            name="submission",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="assignments",
                to="assessments.submission",
            ),
        ),
        migrations.AddField(
            model_name="rubricarchival",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                default=organizations.scope.current_organization_id,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="rubricarchival",
            name="recorded_by",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
            ),
        ),
        migrations.AddField(
            model_name="rubricarchival",
            name="rubric",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="assessments.rubric",
            ),
        ),
        migrations.AddField(
            model_name="rubricchoice",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                default=organizations.scope.current_organization_id,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="rubricchoice",
            name="recorded_by",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
            ),
        ),
        migrations.AddField(
            model_name="rubricchoice",
            name="rubric",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="assessments.rubric",
            ),
        ),
        migrations.AddField(
            model_name="secondreaderrule",
            name="cohort",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="cohorts.cohort",
            ),
        ),
        migrations.AddField(
            model_name="secondreaderrule",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                default=organizations.scope.current_organization_id,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="secondreaderrule",
            name="project",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="curriculum.project",
            ),
        ),
        migrations.AddField(
            model_name="secondreaderrule",
            name="recorded_by",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
            ),
        ),
        migrations.AddField(
            model_name="secondreading",
            name="asked_by",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
            ),
        ),
        migrations.AddField(
            model_name="secondreading",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                default=organizations.scope.current_organization_id,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="secondreading",
            name="submission",
            field=organizations.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="second_readings",
                to="assessments.submission",
            ),
        ),
        migrations.AddConstraint(
            model_name="levelreviewer",
            constraint=models.UniqueConstraint(
                fields=("organization", "curriculum", "level", "reviewer"), name="level_reviewer_once"
            ),
        ),
        migrations.AddIndex(
            model_name="reviewassignment",
            index=models.Index(fields=["organization", "submission", "assigned_at"], name="assignment_of_submission"),
        ),
        migrations.AddIndex(
            model_name="rubricchoice",
            index=models.Index(fields=["organization", "kind", "level", "-recorded_at"], name="rubric_choice_latest"),
        ),
        migrations.AddIndex(
            model_name="secondreaderrule",
            index=models.Index(fields=["organization", "cohort", "project"], name="second_reader_rule_latest"),
        ),
        migrations.AddConstraint(
            model_name="secondreaderrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("cohort", None), ("project", None), _connector="OR"),
                name="second_reader_rule_is_about_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="secondreading",
            constraint=models.UniqueConstraint(fields=("organization", "submission"), name="second_reading_once"),
        ),
        migrations.RunSQL(KEEP_READINGS, "DROP FUNCTION note_reading() CASCADE"),
        migrations.RunSQL(KEPT_READINGS, migrations.RunSQL.noop),
    ]
