"""Who and which cohorts the demonstration has. Dates count from the day it is loaded, so that it is never stale."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files

from accounts.models import Role
from cohorts.progress import monday_of
from curriculum.models import Format

#: Another seed tells other lives.
SEED = 20260101

#: The learner who stopped 16 days ago, and the one whose latest project came back five days ago.
SILENT, RETURNED = "Daan Kuiper", "Amira Haddad"
RETURNED_SUMMARY = (
    "Good start, Amira. Your feature pipeline is easy to follow and the README runs as written. Two things before I "
    "pass it: the scaler is fitted on all rows, so your test score knows the test set. Fit it inside the "
    "cross-validation. And add a test for the empty input, which stops the pipeline now. An hour or two of work; "
    "bring questions to our 1-on-1."
)

#: Why staff let one reason rest.
SNOOZED_NOTE = "We spoke on the phone. Exams until next week; their mentor books a time after that."


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    roles: tuple[Role, ...]


@dataclass(frozen=True)
class CohortStory:
    """A cohort that started `weeks_ago` (negative: starts in the future) with so many learners.

    `share` is what it takes of the planned hours. `cancelled` ones were called off a month before their start.
    `waiting` are in line for a seat.
    """

    name: str
    format: Format
    weeks_ago: int
    hours_per_week: int
    learners: int
    last_level: int = 5
    capacity: int | None = None
    cancelled: bool = False
    share: Decimal = Decimal(1)
    waiting: int = 0

    def starts_on(self, today: date) -> date:
        """The Monday of that week."""
        return monday_of(today) - timedelta(weeks=self.weeks_ago)


@dataclass(frozen=True)
class OrganizationStory:
    slug: str
    name: str
    brand_hue: int
    language: str
    staff: tuple[Person, ...]
    mentors: tuple[Person, ...]
    #: Learners with a name, in the last running cohort.
    learners: tuple[Person, ...]
    cohorts: tuple[CohortStory, ...]


def _mentor(name: str, domain: str) -> Person:
    return Person(name, f"{name.split()[0].lower()}@{domain}", (Role.MENTOR,))


def _learner(name: str, domain: str) -> Person:
    return Person(name, f"{name.split()[0].lower()}@{domain}", (Role.LEARNER,))


LANTAARN = OrganizationStory(
    slug="lantaarn",
    name="Lantaarn Academy",
    brand_hue=218,
    language="en",
    staff=(
        Person("Ilse Brouwer", "ilse@lantaarn.example", (Role.STAFF,)),
        Person("Ada Visser", "ada@lantaarn.example", (Role.ADMIN,)),
    ),
    mentors=tuple(
        _mentor(name, "lantaarn.example")
        for name in (
            "Joris Hoekema",
            "Sofia Marchetti",
            "Nneka Adeyemi",
            "Ruben van Dijk",
            "Hanna Lindqvist",
            "Tomasz Zielinski",
        )
    ),
    learners=(_learner("Amira Haddad", "lantaarn.example"), _learner("Daan Kuiper", "lantaarn.example")),
    cohorts=(
        CohortStory("Utrecht Blended 2016", Format.BLENDED, 520, 30, 34),
        CohortStory("Open Self-paced 2017", Format.SELF_PACED, 470, 20, 60),
        CohortStory("Rotterdam Blended 2018", Format.BLENDED, 420, 40, 32),
        CohortStory("Utrecht Bootcamp 2019", Format.BOOTCAMP, 366, 60, 30),
        CohortStory("Ghent Blended 2020", Format.BLENDED, 318, 50, 34),
        CohortStory("Utrecht Bootcamp 2021", Format.BOOTCAMP, 262, 70, 36),
        CohortStory("Rotterdam Blended 2022", Format.BLENDED, 222, 50, 34),
        CohortStory("Open Self-paced 2023", Format.SELF_PACED, 180, 20, 70),
        CohortStory("Utrecht Bootcamp 2023", Format.BOOTCAMP, 156, 77, 32),
        CohortStory("Ghent Blended 2024", Format.BLENDED, 112, 40, 30),
        CohortStory("Foundations Bootcamp 2026", Format.BOOTCAMP, 20, 60, 24, last_level=1),
        CohortStory("Rotterdam Blended 2025", Format.BLENDED, 73, 45, 28, capacity=30),
        CohortStory("Ghent Bootcamp 2025", Format.BOOTCAMP, 60, 60, 0, cancelled=True),
        CohortStory("Utrecht Blended 2027", Format.BLENDED, -9, 25, 14, capacity=30),
        CohortStory("Open Self-paced 2027", Format.SELF_PACED, -22, 20, 0),
        CohortStory(
            "Evening Foundations 2027",
            Format.BLENDED,
            -5,
            16,
            11,
            last_level=1,
            capacity=12,
            share=Decimal("0.24"),
            waiting=5,
        ),
        # Twelve weeks at 40 hours are 480 of the 2,000 that level 1 is planned at.
        CohortStory("Foundations in 12 Weeks", Format.BOOTCAMP, 7, 40, 18, last_level=1, share=Decimal("0.24")),
    ),
)

ZUIDERZEE = OrganizationStory(
    slug="zuiderzee",
    name="Zuiderzee College",
    brand_hue=150,
    language="nl",
    staff=(
        Person("Otto Elders", "otto@zuiderzee.example", (Role.ADMIN, Role.STAFF)),
        Person("Fenna de Boer", "fenna@zuiderzee.example", (Role.STAFF,)),
    ),
    mentors=tuple(_mentor(name, "zuiderzee.example") for name in ("Wessel Postma", "Aylin Kaya", "Marit Huisman")),
    learners=(_learner("Sanne Vermeer", "zuiderzee.example"),),
    cohorts=(
        CohortStory("Hoorn Bootcamp 2020", Format.BOOTCAMP, 330, 60, 28),
        CohortStory("Enkhuizen Blended 2021", Format.BLENDED, 270, 45, 30),
        CohortStory("Zelfstudie 2023", Format.SELF_PACED, 170, 20, 36),
        CohortStory("Hoorn Blended 2025", Format.BLENDED, 80, 40, 26),
    ),
)

STORIES = (LANTAARN, ZUIDERZEE)

FIRST_NAMES, LAST_NAMES = (
    files("home.demonstration").joinpath(name).read_text().split() for name in ("first-names.txt", "last-names.txt")
)
EMPLOYERS = (
    "Havenlab", "Noordzee AI", "Delta Analytics", "Polder Robotics", "Windkracht Data", "Meridiaan", "Brightwater",
    "Kustlijn Health", "Sluis Software", "Vuurtoren Bank", "Zilver Energie", "Grachten Media",
)  # fmt: skip
#: On what credit for prior learning was granted.
EVIDENCE_SEEN = (
    "Bachelor in applied mathematics, diploma seen at intake.",
    "Three years as a Python developer; code walked through at intake.",
    "Passed the entry test with 92 of 100 points.",
)
JOB_TITLES = ("LLM engineer", "Machine learning engineer", "AI platform engineer", "Data scientist", "MLOps engineer")
