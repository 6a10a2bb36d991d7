from decimal import Decimal

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cohorts", "0003_enrollment_version")]

    operations = [
        migrations.AddField(
            "cohort",
            "hours_share",
            models.DecimalField(
                decimal_places=3, default=Decimal(1), max_digits=4, verbose_name="share of the planned hours"
            ),
        ),
        migrations.AddConstraint(
            "cohort",
            models.CheckConstraint(
                condition=models.Q(("hours_share__gt", 0), ("hours_share__lte", 1)), name="cohort_hours_share_of_plan"
            ),
        ),
    ]
