import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import organizations.models
import organizations.scope


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("cohorts", "0004_hours_share"),
        ("curriculum", "0004_track_projects"),
        ("organizations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="TrackChoice",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.models.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("effective_on", models.DateField()),
                ("reason", models.TextField(blank=True)),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "enrollment",
                    organizations.models.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="track_choices",
                        to="cohorts.enrollment",
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
                (
                    "track",
                    organizations.models.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="curriculum.track",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["organization", "enrollment", "effective_on"], name="track_choice_history")
                ],
            },
        ),
    ]
