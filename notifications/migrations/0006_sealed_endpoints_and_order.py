from django.db import migrations, models

import organizations.sealing
from organizations.sealing import seal, unseal

SEALED = ("address", "secret", "old_secret")
#: How whatever Fernet sealed begins: its version, and a time of this century.
TOKEN = "gAAAAA"


def seal_all(apps, schema_editor):
    """As the owner, who sees the endpoints of all organizations."""
    for endpoint in apps.get_model("notifications", "Endpoint").objects.iterator():
        plain = [name for name in SEALED if (text := getattr(endpoint, name)) and not text.startswith(TOKEN)]
        for name in plain:
            setattr(endpoint, name, seal(getattr(endpoint, name)))
        if plain:
            endpoint.save(update_fields=plain)


def unseal_all(apps, schema_editor):
    for endpoint in apps.get_model("notifications", "Endpoint").objects.iterator():
        for name in SEALED:
            if text := getattr(endpoint, name):
                setattr(endpoint, name, unseal(text))
        endpoint.save(update_fields=SEALED)


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_squashed_0005_delivery"),
    ]

    operations = [
        migrations.RemoveIndex("message", "message_due_in_lane"),
        migrations.AddIndex(
            "message",
            models.Index(
                fields=["organization", "lane", "next_attempt_at", "id"],
                name="message_next_in_lane",
                condition=models.Q(state="pending"),
            ),
        ),
        migrations.AlterField("endpoint", "address", models.TextField()),
        migrations.AlterField("endpoint", "secret", models.TextField(blank=True)),
        migrations.AlterField("endpoint", "old_secret", models.TextField(blank=True)),
        migrations.RunPython(seal_all, unseal_all),
        migrations.AlterField("endpoint", "address", organizations.sealing.SealedTextField()),
        migrations.AlterField("endpoint", "secret", organizations.sealing.SealedTextField(blank=True)),
        migrations.AlterField("endpoint", "old_secret", organizations.sealing.SealedTextField(blank=True)),
    ]
