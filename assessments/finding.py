"""The projects that a learner finds: those of the path they follow."""

from collections.abc import Iterator, Sequence

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import search
from accounts.models import Membership
from assessments.projects import enrollment_of
from curriculum.models import Project


def _projects(viewer: Membership, query: search.Query) -> QuerySet[Project] | None:
    enrollment = enrollment_of(viewer) if viewer.is_learner else None
    if enrollment is None:
        return None
    levels = (enrollment.cohort.first_level, enrollment.cohort.last_level)
    found = Project.objects.walked(enrollment.track_id).select_related("level")
    called = Q(query.within("title")) | Q(code__istartswith=query.text)
    found = found.filter(called, version=enrollment.version_id, level__number__range=levels)
    return found.order_by(query.closeness("title"), "level__number", "position")


def _hits(viewer: Membership, projects: Sequence[Project]) -> Iterator[search.Hit]:
    for project in projects:
        yield search.Hit(
            title=f"{project.code} {project.title}".strip(),
            url=reverse("assessments:project", args=[viewer.organization.slug, project.pk]),
            where=str(project.level),
        )


search.register(
    search.Source(key="own_projects", title=_("Your projects"), icon="git-branch", rows=_projects, hits=_hits, order=40)
)
