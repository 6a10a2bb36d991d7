"""One worker of `bench reminders`: says that it is ready, waits for a line, sends until nothing is due, says so."""

import os
import sys

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    django.setup()
    from django.utils import timezone

    from notifications.models import Lane
    from notifications.rounds import send_round
    from organizations.models import Organization

    Organization.objects.count()  # connected
    print("ready", flush=True)
    sys.stdin.readline()
    while send_round(lane=Lane.BULK, clock=timezone.now):
        continue
    print("done", flush=True)


if __name__ == "__main__":
    main()
