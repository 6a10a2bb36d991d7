import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import migrations

PURPOSE = b"gilde second steps"
#: How whatever Fernet sealed begins: its version, and a time of this century.
TOKEN = "gAAAAA"
#: Where allauth keeps texts that its adapter encrypts, and where a list of them.
TEXTS, LISTS = ("secret", "seed"), ("migrated_codes",)


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


def changed(data, change):
    texts = {name: change(data[name]) for name in TEXTS if name in data}
    lists = {name: [change(text) for text in data[name]] for name in LISTS if name in data}
    return {**data, **texts, **lists}


def change_all(apps, change):
    for step in apps.get_model("mfa", "Authenticator").objects.exclude(type="webauthn").iterator():
        step.data = changed(step.data, change)
        step.save(update_fields=["data"])


def seal_all(apps, schema_editor):
    change_all(apps, Sealing().seal)


def unseal_all(apps, schema_editor):
    change_all(apps, Sealing().unseal)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_squashed_0002_search_words"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(seal_all, unseal_all)]
