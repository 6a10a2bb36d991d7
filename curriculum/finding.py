"""What search finds in the curricula, for those who teach: of each curriculum in the version that counts."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from django.db.models import Case, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import search
from accounts.models import Membership
from curriculum.models import CurriculumVersion, Module, Project, Topic


def _versions() -> "QuerySet[CurriculumVersion, Any]":
    """Of each curriculum the newest version that is published, or the newest draft of one that never was."""
    published = Case(When(status=CurriculumVersion.Status.PUBLISHED, then=Value(0)), default=Value(1))
    return CurriculumVersion.objects.order_by("curriculum", published, "-number").distinct("curriculum").values("pk")


def _parts(viewer: Membership, query: search.Query) -> list[Module | Topic] | None:
    """Modules by number or title, then topics; a few hundred rows in each version."""
    if not (viewer.is_staff or viewer.is_mentor):
        return None
    modules = Module.objects.filter(level__version__in=_versions()).select_related("level__version")
    modules = modules.filter(_named(query)).order_by("level__number", "position")
    if query.is_code:
        return list(modules)
    topics = Topic.objects.filter(module__level__version__in=_versions()).filter(query.within("title"))
    topics = topics.select_related("module__level__version").order_by(
        query.closeness("title"), "module__level__number", "module__position", "position"
    )
    return list(chain(modules, topics))


def _part_hits(viewer: Membership, parts: Sequence[Module | Topic]) -> Iterator[search.Hit]:
    for part in parts:
        module = part if isinstance(part, Module) else part.module
        page = reverse("curriculum:version", args=[viewer.organization.slug, module.level.version_id])
        place = str(module.level.version)
        yield search.Hit(
            title=str(part), url=f"{page}#n-{module.code}", where=place if part is module else f"{module}, {place}"
        )


def _projects(viewer: Membership, query: search.Query) -> QuerySet[Project] | None:
    if not (viewer.is_staff or viewer.is_mentor):
        return None
    found = Project.objects.filter(_named(query), version__in=_versions()).select_related("version", "level")
    return found.order_by(query.closeness("title"), "level__number", "position")


def _project_hits(viewer: Membership, projects: Sequence[Project]) -> Iterator[search.Hit]:
    for project in projects:
        page = reverse("curriculum:version", args=[viewer.organization.slug, project.version_id])
        yield search.Hit(
            title=f"{project.code} {project.title}".strip(),
            url=f"{page}#n-{project.level.number}",
            where=f"{project.get_kind_display()}, {project.version}",
        )


def _named(query: search.Query) -> Q:
    """By its title, or by its number: 2.1 finds 2.1, 2.1.3 and 2.1-C and not 2.10."""
    if query.is_code:
        return (
            Q(code__iexact=query.text) | Q(code__istartswith=f"{query.text}.") | Q(code__istartswith=f"{query.text}-")
        )
    return Q(query.within("title"))


search.register(
    search.Source(key="projects", title=_("Projects"), icon="git-branch", rows=_projects, hits=_project_hits, order=40)
)
search.register(
    search.Source(key="parts", title=_("Modules and topics"), icon="book-open", rows=_parts, hits=_part_hits, order=50)
)
