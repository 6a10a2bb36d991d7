"""One worker of `bench reminders`: says that it is ready, waits for a line, sends until nothing is due, says so."""

import os
import sys

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    django.setup()
    from django.conf import settings
    from django.template.loader import get_template
    from django.urls import reverse
    from django.utils import timezone, translation
    from django.utils.translation import gettext

    from config.celery import keep_the_program
    from notifications.models import Lane
    from notifications.rounds import send_round
    from organizations.models import Organization

    # As a worker that has run for a while: connected, and with all routes, texts and templates read.
    Organization.objects.count()
    reverse("home:index")
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            gettext("Stop these mails")
    for name in ("mail.html", "mails/milestone_ahead.subject.txt", "mails/milestone_ahead.txt"):
        get_template(f"notifications/{name}")
    keep_the_program()
    print("ready", flush=True)
    sys.stdin.readline()
    while send_round(lane=Lane.BULK, clock=timezone.now):
        continue
    print("done", flush=True)


if __name__ == "__main__":
    main()
