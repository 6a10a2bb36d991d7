"""What the curriculum asks at a level's gate: its topics, a specialization where it offers them, and its projects."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone

from assessments.carrying import Proof, proofs_until
from assessments.criteria import Place, Question, Requirement, register
from assessments.sentences import Sentence, joined, sentence, sentence_of
from cohorts.models import Enrollment, ProgressEvent
from curriculum.models import Level, Project, Topic

SHOWN = 5


@register(position=0)
def asked_work(question: Question) -> Iterable[tuple[UUID, UUID, Requirement]]:
    """All topics done or credited, the specialization chosen, and every project passed or credited. Four queries."""
    done = _finished(question)
    credits = {
        enrollment: [event for event in events.values() if event.kind == ProgressEvent.Kind.CREDITED]
        for enrollment, events in done.items()
    }
    shown = proofs_until(question.enrollments, credits, until=question.until)
    topics = _leaf_topics(question.levels)
    levels: Iterable[Any] = question.levels
    asks_track = max((level.number for level in levels if level.has_tracks), default=None)
    for enrollment, level, projects in question.asked():
        if topics[level.pk]:
            yield enrollment.pk, level.pk, _topics(enrollment, topics[level.pk], done[enrollment.pk])
        if level.number == asks_track and enrollment.pk not in question.tracks:
            yield enrollment.pk, level.pk, _track_to_choose(enrollment)
        for project in projects:
            proofs = shown[enrollment.pk].get(project.pk, ())
            yield enrollment.pk, level.pk, _accepted(enrollment, project, proofs)


def _finished(question: Question) -> dict[UUID, dict[UUID, ProgressEvent]]:
    """Of each learner the latest event of each topic and project that leaves it done or credited, by their id."""
    latest = (
        ProgressEvent.objects.filter(enrollment__in=question.enrollments, effective_on__lte=question.on)
        .order_by("enrollment", "topic", "project", "-effective_on", "-recorded_at", "-id")
        .distinct("enrollment", "topic", "project")
    )
    done: dict[UUID, dict[UUID, ProgressEvent]] = defaultdict(dict)
    for event in latest:
        finished = event.topic_id or event.project_id
        if finished is not None and event.kind != ProgressEvent.Kind.REOPENED:
            done[event.enrollment_id][finished] = event
    return done


def _leaf_topics(levels: Iterable[Level]) -> dict[UUID, list[Topic]]:
    found = defaultdict(list)
    leaves = Topic.objects.filter(module__level__in=list(levels), subtopics=None)
    for topic in leaves.select_related("module").order_by("module__position", "position"):
        found[topic.module.level_id].append(topic)
    return found


def _topics(enrollment: Enrollment, topics: list[Topic], done: dict[UUID, ProgressEvent]) -> Requirement:
    missing = [topic.title for topic in topics if topic.pk not in done]
    credited = sum(1 for topic in topics if topic.pk in done and done[topic.pk].kind == ProgressEvent.Kind.CREDITED)
    if missing:
        titles = ", ".join(missing[:SHOWN]) + ("…" if len(missing) > SHOWN else "")
        detail = sentence_of(
            "%(count)s topic to go: %(titles)s", "%(count)s topics to go: %(titles)s", len(missing), titles=titles
        )
    else:
        _title, detail = topics_done(len(topics), credited)
    return Requirement(
        key="topics",
        title=_all_topics(len(topics)),
        met=not missing,
        detail=detail,
        learner_place=Place("cohorts:path"),
        staff_place=Place("cohorts:learner", (str(enrollment.pk),)),
    )


def _track_to_choose(enrollment: Enrollment) -> Requirement:
    return Requirement(
        key="track",
        title=sentence("The work of a specialization"),
        met=False,
        detail=sentence("The learner has not chosen a specialization yet"),
        learner_place=Place("cohorts:tracks"),
        staff_place=Place("cohorts:set_track", (str(enrollment.pk),)),
    )


def _accepted(enrollment: Enrollment, project: Project, proofs: Sequence[Proof]) -> Requirement:
    details = [_proof(project, proof) for proof in proofs]
    needed = sentence("A passing review of this capstone is needed")
    if project.track_id is not None:
        needed = sentence("A passing review of this project is needed")
    return Requirement(
        key=f"project-{project.pk}",
        title=project.title,
        met=bool(details),
        detail=joined(details) if details else needed,
        learner_place=Place("assessments:project", (str(project.pk),)),
        staff_place=Place("cohorts:learner", (str(enrollment.pk),)),
    )


def _proof(project: Project, proof: Proof) -> Sentence:
    if proof.review is not None and proof.review.submitted_at is not None:
        submission = proof.review.submission
        day, name = timezone.localdate(proof.review.submitted_at), proof.review.reviewer.name
        if submission.project_id != project.pk:
            return sentence(
                "Attempt %(attempt)s at “%(project)s” passed on %(day)s, reviewed by %(name)s",
                attempt=submission.attempt,
                project=submission.project.title,
                day=day,
                name=name,
            )
        return passed_attempt(submission.attempt, day, name)
    if proof.credit is None:
        raise ValueError("A proof is a review that decided, or a credit.")
    return sentence("Credited on %(day)s: %(evidence)s", day=proof.credit.effective_on, evidence=proof.credit.evidence)


def passed_attempt(attempt: int, day: date, reviewer: str) -> Sentence:
    """That an attempt passed, as a gate tells it."""
    return sentence(
        "Attempt %(attempt)s passed on %(day)s, reviewed by %(name)s", attempt=attempt, day=day, name=reviewer
    )


def topics_done(topics: int, credited: int) -> tuple[Sentence, Sentence]:
    """The criterion that so many topics are done, and by what it is met."""
    return _all_topics(topics), sentence("%(done)s done, %(credited)s of them credited", done=topics, credited=credited)


def _all_topics(topics: int) -> Sentence:
    return sentence_of("The %(count)s topic is done or credited", "All %(count)s topics are done or credited", topics)
