import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from curriculum.errors import CurriculumError
from curriculum.importing import Preview, find_curriculum, import_plan, newest_if_same, preview
from curriculum.models import CurriculumVersion
from curriculum.plan.nodes import PlanError
from curriculum.plan.plain import to_plain
from curriculum.plan.text import MAX_BYTES, decode_plan
from curriculum.publishing import publish
from organizations.models import Organization
from organizations.scope import scope

PROBLEMS_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Import a curriculum plan in Markdown or YAML as a draft: the next version of the curriculum with that title, "
        "or the first version of a new one. Prints what does not add up in the plan. Safe to repeat: a plan that the "
        "newest version says already makes no second draft."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="The plan, a file in Markdown or YAML, in UTF-8.")
        parser.add_argument(
            "--organization", metavar="SLUG", help="Address of the organization; only --dry-run does without."
        )
        parser.add_argument("--title", default="", help="Of the curriculum; without it the title of the plan.")
        parser.add_argument("--dry-run", action="store_true", help="Read and audit the plan, and write nothing.")
        parser.add_argument("--json", action="store_true", help="Print the tree and the findings as JSON.")
        parser.add_argument("--publish", action="store_true", help="Publish the version; needs --reason with errors.")
        parser.add_argument("--reason", default="", help="Why the version is published although it has errors.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"] and options["publish"]:
            raise CommandError("--dry-run writes nothing; leave out --publish.")
        if not options["dry_run"] and not options["organization"]:
            raise CommandError("Name the organization with --organization, or add --dry-run.")
        organization = self._find_organization(options["organization"])
        source, shown = self._read(options["path"])
        version, done = None, "Nothing is written."
        if organization is not None and not options["dry_run"]:
            with scope(organization.pk):
                version, done = self._import(source, shown, options)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(shown, version), ensure_ascii=False, indent=2))
        else:
            self._tell(shown, done)

    def _find_organization(self, slug: str | None) -> Organization | None:
        if slug is None:
            return None
        organization = Organization.objects.filter(slug=slug).first()
        if organization is None:
            raise CommandError(f"There is no organization “{slug}”. Nothing was imported.")
        return organization

    def _read(self, path: Path) -> tuple[str, Preview]:
        try:
            with path.open("rb") as file:
                source = decode_plan(file.read(MAX_BYTES + 1)).replace("\r\n", "\n")
            return source, preview(source, name=path.name)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}. Nothing was imported.") from error
        except PlanError as error:
            lines = [f"{_at(path, each.line)}: {each}" for each in error.problems[:PROBLEMS_SHOWN]]
            if len(error.problems) > PROBLEMS_SHOWN:
                lines.append(f"{path}: {len(error.problems) - PROBLEMS_SHOWN} more. Nothing was imported.")
            raise CommandError("\n".join(lines)) from error

    def _import(self, source: str, shown: Preview, options: dict[str, Any]) -> tuple[CurriculumVersion, str]:
        now, title = timezone.now(), options["title"].strip()
        curriculum = find_curriculum(title or shown.plan.title)
        version = newest_if_same(plan=shown.plan, curriculum=curriculum) if curriculum else None
        done = f"{version} says exactly this already; nothing was imported."
        if version is None:
            version = import_plan(plan=shown.plan, title=title, curriculum=curriculum, by=None, at=now, source=source)
            done = f"{version} is imported as a draft of “{version.curriculum.title}”."
        if options["publish"] and version.is_draft:
            try:
                publish(version=version, by=None, at=now, reason=options["reason"])
            except CurriculumError as error:
                raise CommandError(f"{error} The reason goes behind --reason; nothing was imported.") from error
            done += " It is published."
        return version, done

    def _tell(self, shown: Preview, done: str) -> None:
        plan = shown.plan
        self.stdout.write(
            f"{plan.title}: {plan.hours:,f} hours; levels: {len(plan.levels)}, modules: {len(plan.modules)}, "
            f"projects: {len(plan.projects)}, targets: {len(plan.targets)}, lines not understood: {len(plan.unparsed)}."
        )
        for finding in shown.findings:
            place = f"{finding.place or 'plan'}, line {finding.line}"
            self.stdout.write(f"{finding.severity} {finding.code} ({place}): {finding.message} {finding.suggestion}")
        for unparsed in plan.unparsed:
            self.stdout.write(f"line {unparsed.line} was not understood: {unparsed.text}")
        self.stdout.write(done)


def _at(path: Path, line: int) -> str:
    return f"{path}:{line}" if line else str(path)


def _as_json(shown: Preview, version: CurriculumVersion | None) -> dict[str, Any]:
    """The plan as plain data, with `findings`, and `version` when one was written or found."""
    findings = [
        {
            "code": finding.code,
            "severity": finding.severity,
            "place": finding.place,
            "expected": finding.expected,
            "found": finding.found,
            "message": str(finding.message),
            "suggestion": str(finding.suggestion),
            "line": finding.line,
        }
        for finding in shown.findings
    ]
    stored = version and {"id": str(version.pk), "number": version.number, "status": version.status}
    return {**to_plain(shown.plan), "hours": to_plain(shown.plan.hours), "findings": findings, "version": stored}
