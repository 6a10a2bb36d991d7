"""What search finds of cohorts: learners and cohorts for those who run them, and topics of their own for learners."""

from collections.abc import Iterator, Sequence
from itertools import chain

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from accounts import search
from accounts.models import Membership, Role
from cohorts.listing import cohorts_for
from cohorts.models import Cohort, Enrollment
from curriculum.models import Module, Topic


def _learners(viewer: Membership, query: search.Query) -> QuerySet[Enrollment] | None:
    """By name, part of the email address, or the beginning of the external id: once for each cohort."""
    if not (viewer.is_staff or viewer.is_mentor):
        return None
    known = query.in_email("learner__user__email") | Q(external_id__istartswith=query.text)
    found = Enrollment.objects.visible_to(viewer).select_related("learner", "cohort")
    found = found.filter(search.called(query, "learner__name") | known)
    return found.order_by(query.closeness("learner__name"), "learner__name", "-cohort__starts_on", "pk")


def _learner_hits(viewer: Membership, enrollments: Sequence[Enrollment]) -> Iterator[search.Hit]:
    for enrollment in enrollments:
        yield search.Hit(
            title=enrollment.learner.name,
            url=reverse("cohorts:learner", args=[viewer.organization.slug, enrollment.pk]),
            where=f"{enrollment.cohort.name}, {enrollment.get_status_display().lower()}",
        )


def _newcomers(viewer: Membership, query: search.Query) -> QuerySet[Membership] | None:
    """Learners who are in no cohort; who also teaches or runs the program is found among those."""
    if not viewer.is_staff:
        return None
    found = Membership.objects.with_role(Role.LEARNER).filter(
        search.called(query) | query.in_email("user__email"),
        ~Exists(Enrollment.objects.filter(learner=OuterRef("pk"))),
    )
    found = found.exclude(roles__overlap=[Role.MENTOR, Role.STAFF, Role.ADMIN])
    return found.order_by(query.closeness("name"), "name", "pk")


def _newcomer_hits(viewer: Membership, people: Sequence[Membership]) -> Iterator[search.Hit]:
    for person in people:
        yield search.Hit(
            title=person.name,
            url=reverse("accounts:person", args=[viewer.organization.slug, person.pk]),
            where=now("in no cohort") if person.joined_at else now("in no cohort, has not joined yet"),
        )


def _cohorts(viewer: Membership, query: search.Query) -> QuerySet[Cohort] | None:
    if not (viewer.is_staff or viewer.is_mentor):
        return None
    found = cohorts_for(viewer, on=timezone.localdate()).filter(query.within("name"))
    return found.order_by(query.closeness("name"), "-starts_on", "name", "pk")


def _cohort_hits(viewer: Membership, cohorts: Sequence[Cohort]) -> Iterator[search.Hit]:
    for cohort in cohorts:
        yield search.Hit(
            title=cohort.name,
            url=reverse("cohorts:overview", args=[viewer.organization.slug, cohort.slug]),
            where=str(cohort.get_status_display()),
        )


def _own_parts(viewer: Membership, query: search.Query) -> list[Module | Topic] | None:
    """Modules and topics of the path that the learner follows."""
    enrollment = Enrollment.objects.current_of(viewer) if viewer.is_learner else None
    if enrollment is None:
        return None
    levels = (enrollment.cohort.first_level, enrollment.cohort.last_level)
    modules = Module.objects.filter(level__version=enrollment.version_id, level__number__range=levels)
    topics = Topic.objects.filter(module__in=modules.values("pk")).select_related("module__level")
    modules = modules.select_related("level").order_by("level__number", "position")
    if query.is_code:
        return list(modules.filter(Q(code=query.text) | Q(code__startswith=f"{query.text}.")))
    topics = topics.filter(query.within("title")).order_by(
        query.closeness("title"), "module__level__number", "module__position", "position"
    )
    return list(chain(modules.filter(query.within("title")), topics))


def _own_part_hits(viewer: Membership, parts: Sequence[Module | Topic]) -> Iterator[search.Hit]:
    page = reverse("cohorts:path", args=[viewer.organization.slug])
    for part in parts:
        module = part if isinstance(part, Module) else part.module
        place = "" if part == module else f"#part-{part.pk}"
        yield search.Hit(
            title=str(part),
            url=f"{page}?level={module.level.number}&module={module.pk}{place}",
            where=str(module.level if part == module else module),
        )


search.register(
    search.Source(key="learners", title=_("Learners"), icon="user", rows=_learners, hits=_learner_hits, order=10)
)
search.register(
    search.Source(
        key="newcomers",
        title=_("Learners in no cohort"),
        icon="user-plus",
        rows=_newcomers,
        hits=_newcomer_hits,
        order=15,
    )
)
search.register(
    search.Source(key="cohorts", title=_("Cohorts"), icon="users", rows=_cohorts, hits=_cohort_hits, order=20)
)
search.register(
    search.Source(key="own_parts", title=_("Your path"), icon="map-pin", rows=_own_parts, hits=_own_part_hits, order=45)
)
