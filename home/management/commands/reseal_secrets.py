from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.second_steps import reseal_second_steps
from assessments.badge_keys import reseal_keys
from notifications.resealing import reseal_endpoints
from organizations.models import Organization
from organizations.scope import scope
from organizations.sealing import Resealed


class Command(BaseCommand):
    help = (
        "Encrypt the stored secrets of every organization (webhooks, chats, keys of credentials) and of everybody's "
        "second step of signing in with the first of SEALING_KEYS, so that the others can be removed. One organization "
        "and one person at a time; safe to stop and to repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="Only this one, by its part of every address.")

    def handle(self, *args: Any, **options: Any) -> None:
        organizations = Organization.objects.order_by("slug")
        if options["organization"]:
            organizations = organizations.filter(slug=options["organization"])
            if not organizations.exists():
                raise CommandError(f"There is no organization at /o/{options['organization']}/. Nothing was changed.")
        total, number = Resealed(), organizations.count()
        for place, organization in enumerate(organizations.iterator(), 1):
            with scope(organization.pk):
                done = reseal_endpoints() + reseal_keys()
            total += done
            if done != Resealed():
                self.stdout.write(f"{place} of {number}: {organization.name}: {_in_words(done)}")
        self.stdout.write(f"{number} organizations: {_in_words(total)}")
        if not options["organization"]:
            people = reseal_second_steps()
            total += people
            self.stdout.write(f"Second steps of people: {_in_words(people)}")
        if total.unreadable:
            self.stderr.write(
                "What none of SEALING_KEYS opens was left as it is. Add the key that it was sealed with and repeat, or "
                "enter the addresses again, change the secrets, run rotate_badge_key, and remove the authenticators of "
                "people who can show that they are who they say."
            )


def _in_words(done: Resealed) -> str:
    return f"{done.changed} sealed anew, {done.unreadable} cannot be read."
