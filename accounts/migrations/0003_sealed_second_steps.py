from django.db import migrations

from accounts.second_steps import PURPOSE, changed
from organizations.sealing import seal, unseal

#: How whatever Fernet sealed begins: its version, and a time of this century.
TOKEN = "gAAAAA"


def seal_all(apps, schema_editor):
    for step in apps.get_model("mfa", "Authenticator").objects.exclude(type="webauthn").iterator():
        step.data = changed(step.data, lambda text: text if text.startswith(TOKEN) else seal(text, purpose=PURPOSE))
        step.save(update_fields=["data"])


def unseal_all(apps, schema_editor):
    for step in apps.get_model("mfa", "Authenticator").objects.exclude(type="webauthn").iterator():
        step.data = changed(step.data, lambda text: unseal(text, purpose=PURPOSE))
        step.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_squashed_0002_search_words"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(seal_all, unseal_all)]
