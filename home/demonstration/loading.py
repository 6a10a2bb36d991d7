"""Writing the demonstration: organizations, people, curricula and cohorts through the domain functions, and in bulk the
many rows of ten years that records.py makes.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone, translation

from accounts.models import Membership, Role, User
from accounts.organizing import create_organization
from assessments.benchmarks import benchmarks_of
from assessments.rubrics import default_rubric
from cohorts.flags import refresh_flags
from cohorts.history import refresh_statuses
from cohorts.lifecycle import change_status, create_cohort
from cohorts.models import Break, Cohort, Enrollment, Flag, LeavingReason, Milestone
from cohorts.outline import outline_of
from cohorts.pacing import Calendar, DaysOff
from cohorts.snoozing import snooze
from curriculum.importing import import_plan
from curriculum.models import Benchmark, CurriculumVersion, Format, Level, Project, Topic, Track
from curriculum.plan.markdown import read_plan
from curriculum.publishing import publish
from home.demonstration import afterwards, asking, meetings, records
from home.demonstration.asked_credit import ask_credit
from home.demonstration.at_gates import leave_certificates
from home.demonstration.endpoints import connect
from home.demonstration.lives import Life, Unit, can_wait, fallen_silent, left_waiting, live, returned
from home.demonstration.messages import leave_messages
from home.demonstration.peers import look_at_each_other
from home.demonstration.presenting import present
from home.demonstration.records import Enrolled, at_noon
from home.demonstration.reviewing import ask_for_reviews
from home.demonstration.spending import spend
from home.demonstration.story import (
    FIRST_NAMES,
    LAST_NAMES,
    RETURNED,
    RETURNED_SUMMARY,
    SEED,
    SILENT,
    SNOOZED_NOTE,
    STORIES,
    CohortStory,
    OrganizationStory,
    Person,
)
from home.demonstration.together import come_together
from home.demonstration.waiting import wait_in_line
from mentoring.models import AvailabilityWindow, Mentor
from organizations.models import Organization, TenantModel
from organizations.scope import scope
from outcomes.keeping.snapshots import take_snapshots
from outcomes.models import Placement, PlacementStatus

Say = Callable[[str], None]

QUARTERS = 8
#: So many weeks back it is known who needed a person.
WEEKS_LOOKED_AT = 8


def load(*, password: str, now: datetime, say: Say, stories: Sequence[OrganizationStory] = STORIES) -> list[str]:
    """Load every organization of the story that is not there yet, each whole or not at all; return the names loaded.

    The story ends on the day before `now`, so that nothing in it lies in the future but what is planned.
    """
    loaded = []
    for story in stories:
        if not Organization.objects.filter(slug=story.slug).exists():
            with transaction.atomic(), translation.override(story.language):
                Loader(story, password=password, now=now, say=say).load()
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

    def __init__(self, story: OrganizationStory, *, password: str, now: datetime, say: Say) -> None:
        self.story, self.now, self.say = story, now, say
        self.today = timezone.localdate(now)
        self.until = self.today - timedelta(days=1)
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
            self.tracks = list(
                Track.objects.filter(level__version=self.version).select_related("level").order_by("number")
            )
            self.units = {track.pk: self._units(track) for track in self.tracks}
            self.benchmarks: dict[UUID, list[Benchmark]] = defaultdict(list)
            for benchmark in benchmarks_of(Project.objects.filter(version=self.version).values_list("pk", flat=True)):
                self.benchmarks[benchmark.project_id].append(benchmark)
            self.rubric = default_rubric()
            self.criteria = list(self.rubric.criteria.order_by("position"))
            self.days_off = self._make_breaks(first)
            self.reasons = {reason.code: reason for reason in LeavingReason.objects.all()}
            self._live()

    def _live(self) -> None:
        cohorts = [self._make_cohort(cohort) for cohort in self.story.cohorts]
        enrolled = [row for _cohort, _story, rows in cohorts for row in rows]
        self.say(f"  {len(cohorts)} cohorts with {len(enrolled)} learners; now their work and its reviews")
        self._leave_work_waiting(enrolled)
        levels = {level.number: level for level in self.version.levels.all()}
        for cohort, story, rows in cohorts:
            milestones = list(cohort.milestones.order_by("position"))
            insert(record for row in rows for record in self._records(row, levels, milestones))
            self._advance(cohort, story, rows)
            if story.waiting:
                in_line = self._members(self._strangers(story.waiting), at_noon(self.until - timedelta(days=30)))
                wait_in_line(cohort, in_line, by=self.by, now=self.now, until=self.until)
        teachers = [mentor.membership for mentor in self.mentors]
        ask_for_reviews(self.rubric, teachers, by=self.by, now=self.now, until=self.until)
        look_at_each_other(mentors=teachers, by=self.by, now=self.now)
        self.say("  1-on-1s and placements")
        self._meet(enrolled)
        placements = list(records.placements(enrolled, self.until, self.by))
        insert(afterwards.verified_by_two(placements, by=self.by, until=self.until))
        insert(afterwards.came_of_it(enrolled, placements, by=self.by, now=self.now, until=self.until))
        insert([*records.ranks(self.until, self.by), *records.listed_employers(self.until, self.by)])
        sizes = [(cohort, len(rows)) for cohort, _story, rows in cohorts]
        insert(spend(sizes, teachers=teachers, by=self.by, until=self.until))
        insert([records.published_since(self.until, self.by)])
        refresh_statuses(on=self.today)
        for cohort, _story, _rows in cohorts:
            come_together(cohort, mentors=teachers, by=self.by, now=self.now, until=self.until)
        present(teachers, by=self.by, now=self.now, until=self.until)
        active = Enrollment.objects.filter(status=Enrollment.Status.ACTIVE, cohort=cohorts[-1][0].pk)
        with _without_nested_loops():
            leave_certificates(active.select_related("cohort").order_by("learner__name"), by=self.by, now=self.now)
        ask_credit(by=self.by, now=self.now)
        leave_messages(by=self.by, now=self.now)
        named = [person.name for person in self.story.learners]
        with _without_nested_loops():
            asking.hold(enrolled, by=self.by, named=named, until=self.until)
        connect(by=self.by, now=self.now)
        self._keep_flags(enrolled)
        self._keep_numbers()
        self.say(f"  the numbers as of today and of the last {QUARTERS} quarters")

    def _keep_flags(self, enrolled: Sequence[Enrolled]) -> None:
        """Who needs a person today, and who did in the last weeks; one reason of one learner is snoozed."""
        days = [self.today - timedelta(weeks=back) for back in range(WEEKS_LOOKED_AT, 0, -1)]
        gone = ("graduated", "withdrawn", "dismissed")
        people = [
            row.enrollment.pk for row in enrolled if row.life.status not in gone or row.life.statuses[-1][1] > days[0]
        ]
        with _without_nested_loops():
            for on in [*days, self.until]:
                refresh_flags(enrollments=people, on=on, at=at_noon(on))
            refresh_flags(enrollments=people, on=self.today, at=self.now)
        rests = Flag.objects.filter(key="no_one_on_one").exclude(enrollment__learner__name=SILENT)
        flag = rests.select_related("enrollment").order_by("enrollment__learner__name").first()
        if flag is not None:
            snooze(
                enrollment=flag.enrollment, key=flag.key, until_on=self.today + timedelta(days=10), note=SNOOZED_NOTE,
                by=self.by, on=self.today,
            )  # fmt: skip

    def _keep_numbers(self) -> None:
        """As of each quarter's end, in the night after it. Of the last one a job was heard of too late to be in it."""
        quarters = _quarter_ends(self.today, QUARTERS)
        with _without_nested_loops():
            for on in quarters:
                take_snapshots(on=on, at=at_noon(on + timedelta(days=1)))
            take_snapshots(on=self.today, at=self.now)
        last = max(quarters)
        graduate = (
            Enrollment.objects.filter(status=Enrollment.Status.GRADUATED, status_since__lte=last - timedelta(days=200))
            .filter(placements=None)
            .order_by("-status_since", "pk")
            .first()
        )
        if graduate is not None and graduate.status_since is not None:
            began_on = graduate.status_since + timedelta(days=120)
            Placement.objects.create(
                enrollment=graduate, status=PlacementStatus.FULL_TIME, effective_on=began_on, employer="Adyen",
                job_title="ML engineer", is_relevant=True, evidence=Placement.Evidence.CONTRACT, evidence_on=began_on,
                verified_by=self.by, recorded_by=self.by,
                recorded_at=at_noon(min(last + timedelta(days=16), self.until)),
            )  # fmt: skip

    def _meet(self, enrolled: Sequence[Enrolled]) -> None:
        calendar = Calendar(min(row.enrollment.cohort.starts_on for row in enrolled), self.days_off)
        past = meetings.past_meetings(enrolled, self.mentors, calendar, self.until)
        insert(past)
        insert(meetings.left_behind(past, self.until))
        pairs = meetings.came_back(enrolled, self.until)
        insert(meetings.make_alumni_mentors(pairs, self.until))
        meetings.give_role(pairs, self.until)
        named = [person.name for person in self.story.learners if person.name != SILENT]
        meetings.book_ahead(enrolled, self.mentors, first=named, until=self.until)

    def _leave_work_waiting(self, enrolled: Sequence[Enrolled]) -> None:
        """Let each mentor have work to review: the latest attempts of two or three learners, or more."""
        for place, mentor in enumerate(self.mentors):
            least = 2 + (place % 3 == 1)
            own = [row for row in enrolled if row.enrollment.mentor_id == mentor.membership_id]
            waiting = sum(
                attempt.decided_on is None
                for row in own
                if row.life.status in ("active", "on_leave")
                for attempt in row.life.attempts
            )
            could = [row for row in own if can_wait(row.life)]
            could.sort(key=lambda row: row.life.attempts[-1].submitted_on)
            for days, row in enumerate(could[len(could) - max(least - waiting, 0) :], start=1):
                row.life = left_waiting(row.life, since=self.until - timedelta(days=days))

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
                **meetings.expertise_of(number),
            )
            for number, member in enumerate(members)
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

    def _units(self, track: Track) -> list[Unit]:
        """Topics and projects in the order of the path. What a level or module does not name goes with its last one."""
        topics = {topic.pk: topic for topic in Topic.objects.filter(module__level__version=self.version)}
        projects = {project.pk: project for project in Project.objects.walked(track.pk).filter(version=self.version)}
        units: list[Unit] = []
        for level in outline_of(self.version, track_id=track.pk).levels:
            parts = [(part, 0.0) for part in level.projects]
            for module in reversed(level.modules):
                named = [(part, 0.0) for part in module.parts]
                parts = [*named[:-1], *((part, module.unnamed) for part, _none in named[-1:]), *parts]
            parts[-1] = (parts[-1][0], parts[-1][1] + level.unnamed)
            scale = level.hours / level.planned
            units += [
                Unit(
                    level.number, part.hours, (part.hours + unnamed) * scale, topics.get(part.id), projects.get(part.id)
                )
                for part, unnamed in parts
            ]
        return units

    def _make_breaks(self, first: date) -> list[DaysOff]:
        years = range(first.year, self.today.year + 3)
        breaks = [
            Break(name=name, starts_on=date(year, *start), ends_on=date(year + (end[0] < start[0]), *end))
            for year in years
            for name, start, end in (("Winter break", (12, 23), (1, 3)), ("Summer break", (7, 27), (8, 14)))
        ]
        insert(breaks)
        return [DaysOff(one.starts_on, one.ends_on) for one in breaks]

    # -- cohorts ---------------------------------------------------------------------------------------------------

    def _make_cohort(self, story: CohortStory) -> tuple[Cohort, CohortStory, list[Enrolled]]:
        starts_on = story.starts_on(self.today)
        cohort = create_cohort(
            name=story.name,
            version=self.version,
            format=story.format,
            hours_per_week=Decimal(story.hours_per_week),
            hours_share=story.share,
            first_level=1,
            last_level=story.last_level,
            starts_on=starts_on,
            time_zone="Europe/Amsterdam",
            capacity=story.capacity,
            lead=self.by,
            by=self.by,
            at=at_noon(min(starts_on - timedelta(days=180), self.until)),
        )
        return cohort, story, self._enroll(cohort, story, self._learners_of(story, starts_on))

    def _learners_of(self, story: CohortStory, starts_on: date) -> list[Membership]:
        running = [c for c in self.story.cohorts if c.weeks_ago > 0 and c.last_level == 5 and not c.cancelled]
        named = self.story.learners if story is running[-1] else ()
        people = [*named, *self._strangers(story.learners - len(named))]
        return self._members(people, at_noon(min(starts_on - timedelta(days=40), self.until)))

    def _strangers(self, number: int) -> list[Person]:
        """So many learners with names of their own."""
        domain, people = self.story.staff[0].email.partition("@")[2], []
        for _number in range(number):
            name = next(self.names)
            local = "".join(letter for letter in name.lower().replace(" ", ".") if letter.isascii())
            people.append(Person(name, f"{local}.{self.dice.randint(100, 999)}@{domain}", (Role.LEARNER,)))
        return people

    def _enroll(self, cohort: Cohort, story: CohortStory, learners: Sequence[Membership]) -> list[Enrolled]:
        share = float(story.share)
        units = {
            pk: [replace(unit, takes=unit.takes * share) for unit in units if unit.level <= story.last_level]
            for pk, units in self.units.items()
        }
        calendar = Calendar(cohort.starts_on, self.days_off)
        rows = []
        for number, learner in enumerate(learners):
            dice = random.Random(f"{SEED} {story.name} {number}")
            track = random.Random(f"track {story.name} {number}").choice(self.tracks)
            life = self._live_one(dice, learner.name, units[track.pk], calendar, story)
            applied_at = at_noon(life.statuses[0][1])
            enrollment = Enrollment(
                cohort=cohort,
                version_id=cohort.version_id,
                learner=learner,
                track=track if life.passed_on(track.level.number - 1) else None,
                # Who has not begun waits for staff to match them.
                mentor=self.mentors[number % len(self.mentors)].membership if story.weeks_ago > 0 else None,
                external_id=f"{cohort.starts_on:%y%m}-{number + 1:03}",
                seeks_job=random.Random(f"job {learner.name}").random() > 0.06,
                seeks_job_declared_at=applied_at,
                status=life.status,
                status_since=life.statuses[-1][1],
                created_at=applied_at,
            )
            rows.append(Enrolled(enrollment, life))
        insert(row.enrollment for row in rows)
        return rows

    def _live_one(
        self, dice: random.Random, name: str, units: Sequence[Unit], calendar: Calendar, story: CohortStory
    ) -> Life:
        life = live(
            dice=dice,
            units=units,
            calendar=calendar,
            hours_per_week=story.hours_per_week,
            until=self.until,
            slack=0.5 if story.format == Format.BOOTCAMP else 1,
            steady=name in {person.name for person in self.story.learners},
        )
        if name == SILENT:
            return fallen_silent(life, since=self.today - timedelta(days=16))
        if name == RETURNED:
            return returned(life, units, on=self.today - timedelta(days=5), summary=RETURNED_SUMMARY)
        return life

    def _records(
        self, row: Enrolled, levels: dict[int, Level], milestones: Sequence[Milestone]
    ) -> Iterator[TenantModel]:
        yield from records.status_events(row, self.reasons, self.by)
        yield from records.progress_events(row, self.by)
        yield from records.track_choices(row)
        yield from records.mentor_assignments(row, self.by)
        yield from records.study_logs(row)
        yield from records.assessments(row, self.rubric, self.criteria, self.benchmarks, self.until)
        yield from records.level_decisions(row, levels, self.by)
        yield from records.own_milestones(row, milestones)

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


@contextmanager
def _without_nested_loops() -> Iterator[None]:
    """Plan without them: there are no statistics of what this transaction wrote, and they would run for minutes."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop = on")


def _quarter_ends(today: date, quarters: int) -> list[date]:
    """The last days of the quarters before today, oldest first."""
    first, ends = date(today.year, today.month - (today.month - 1) % 3, 1), []
    for _number in range(quarters):
        ends.append(first - timedelta(days=1))
        first = date(ends[-1].year, ends[-1].month - 2, 1)
    return ends[::-1]
