from django.db import migrations, models

#: What was kept in the language of whoever did it stands for every language.
KEEP = "UPDATE cohorts_bulkitem SET words = jsonb_build_object('en', told, 'nl', told) WHERE told <> ''"


class Migration(migrations.Migration):
    dependencies = [("cohorts", "0015_staff_messages")]

    operations = [
        migrations.AddField(model_name="bulkitem", name="words", field=models.JSONField(default=dict)),
        migrations.RunSQL(KEEP, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="bulkitem", name="told"),
    ]
