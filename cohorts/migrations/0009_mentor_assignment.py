import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import organizations.models
import organizations.scope

#: Everyone who has a mentor has had that one, as far as is known, from the first day on the roster.
WHO_MENTORS_NOW = """
INSERT INTO cohorts_mentorassignment
    (id, organization_id, enrollment_id, mentor_id, effective_on, reason)
SELECT gen_random_uuid(), enrollment.organization_id, enrollment.id, enrollment.mentor_id,
    COALESCE(
        (SELECT min(event.effective_on) FROM cohorts_enrollmentevent AS event
         WHERE event.organization_id = enrollment.organization_id AND event.enrollment_id = enrollment.id),
        cohort.starts_on
    ), 'found'
FROM cohorts_enrollment AS enrollment
JOIN cohorts_cohort AS cohort
    ON cohort.organization_id = enrollment.organization_id AND cohort.id = enrollment.cohort_id
WHERE enrollment.mentor_id IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("cohorts", "0008_groups_and_presence"),
        ("organizations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="MentorAssignment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("effective_on", models.DateField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("by_hand", "Assigned by hand"),
                            ("matched", "Matched"),
                            ("handed_over", "Handed over"),
                            ("enrolled", "Named on enrollment"),
                            ("transferred", "Kept at a transfer"),
                            ("found", "As it stood when this history began"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "enrollment",
                    organizations.models.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mentor_assignments",
                        to="cohorts.enrollment",
                    ),
                ),
                (
                    "mentor",
                    organizations.models.TenantForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        default=organizations.scope.current_organization_id,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
                (
                    "recorded_by",
                    organizations.models.TenantForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["organization", "enrollment", "effective_on"], name="mentor_history")],
            },
        ),
        migrations.RunSQL(WHO_MENTORS_NOW, migrations.RunSQL.noop),
    ]
