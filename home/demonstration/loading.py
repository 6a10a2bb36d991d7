"""Writing the demonstration: organizations, people, curricula and cohorts through the domain functions, and in bulk the
many rows of ten years that records.py makes.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

from allauth.account.models import EmailAddress
from curriculum.importing import import_plan
from curriculum.publishing import publish
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import translation

from accounts.models import Membership, Role, User
from accounts.organizing import create_organization
from assessments.rubrics import default_rubric
from cohorts.history import refresh_statuses
from cohorts.lifecycle import change_status, create_cohort
from cohorts.models import Break, Cohort, Enrollment
from curriculum.models import CurriculumVersion, Level, Project
from curriculum.plan_markdown import read_plan
from home.demonstration import records
from home.demonstration.lives import Life, Unit, live
from home.demonstration.records import Enrolled, at_noon
from home.demonstration.story import FIRST_NAMES, LAST_NAMES, SEED, STORIES, CohortStory, OrganizationStory, Person
from mentoring.models import AvailabilityWindow, Mentor
from organizations.models import Organization, TenantModel
from organizations.scope import scope

Say = Callable[[str], None]


def load(*, password: str, today: date, say: Say) -> list[str]:
    """Load every organization of the story that is not there yet, each whole or not at all; return the names loaded."""
    loaded = []
    for story in STORIES:
        if not Organization.objects.filter(slug=story.slug).exists():
            with transaction.atomic(), translation.override(story.language):
                Loader(story, password=password, today=today, say=say).load()
            loaded.append(story.name)
    return loaded


def insert(rows: Iterable[TenantModel]) -> None:
    """Insert the rows in bulk, table by table in the order in which they first come."""
    by_model: dict[type[TenantModel], list[TenantModel]] = defaultdict(list)
    for row in rows:
        by_model[type(row)].append(row)
    for model, batch in by_model.items():
        model._default_manager.bulk_create(batch, batch_size=2000)


class Loader:
    """One organization's ten years."""

    def __init__(self, story: OrganizationStory, *, password: str, today: date, say: Say) -> None:
        self.story, self.today, self.say = story, today, say
        self.password = make_password(password)  # once: a hash takes as long as a hundred learners
        self.dice = random.Random(f"{SEED} {story.slug}")
        self.names = self._names()

    def load(self) -> None:
        first = min(cohort.starts_on(self.today) for cohort in self.story.cohorts)
        founded = at_noon(first - timedelta(days=200))
        admin = next(person for person in self.story.staff if Role.ADMIN in person.roles)
        founder = self._users([admin])[0]
        organization = create_organization(
            name=self.story.name, slug=self.story.slug, admin=founder, at=founded, language=self.story.language
        )
        Organization.objects.filter(pk=organization.pk).update(brand_hue=self.story.brand_hue)
        with scope(organization.pk):
            members = self._members([p for p in self.story.staff if p is not admin], founded)
            self.by = members[0] if members else Membership.objects.get()
            self.mentors = self._make_mentors(founded)
            self.version = self._publish_plan(founded)
            self.units = self._units()
            self.rubric = default_rubric()
            self.criteria = list(self.rubric.criteria.order_by("position"))
            self._make_breaks(first)
            enrolled = [row for cohort in self.story.cohorts for row in self._live_cohort(cohort)]
            self.say(f"  {len(enrolled)} learners enrolled; meetings, placements")
            insert(records.meetings(enrolled, self.mentors, self.today))
            insert(records.placements(enrolled, self.today, self.by))
            refresh_statuses(on=self.today)

    # -- people ----------------------------------------------------------------------------------------------------

    def _names(self) -> Iterator[str]:
        taken = {p.name for p in (*self.story.staff, *self.story.mentors, *self.story.learners)}
        while True:
            name = f"{self.dice.choice(FIRST_NAMES)} {self.dice.choice(LAST_NAMES)}"
            if name not in taken:
                taken.add(name)
                yield name

    def _users(self, people: Sequence[Person]) -> list[User]:
        users = User.objects.bulk_create(
            User(email=p.email, name=p.name, password=self.password, time_zone="Europe/Amsterdam") for p in people
        )
        EmailAddress.objects.bulk_create(
            EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
        )
        return users

    def _members(self, people: Sequence[Person], joined_at: datetime) -> list[Membership]:
        users = self._users(people)
        return Membership.objects.bulk_create(
            Membership(user=user, name=person.name, roles=list(person.roles), joined_at=joined_at)
            for user, person in zip(users, people, strict=True)
        )

    def _make_mentors(self, founded: datetime) -> list[Mentor]:
        members = self._members(self.story.mentors, founded)
        mentors = Mentor.objects.bulk_create(
            Mentor(
                membership=member,
                time_zone="Europe/Amsterdam",
                video_link="https://meet.example/" + member.name.split()[0].lower(),
            )
            for member in members
        )
        insert(
            AvailabilityWindow(mentor=mentor, weekday=weekday, start_minute=start, end_minute=end)
            for mentor in mentors
            for weekday in range(5)
            for start, end in ((9 * 60, 12 * 60), (13 * 60, 16 * 60))
        )
        return list(mentors)

    # -- curriculum and calendar -----------------------------------------------------------------------------------

    def _publish_plan(self, at: datetime) -> CurriculumVersion:
        text = files("home.demonstration").joinpath("ai-llm-engineer-plan.md").read_text()
        version = import_plan(plan=read_plan(text), title="AI/LLM engineer", by=self.by, at=at)
        publish(version=version, by=self.by, at=at, reason="The plan as it is taught; its hours are being revised.")
        return CurriculumVersion.objects.for_tree().get(pk=version.pk)

    def _units(self) -> list[Unit]:
        """Topics and projects in the order of the path."""
        units: list[Unit] = []
        for level in self.version.levels.all():
            for module in level.modules.all():
                topics = list(module.topics.all())
                parents = {topic.parent_id for topic in topics}
                units += [Unit(level.number, float(t.hours or 0), topic=t) for t in topics if t.pk not in parents]
                units += [self._project_unit(p, level.number) for p in module.projects.all()]
            units += [
                self._project_unit(p, level.number) for p in self.version.projects.all() if p.level_id == level.pk
            ]
        return units

    @staticmethod
    def _project_unit(project: Project, level: int) -> Unit:
        return Unit(level, float(project.hours or 0), project=project)

    def _make_breaks(self, first: date) -> None:
        years = range(first.year, self.today.year + 3)
        insert(
            Break(name=name, starts_on=date(year, *start), ends_on=date(year + (end[0] < start[0]), *end))
            for year in years
            for name, start, end in (("Winter break", (12, 23), (1, 3)), ("Summer break", (7, 27), (8, 14)))
        )

    # -- cohorts ---------------------------------------------------------------------------------------------------

    def _live_cohort(self, story: CohortStory) -> list[Enrolled]:
        starts_on = story.starts_on(self.today)
        cohort = create_cohort(
            name=story.name,
            version=self.version,
            format=story.format,
            hours_per_week=Decimal(story.hours_per_week),
            first_level=1,
            last_level=story.last_level,
            starts_on=starts_on,
            time_zone="Europe/Amsterdam",
            capacity=story.capacity,
            lead=self.by,
            by=self.by,
            at=at_noon(min(starts_on - timedelta(days=180), self.today)),
        )
        learners = self._learners_of(story, starts_on)
        enrolled = self._enroll(cohort, story, learners)
        self._advance(cohort, story, enrolled)
        self.say(f"  {story.name}: {len(enrolled)} learners")
        return enrolled

    def _learners_of(self, story: CohortStory, starts_on: date) -> list[Membership]:
        running = [c for c in self.story.cohorts if c.weeks_ago > 0 and c.last_level == 5 and not c.cancelled]
        named = self.story.learners if story is running[-1] else ()
        domain = self.story.staff[0].email.partition("@")[2]
        people = list(named)
        while len(people) < story.learners:
            name = next(self.names)
            local = "".join(letter for letter in name.lower().replace(" ", ".") if letter.isascii())
            people.append(Person(name, f"{local}.{self.dice.randint(100, 999)}@{domain}", (Role.LEARNER,)))
        return self._members(
            people[: max(story.learners, len(named))], at_noon(min(starts_on - timedelta(days=40), self.today))
        )

    def _enroll(self, cohort: Cohort, story: CohortStory, learners: Sequence[Membership]) -> list[Enrolled]:
        units = [unit for unit in self.units if unit.level <= story.last_level]
        named = {person.name for person in self.story.learners}
        rows = []
        for number, learner in enumerate(learners):
            life = live(
                dice=random.Random(f"{SEED} {story.name} {number}"),
                units=units,
                starts_on=cohort.starts_on,
                hours_per_week=story.hours_per_week,
                today=self.today,
                steady=learner.name in named,
            )
            if learner.name == "Daan Kuiper":
                life = _falling_silent(life, self.today - timedelta(days=16))
            mentor = self.mentors[number % len(self.mentors)].membership
            applied_on = life.statuses[0][1]
            enrollment = Enrollment(
                cohort=cohort,
                learner=learner,
                mentor=mentor,
                external_id=f"{cohort.starts_on:%y%m}-{number + 1:03}",
                seeks_job=random.Random(f"job {learner.name}").random() > 0.06,
                seeks_job_declared_at=at_noon(min(applied_on, self.today)),
                status=life.status,
                status_since=life.statuses[-1][1],
                created_at=at_noon(min(applied_on, self.today)),
            )
            rows.append(Enrolled(enrollment, life))
        insert(row.enrollment for row in rows)
        levels = {level.number: level for level in self.version.levels.all()}
        insert(record for row in rows for record in self._records(row, levels))
        return rows

    def _records(self, row: Enrolled, levels: dict[int, Level]) -> Iterator[TenantModel]:
        yield from records.status_events(row, self.by)
        yield from records.progress_events(row)
        yield from records.study_logs(row)
        yield from records.assessments(row, self.rubric, self.criteria)
        yield from records.level_decisions(row, levels, self.by)

    def _advance(self, cohort: Cohort, story: CohortStory, enrolled: Sequence[Enrolled]) -> None:
        """Move the cohort along to where it stands today. The learners are there already, with their own histories."""
        starts_on = cohort.starts_on
        moves: list[tuple[Cohort.Status, date]] = []
        if story.cancelled:
            moves = [(Cohort.Status.CANCELLED, starts_on - timedelta(days=30))]
        elif starts_on <= self.today + timedelta(days=90):
            moves.append((Cohort.Status.ENROLLING, min(starts_on - timedelta(days=120), self.today)))
        if starts_on <= self.today and not story.cancelled:
            moves.append((Cohort.Status.RUNNING, starts_on))
            ends = [row.life.statuses[-1][1] for row in enrolled]
            settled = {"graduated", "withdrawn", "dismissed"}
            if enrolled and all(row.life.status in settled for row in enrolled):
                moves.append((Cohort.Status.COMPLETED, max(ends)))
        for status, on in moves:
            cohort = change_status(cohort=cohort, to=status, effective_on=on, by=self.by)


def _falling_silent(life: Life, on: date) -> Life:
    """The same life without anything done since that day."""
    return replace(
        life,
        finished=[(unit, day) for unit, day in life.finished if day <= on],
        attempts=[attempt for attempt in life.attempts if attempt.submitted_on <= on],
        levels_passed=[(level, day) for level, day in life.levels_passed if day <= on],
        weekly_hours=[(week, hours) for week, hours in life.weekly_hours if week + timedelta(days=6) <= on],
    )
