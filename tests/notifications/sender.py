"""A process that sends what is due, to be killed: python -m tests.notifications.sender ORGANIZATION NOW"""

import os
import sys
from datetime import datetime
from uuid import UUID

import django


def main(organization: str, now: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.conf import settings

    from notifications.delivery import send_due
    from notifications.kinds import register
    from tests.notifications.given import note_kind
    from tests.worker import ROOT

    settings.TEMPLATES[0]["DIRS"].append(ROOT / "tests" / "templates")
    register(note_kind())
    send_due(organization_id=UUID(organization), now=datetime.fromisoformat(now))


if __name__ == "__main__":
    main(*sys.argv[1:])
