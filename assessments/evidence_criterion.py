"""What a level's gate asks of peer reviews, the portfolio and benchmarks, where the cohort asks for them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from assessments.asked_work import SHOWN
from assessments.benchmark_criterion import asked_benchmarks
from assessments.criteria import Place, Question, Requirement, register
from assessments.gate_asks import Evidence, asked_on
from assessments.models import EACH, CarriedAttempt, PeerReview, PortfolioReview
from assessments.sentences import Sentence, sentence
from cohorts.models import Enrollment, ProgressEvent
from curriculum.models import Project

#: Learner and project, or learner and level.
Key = tuple[UUID, UUID]


@register(position=40)
def asked_evidence(question: Question) -> Iterable[tuple[UUID, UUID, Requirement]]:
    """At gates that ask for projects. One query where the cohort asks for none of it, else at most nine."""
    if not question.enrollments:
        return
    asked = asked_on(question.enrollments[0].cohort_id, question.on, until=question.until)
    if not asked:
        return
    shows_with, credited = _shows_with(question), _credited(question)
    for evidence, ask in ASKS:
        kinds = asked & set(evidence)
        if kinds:
            yield from ask(question, kinds, shows_with, credited)


# -- peer review -------------------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Peers:
    """What a learner received and gave at one level. `is_enough` once a closed round asked no more of it."""

    count: int = 0
    is_enough: bool = False
    on: list[date] = field(default_factory=list)

    @property
    def is_met(self) -> bool:
        return self.is_enough or self.count >= EACH


def _peers(
    question: Question, asked: set[str], shows_with: Mapping[Key, set[UUID]], credited: set[Key]
) -> Iterable[tuple[UUID, UUID, Requirement]]:
    received, given = _exchanged(question, shows_with)
    for enrollment, level, projects in question.asked():
        if not projects:
            continue
        key, is_credited = (enrollment.pk, level.pk), _are_credited(enrollment, projects, credited)
        if Evidence.PEERS_RECEIVED in asked:
            yield *key, _received(received.get(key, Peers()), is_credited=is_credited)
        if Evidence.PEERS_GIVEN in asked:
            yield *key, _given(given.get(key, Peers()), is_credited=is_credited)


def _exchanged(question: Question, shows_with: Mapping[Key, set[UUID]]) -> tuple[dict[Key, Peers], dict[Key, Peers]]:
    """By learner and level what they received, of rounds that are closed, and what they gave. Three queries.

    What was received before a round is closed is for nobody to know. A round gives enough of it when as many peers
    wrote as it asked for, or staff wrote in their place; it has taken enough from who handed in all it asked of them.
    """
    owners = _owners(question.enrollments)
    rows = PeerReview.objects.filter(
        Q(submission__enrollment__in=question.enrollments) | Q(giver__in=owners), assigned_at__lt=question.until
    ).values_list(
        "round", "round__closed_at", "round__least", "round__project", "round__project__level",
        "submission__enrollment", "receiver", "giver", "submitted_at", "released_at",
    )  # fmt: skip
    people = {enrollment.pk for enrollment in question.enrollments}
    received: dict[Key, Peers] = defaultdict(Peers)
    given: dict[Key, Peers] = defaultdict(Peers)
    got: dict[tuple[UUID, Key], int] = defaultdict(int)
    took_part: dict[tuple[UUID, Key], bool] = {}
    for round_pk, closed_at, least, project, level, of, receiver, giver, submitted_at, released_at in rows:
        is_closed = closed_at is not None and closed_at < question.until
        is_written = submitted_at is not None and submitted_at < question.until
        writer, reader = owners.get(giver), of if of in people else owners.get(receiver)
        if writer is not None and (released_at is None or is_written):
            for here in _levels(writer, project, level, shows_with):
                if is_written:
                    given[here].count += 1
                    given[here].on.append(timezone.localdate(submitted_at))
                if is_closed:
                    took_part[round_pk, here] = took_part.get((round_pk, here), True) and is_written
        if reader is not None and is_closed:
            for here in _levels(reader, project, level, shows_with):
                took_part.setdefault((round_pk, here), True)
                if is_written:
                    received[here].count += 1
                    received[here].on.append(max(map(timezone.localdate, filter(None, (closed_at, submitted_at)))))
                    got[round_pk, here] += 1
                    received[here].is_enough |= giver is None or got[round_pk, here] >= least
    for (_round, here), is_all in took_part.items():
        given[here].is_enough |= is_all
    return received, given


def _owners(enrollments: Sequence[Enrollment]) -> dict[UUID, UUID]:
    """Whose each enrollment is: a learner who went on in another cohort wrote some of it in the one before."""
    owners = {enrollment.pk: enrollment.pk for enrollment in enrollments}
    if all(enrollment.continues_id is None for enrollment in enrollments):
        return owners
    people = Enrollment.objects.filter(learner__in=[each.learner_id for each in enrollments])
    before = dict(people.exclude(continues=None).values_list("pk", "continues"))
    for enrollment in enrollments:
        here = enrollment.continues_id
        while here is not None and here not in owners:
            owners[here] = enrollment.pk
            here = before.get(here)
    return owners


def _levels(enrollment: UUID, project: UUID, level: UUID, shows_with: Mapping[Key, set[UUID]]) -> Iterable[Key]:
    """The gates at which a project counts: that of its level, and those of what it became in another version."""
    return {(enrollment, level), *((enrollment, other) for other in shows_with.get((enrollment, project), ()))}


def _received(peers: Peers, *, is_credited: bool) -> Requirement:
    if is_credited:
        detail = sentence("Credited without work to review")
    elif peers.is_met:
        detail = sentence("%(count)s received, the last on %(day)s", count=peers.count, day=max(peers.on))
    else:
        detail = sentence(
            "%(count)s of %(needed)s received: what peers write counts once their round is closed",
            count=peers.count,
            needed=EACH,
        )
    return Requirement(
        key="peers-received",
        title=sentence("Two reviews by peers"),
        met=is_credited or peers.is_met,
        detail=detail,
        learner_place=Place("assessments:projects"),
        staff_place=Place("assessments:peer_rounds"),
    )


def _given(peers: Peers, *, is_credited: bool) -> Requirement:
    if is_credited:
        detail = sentence("Credited without work to review")
    elif peers.is_met and peers.on:
        detail = sentence("%(count)s written, the last on %(day)s", count=peers.count, day=max(peers.on))
    elif peers.is_met:
        detail = sentence("Took part in a round in which there was nothing to write")
    else:
        detail = sentence(
            "%(count)s of %(needed)s written; whoever submits is asked in the next round",
            count=peers.count,
            needed=EACH,
        )
    return Requirement(
        key="peers-given",
        title=sentence("Two reviews for peers"),
        met=is_credited or peers.is_met,
        detail=detail,
        learner_place=Place("home:start"),
        staff_place=Place("assessments:peer_rounds"),
    )


# -- portfolio ---------------------------------------------------------------------------------------------------------


def _portfolio(
    question: Question, asked: set[str], shows_with: Mapping[Key, set[UUID]], credited: set[Key]
) -> Iterable[tuple[UUID, UUID, Requirement]]:
    """Of every capstone that the gate asks; one that was once ready to publish stays so for the gate. Two queries."""
    judged, publishable = _judged(question)
    for enrollment, level, projects in question.asked():
        capstones = [project for project in projects if project.kind in Project.CAPSTONES]
        if not capstones:
            continue
        made = [project for project in capstones if (enrollment.pk, project.pk) not in credited]
        if Evidence.JUDGED in asked:
            title = sentence("Capstones judged for the portfolio")
            yield enrollment.pk, level.pk, _shown("portfolio-judged", title, enrollment, made, judged)
        if Evidence.PUBLISHABLE in asked:
            title = sentence("Capstones ready to publish")
            yield enrollment.pk, level.pk, _shown("portfolio-publishable", title, enrollment, made, publishable)


def _judged(question: Question) -> tuple[dict[Key, datetime], dict[Key, datetime]]:
    """By learner and project when it was first judged, and first found ready to publish."""
    rows = PortfolioReview.objects.filter(
        submission__enrollment__in=question.enrollments, recorded_at__lt=question.until
    ).order_by("recorded_at")
    told = rows.values_list("submission__enrollment", "submission__project", "is_publishable", "recorded_at")
    with_others = rows.filter(submission__carried__isnull=False).values_list(
        "submission__enrollment", "submission__carried__project", "is_publishable", "recorded_at"
    )
    judged: dict[Key, datetime] = {}
    publishable: dict[Key, datetime] = {}
    for enrollment, project, is_publishable, at in told.union(with_others).order_by("recorded_at"):
        judged.setdefault((enrollment, project), at)
        if is_publishable:
            publishable.setdefault((enrollment, project), at)
    return judged, publishable


def _shown(
    key: str, title: Sentence, enrollment: Enrollment, capstones: list[Project], found: Mapping[Key, datetime]
) -> Requirement:
    missing = [project.title for project in capstones if (enrollment.pk, project.pk) not in found]
    if missing:
        titles = ", ".join(missing[:SHOWN]) + ("…" if len(missing) > SHOWN else "")
        detail = sentence("Not yet: %(titles)s", titles=titles)
    elif capstones:
        last = max(found[enrollment.pk, project.pk] for project in capstones)
        detail = sentence("The last on %(day)s", day=timezone.localdate(last))
    else:
        detail = sentence("Credited without work to show")
    return Requirement(
        key=key,
        title=title,
        met=not missing,
        detail=detail,
        learner_place=Place("assessments:projects"),
        staff_place=Place("assessments:portfolio"),
    )


# -- what both ask -----------------------------------------------------------------------------------------------------


def _shows_with(question: Question) -> dict[Key, set[UUID]]:
    """By learner and project the levels of the projects of other versions that its attempts show with. One query."""
    rows = CarriedAttempt.objects.filter(submission__enrollment__in=question.enrollments)
    found: dict[Key, set[UUID]] = defaultdict(set)
    for enrollment, project, level in rows.values_list(
        "submission__enrollment", "submission__project", "project__level"
    ):
        found[enrollment, project].add(level)
    return found


def _credited(question: Question) -> set[Key]:
    """The projects that were credited, also those that were made since. One query."""
    kinds = (ProgressEvent.Kind.CREDITED, ProgressEvent.Kind.REOPENED)
    latest = (
        ProgressEvent.objects.filter(
            enrollment__in=question.enrollments, project__isnull=False, effective_on__lte=question.on, kind__in=kinds
        )
        .order_by("enrollment", "project", "-effective_on", "-recorded_at", "-id")
        .distinct("enrollment", "project")
    )
    return {
        (event.enrollment_id, event.project_id)
        for event in latest
        if event.kind == ProgressEvent.Kind.CREDITED and event.project_id is not None
    }


def _are_credited(enrollment: Enrollment, projects: Sequence[Project], credited: set[Key]) -> bool:
    return all((enrollment.pk, project.pk) in credited for project in projects)


def _benchmarks(
    question: Question, asked: set[str], shows_with: Mapping[Key, set[UUID]], credited: set[Key]
) -> Iterable[tuple[UUID, UUID, Requirement]]:
    return asked_benchmarks(question, credited)


Ask = Callable[[Question, set[str], Mapping[Key, set[UUID]], set[Key]], Iterable[tuple[UUID, UUID, Requirement]]]
ASKS: Sequence[tuple[Sequence[str], Ask]] = (
    ((Evidence.PEERS_RECEIVED, Evidence.PEERS_GIVEN), _peers),
    ((Evidence.JUDGED, Evidence.PUBLISHABLE), _portfolio),
    ((Evidence.BENCHMARKS,), _benchmarks),
)
