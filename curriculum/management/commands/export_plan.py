from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from curriculum.models import Curriculum, CurriculumVersion
from curriculum.plan.source import SUFFIXES, Form, form_of, write
from curriculum.tree import plan_of
from organizations.models import Organization
from organizations.scope import scope


class Command(BaseCommand):
    help = (
        "Write a version of a curriculum as a plan in Markdown or YAML. Importing the file again gives the same plan: "
        "import_plan then says that nothing changed. Without --output the plan goes to standard output."
    )

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        # Django's own --version, which prints Django's, gives way to the curriculum's.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("curriculum", metavar="CURRICULUM_SLUG", help="Address of the curriculum.")
        parser.add_argument("--organization", metavar="SLUG", required=True, help="Address of the organization.")
        parser.add_argument(
            "--version", type=int, metavar="N", dest="number", help="Which version; without it the newest, drafts too."
        )
        parser.add_argument(
            "--format", choices=list(SUFFIXES), help="Without it as the name of --output says, else markdown."
        )
        parser.add_argument("--output", type=Path, metavar="PATH", help="File to write; one that exists is replaced.")

    def handle(self, *args: Any, **options: Any) -> None:
        output: Path | None = options["output"]
        form: Form = options["format"] or form_of("", output.name if output else "")
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organization “{options['organization']}”.")
        with scope(organization.pk):
            version = _find_version(options["curriculum"], options["number"])
            text = write(plan_of(version), form)
        if output is None:
            self.stdout.write(text, ending="")
            return
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{output}: {error.strerror}. Nothing was exported.") from error
        self.stderr.write(f"{version} is written to {output}.")


def _find_version(slug: str, number: int | None) -> CurriculumVersion:
    versions = CurriculumVersion.objects.filter(curriculum__slug=slug).order_by("-number")
    found = versions.first() if number is None else versions.filter(number=number).first()
    if found is not None:
        return found
    if versions.exists():
        known = ", ".join(map(str, versions.order_by("number").values_list("number", flat=True)))
        raise CommandError(f"“{slug}” has no version {number}; it has {known}.")
    slugs = ", ".join(Curriculum.objects.order_by("slug").values_list("slug", flat=True))
    raise CommandError(f"There is no curriculum “{slug}”. {f'There are: {slugs}.' if slugs else 'There is none yet.'}")
