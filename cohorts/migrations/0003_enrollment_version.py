import django.db.models.deletion
from django.db import migrations

import organizations.models


def field(*, null: bool) -> organizations.models.TenantForeignKey:
    return organizations.models.TenantForeignKey(
        db_constraint=False, null=null, on_delete=django.db.models.deletion.PROTECT,
        related_name="enrollments", to="curriculum.curriculumversion",
    )


class Migration(migrations.Migration):
    dependencies = [("curriculum", "0004_track_projects"), ("cohorts", "0002_reopened_progress")]

    operations = [
        migrations.AddField("enrollment", "version", field(null=True)),
        migrations.RunSQL(
            "UPDATE cohorts_enrollment SET version_id = cohort.version_id FROM cohorts_cohort AS cohort "
            "WHERE cohort.id = cohort_id; SET CONSTRAINTS ALL IMMEDIATE",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField("enrollment", "version", field(null=False)),
    ]
