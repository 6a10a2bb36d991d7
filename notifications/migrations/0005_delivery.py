from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_endpoints")]

    operations = [
        migrations.AddField("notice", "titles", models.JSONField(default=dict)),
        # What stood in lists was written in one language; whichever it was, it is read as before.
        migrations.RunSQL(
            "UPDATE notifications_notice SET titles = jsonb_build_object('en', title, 'nl', title)",
            "UPDATE notifications_notice SET title = left(coalesce(titles->>'en', ''), 300)",
        ),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.AlterField("notice", "title", models.CharField(max_length=300, default="")),
        migrations.RemoveField("notice", "title"),
        migrations.AddIndex(
            "message",
            models.Index(
                fields=["organization", "lane", "expires_at"],
                name="message_late_in_lane",
                condition=models.Q(state="pending"),
            ),
        ),
    ]
