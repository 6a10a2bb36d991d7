import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import migrations, models

import organizations.sealing

SEALED = ("address", "secret", "old_secret")
PURPOSE = b"gilde stored secrets"
#: How whatever Fernet sealed begins: its version, and a time of this century.
TOKEN = "gAAAAA"


class Sealing:
    """How secrets were sealed when this was written, whatever `organizations.sealing` does today."""

    def __init__(self):
        self.ciphers = MultiFernet([self._cipher(secret) for secret in settings.SEALING_KEYS])

    def _cipher(self, secret):
        derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
        return Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, text):
        return text if text.startswith(TOKEN) else self.ciphers.encrypt(text.encode()).decode()

    def unseal(self, text):
        """What none of the keys opens stays as it is."""
        try:
            return self.ciphers.decrypt(text.encode()).decode()
        except InvalidToken:
            return text


def change_all(apps, change):
    """As the owner, who sees the endpoints of all organizations."""
    for endpoint in apps.get_model("notifications", "Endpoint").objects.iterator():
        for name in SEALED:
            if text := getattr(endpoint, name):
                setattr(endpoint, name, change(text))
        endpoint.save(update_fields=SEALED)


def seal_all(apps, schema_editor):
    change_all(apps, Sealing().seal)


def unseal_all(apps, schema_editor):
    change_all(apps, Sealing().unseal)


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
