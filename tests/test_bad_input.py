"""What people send by mistake: a clear sentence where they are, in their language, and nothing half done."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from accounts.inviting import accept, invite
from accounts.models import Invitation, Membership, Role, User
from assessments.models import Submission
from cohorts.history import enroll, record_status
from cohorts.models import Enrollment
from curriculum.models import CurriculumVersion
from mentoring.models import OneOnOne
from mentoring.records import PrivateNote
from notifications.models import Message
from organizations.models import Organization, TenantModel
from organizations.scope import author_scope, scope
from tests.conftest import Cast, member
from tests.test_role_matrix import address, parameters, routes
from tests.world import World, make_world

SignIn = Callable[[Membership | None], Client]


@pytest.fixture
def world(db: None, shared_world: World) -> World:
    return deepcopy(shared_world)


@pytest.fixture
def cast(world: World) -> Cast:
    return world.cast


def speaking(language: str, person: Membership, sign_in: SignIn) -> Client:
    User.objects.filter(pk=person.user_id).update(language=language)
    return sign_in(person)


def page_of(response: Any) -> str:
    return unescape(response.content.decode())


def counts(world: World) -> list[int]:
    """How many rows there are of everything that the forms here could write."""
    with scope(world.cast.organization.pk):
        models: list[Any] = [
            Membership, Enrollment, Invitation, Message, CurriculumVersion, Submission, OneOnOne
        ]  # fmt: skip
        return [User.objects.count(), *(model.objects.count() for model in models)]


# -- a file of learners ------------------------------------------------------------------------------------------------


def upload(client: Client, world: World, data: bytes) -> Any:
    file = SimpleUploadedFile("learners.csv", data, "text/csv")
    return client.post(f"/o/lantaarn/cohorts/{world.cohort.slug}/import/", {"file": file})


ROWS = "".join(f"learner{number}@example.org,Learner {number}\n" for number in range(10_000))
FILES = {
    "too many rows": (
        f"email,name\n{ROWS}".encode(),
        "The file has 10000 learners; at most 5000 fit in one import. Split it and import the parts.",
    ),
    "no text": (
        b"email,name\nchloe@example.org,Chlo\x8f\n",
        "The file is no text. In your spreadsheet choose “CSV UTF-8” when you save it.",
    ),
    "a spreadsheet": (
        b"PK\x03\x04\x14\x00\x06\x00\x08\x00",
        "This is a spreadsheet and no CSV file. In your spreadsheet, save it as “CSV UTF-8”.",
    ),
    "empty": (b"", "The file is empty. It needs a header and one row per learner."),
    "header alone": (b"email,name\n", "The file has a header and no learners. Add a row for each."),
    "too large": (b"email,name\n" + b"x" * 3_000_000, "The file is larger than 2 MB. Split it and import the parts."),
}


@pytest.mark.parametrize(("data", "sentence"), FILES.values(), ids=FILES)
def test_file_of_learners_that_cannot_be_read(world: World, sign_in: SignIn, data: bytes, sentence: str) -> None:
    before = counts(world)

    response = upload(sign_in(world.cast.ilse), world, data)

    assert response.status_code == 422
    assert sentence in page_of(response)
    assert 'type="file"' in page_of(response)
    assert counts(world) == before


CELLS = {
    "duplicate email": (
        "email,name\nsanne@example.org,Sanne\nnoor@example.org,Noor\nSanne@Example.org,Sanne de Wit\n",
        [(2, "This email is in rows 2, 4. Keep one of them."), (4, "This email is in rows 2, 4. Keep one of them.")],
    ),
    "null bytes": (
        "email,name\nsanne@example.org,San\x00ne\n",
        [(2, "This cell holds a line break or another invisible sign. Remove it.")],
    ),
    "unknown zone": (
        "email,name,time_zone\nsanne@example.org,Sanne,Europe/Utrecht\n",
        [(2, "“Europe/Utrecht” is not a time zone. Choose one such as Europe/Amsterdam.")],
    ),
}


@pytest.mark.parametrize(("text", "errors"), CELLS.values(), ids=CELLS)
def test_rows_that_are_wrong_are_named_and_the_good_ones_wait(
    world: World, sign_in: SignIn, text: str, errors: list[tuple[int, str]]
) -> None:
    before = counts(world)

    client = sign_in(world.cast.ilse)

    response = client.get(upload(client, world, text.encode())["Location"])

    plan = response.context["plan"]
    assert [(step.number, message) for step in plan.steps for _column, message in step.errors] == errors
    assert all(sentence in page_of(response) for _number, sentence in errors)
    assert counts(world) == before


def test_columns_that_nobody_knows_are_asked_about_and_the_file_is_kept(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.cast.ilse)
    page = upload(client, world, b"wie;adres\nSanne;sanne@example.org\n")["Location"]

    refused = client.post(page, {"column-0": "name", "column-1": "name"})

    assert refused.status_code == 422
    assert "Two columns are the same: Name. Leave one of them out. No column says who it is about." in page_of(refused)
    assert "Sanne" in page_of(client.get(page))
    assert client.post(page, {"column-0": "name", "column-1": "email"}).status_code == 302
    assert "Import 1 row" in page_of(client.get(page))


def test_file_is_refused_in_dutch(world: World, sign_in: SignIn) -> None:
    client = speaking("nl", world.cast.ilse, sign_in)

    empty = upload(client, world, b"email,naam\n")
    rows = client.get(upload(client, world, b"email,naam\na@example.org,An\na@example.org,Bo\n")["Location"])

    assert (empty.status_code, rows.status_code) == (422, 200)
    assert "Het bestand heeft een kopregel en geen deelnemers." in page_of(empty)
    assert "Dit e-mailadres staat in de rijen 2, 3." in page_of(rows)


# -- a plan ------------------------------------------------------------------------------------------------------------

PLANS = {
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "The file is not text in UTF-8."),
    "a web page": (b"<!DOCTYPE html><h1>Plan</h1>", "This is a web page, not Markdown or YAML."),
    "a document": (b"PK\x03\x04\x00\x00", "The text has characters that no text editor writes."),
    "empty": (b"", "There is no text."),
}


@pytest.mark.parametrize(("data", "sentence"), PLANS.values(), ids=PLANS)
def test_plan_that_is_not_markdown(world: World, sign_in: SignIn, data: bytes, sentence: str) -> None:
    before = counts(world)

    response = sign_in(world.cast.ilse).post("/o/lantaarn/curriculum/import/", {"file": SimpleUploadedFile("p", data)})

    assert response.status_code == 422
    assert sentence in page_of(response)
    assert "Nothing was imported." in page_of(response)
    assert counts(world) == before


def test_text_without_a_plan_in_it_is_kept_and_the_way_out_is_said(world: World, sign_in: SignIn) -> None:
    before = counts(world)
    letter = "Dear Ilse,\n\nhere is our plan for next year.\n"

    response = sign_in(world.cast.ilse).post("/o/lantaarn/curriculum/import/", {"text": letter})

    assert response.status_code == 422
    assert letter in page_of(response)
    assert [problem.line for problem in response.context["problems"]] != []
    assert counts(world) == before


# -- a link ------------------------------------------------------------------------------------------------------------

WEB = "Enter a link that starts with https://"
PRIVATE = "Enter a link that opens for others too, not one to your own computer or network."
LINKS = {
    "no link": ("my repository", WEB),
    "script": ("javascript:alert(1)", WEB),
    "a file": ("file:///etc/passwd", WEB),
    "this computer": ("http://localhost:8000/", PRIVATE),
    "this computer by number": ("http://2130706433/", PRIVATE),
    "a private network": ("https://192.168.1.7/me/project", PRIVATE),
    "the cloud's metadata": ("http://169.254.169.254/latest/meta-data/", PRIVATE),
    "IPv6 of this computer": ("http://[::1]/", PRIVATE),
    "a password": ("https://me:secret@github.com/me/project", "Remove the user name and password from the link."),
}


@pytest.mark.parametrize(("link", "sentence"), LINKS.values(), ids=LINKS)
def test_link_that_nobody_else_can_open(world: World, sign_in: SignIn, link: str, sentence: str) -> None:
    before = counts(world)
    sent = {"repository": link, "note": "Look at the tests <first>.", "tests_pass": "on"}

    response = sign_in(world.cast.daan).post(f"/o/lantaarn/projects/{world.project.pk}/submit/", sent)

    assert response.status_code == 422
    assert response.context["form"].errors["repository"] == [sentence]
    assert sentence in page_of(response)
    assert f'value="{link}"' in page_of(response)
    assert "Look at the tests <first>.</textarea>" in page_of(response)
    assert counts(world) == before


def test_private_link_is_refused_in_dutch(world: World, sign_in: SignIn) -> None:
    client = speaking("nl", world.cast.daan, sign_in)

    response = client.post(f"/o/lantaarn/projects/{world.project.pk}/submit/", {"repository": "http://10.0.0.1/"})

    assert response.status_code == 422
    assert "niet een naar je eigen computer of netwerk." in page_of(response)


# -- a slot ------------------------------------------------------------------------------------------------------------


def test_slot_taken_meanwhile(world: World, sign_in: SignIn) -> None:
    with scope(world.cast.organization.pk):
        Enrollment.objects.filter(learner=world.cast.daan).update(mentor=world.cast.joris)
    book = "/o/lantaarn/sessions/book/"
    client = sign_in(world.cast.daan)
    slot = client.get("/o/lantaarn/sessions/").context["offer"].days[0].slots[0].value
    assert sign_in(world.cast.amira).post(book, {"start": slot}).status_code == 302
    before = counts(world)

    response = sign_in(world.cast.daan).post(book, {"start": slot, "agenda": "My <thesis>"})

    assert response.status_code == 422
    assert "That time was taken a moment ago. Your note is kept; pick another time." in page_of(response)
    assert "My <thesis></textarea>" in page_of(response)
    assert f'value="{slot}"' not in page_of(response)
    assert counts(world) == before


@pytest.mark.parametrize("start", ["", "soon", "9999-12-31T23:59Z", "0001-01-01T00:00+14:00", "2020-01-01T09:00Z"])
def test_slot_that_was_never_offered(world: World, sign_in: SignIn, start: str) -> None:
    before = counts(world)

    response = sign_in(world.cast.amira).post("/o/lantaarn/sessions/book/", {"start": start, "agenda": "My note"})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["start"]
    assert "My note</textarea>" in page_of(response)
    assert counts(world) == before


# -- an invitation -----------------------------------------------------------------------------------------------------


def invitation_of(world: World, *, days_ago: int) -> tuple[Invitation, str]:
    with scope(world.cast.organization.pk):
        at = timezone.now() - timedelta(days=days_ago)
        made = invite(email="noor@example.org", name="Noor", roles=[Role.MENTOR], by=world.cast.ilse, at=at)
    return made, f"/invitations/{made.token}/"


NEW = {"name": "Noor Smit", "password": "tulip field"}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "This invitation worked for 14 days, and they are over. Ask your program team for a new one."),
        ("nl", "Deze uitnodiging werkte 14 dagen, en die zijn voorbij."),
    ],
)
def test_expired_invitation(world: World, client: Client, language: str, sentence: str) -> None:
    _made, path = invitation_of(world, days_ago=15)

    answers = [client.get(path, headers={"accept-language": language}), client.post(path, NEW)]

    assert [answer.status_code for answer in answers] == [410, 410]
    assert sentence in page_of(answers[0])
    assert not User.objects.get(email="noor@example.org").has_usable_password()
    assert "_auth_user_id" not in client.session


def test_reused_invitation(world: World, client: Client) -> None:
    _made, path = invitation_of(world, days_ago=1)
    assert client.post(path, NEW).status_code == 302
    client.logout()
    hashed = User.objects.get(email="noor@example.org").password

    answers = [client.get(path), client.post(path, {"name": "Mallory", "password": "other words"})]

    assert [answer.status_code for answer in answers] == [410, 410]
    assert "This invitation was accepted before. Sign in to go on." in page_of(answers[0])
    assert 'href="/accounts/login/"' in page_of(answers[0])
    noor = User.objects.get(email="noor@example.org")
    assert (noor.name, noor.password) == ("Noor Smit", hashed)
    assert "_auth_user_id" not in client.session


def test_invitation_of_somebody_else_is_not_accepted(world: World, sign_in: SignIn) -> None:
    made, path = invitation_of(world, days_ago=1)

    response = sign_in(world.cast.daan).post(path)

    assert response.status_code == 200
    assert "noor@example.org" in page_of(response)
    with scope(world.cast.organization.pk):
        assert Membership.objects.get(user__email="noor@example.org").joined_at is None
    assert accept(token=made.token, user=made.membership.user, at=timezone.now()).pk == made.membership_id


# -- another organization's ids ----------------------------------------------------------------------------------------


@pytest.fixture
def theirs(cast: Cast) -> World:
    """Otto's organization in full swing, with a mentor and learners of its own."""
    with scope(cast.elsewhere.pk):
        people: dict[str, Any] = {
            name: member(f"{name.title()} Elders", f"{name}@elsewhere.example", role)
            for name, role in (("joris", Role.MENTOR), ("amira", Role.LEARNER), ("daan", Role.LEARNER))
        }
    there = replace(cast, organization=cast.elsewhere, elsewhere=cast.organization, ilse=cast.otto, ada=cast.otto)
    return make_world(replace(there, **people), cohort_name="Elsewhere 2026")


@pytest.fixture
def ada(world: World, sign_in: SignIn) -> Client:
    """Ada, who may do everything that anybody may in her own organization, learner's and mentor's things included."""
    with scope(world.cast.organization.pk):
        Membership.objects.filter(pk=world.cast.ada.pk).update(roles=[role.value for role in Role])
        ada, start = Membership.objects.get(pk=world.cast.ada.pk), world.cohort.starts_on
        enroll(cohort=world.cohort, learner=ada, by=None, effective_on=start, status="active")
    return sign_in(world.cast.ada)


def everything_of(organization: Organization) -> dict[str, list[dict[str, Any]]]:
    with scope(organization.pk):
        models: list[Any] = [model for model in apps.get_models() if issubclass(model, TenantModel)]
        return {model._meta.label: rows_of(model) for model in models}


def rows_of(model: Any) -> list[dict[str, Any]]:
    """All rows of the organization in scope; private notes show to their authors only."""
    if model is not PrivateNote:
        return list(model.objects.order_by("pk").values())
    found: list[dict[str, Any]] = []
    for author in Membership.objects.order_by("pk"):
        with author_scope(author.pk):
            found += model.objects.order_by("pk").values()
    return found


ROUTES = sorted(set(routes(get_resolver().url_patterns)))
MEMBER_ROUTES = [name for name in ROUTES if "organization" in parameters(name)]
IDENTIFIED = [name for name in MEMBER_ROUTES if {"pk", "cohort"} & set(parameters(name))]


def test_ids_of_another_organization_are_not_found(world: World, theirs: World, ada: Client) -> None:
    """An id of Otto's is answered like one that never was, whatever the method."""
    before = everything_of(theirs.cast.organization)

    found = {}
    for name in IDENTIFIED:
        path = address(name, theirs)
        assert path.startswith("/o/lantaarn/")
        # A route that only takes a POST says so before it looks at the id; one that only shows a form leads back to it.
        sent: dict[str, Any] = {"content_type": "application/json"} if name.startswith("api:") else {}
        posted = ada.post(path, {"done": "1", "to": "x"}, **sent)
        found[name] = [ada.get(path, follow=True).status_code, posted.status_code]

    allowed = ([404, 404], [405, 404], [404, 405])
    assert len(found) > 25
    assert {name: statuses for name, statuses in found.items() if statuses not in allowed} == {}
    assert everything_of(theirs.cast.organization) == before


def test_organization_of_others_is_not_found(theirs: World, ada: Client) -> None:
    before = everything_of(theirs.cast.organization)
    paths = [address(name, theirs).replace("/o/lantaarn/", "/o/elsewhere/") for name in MEMBER_ROUTES]

    statuses = {path: (ada.get(path).status_code, ada.post(path, {"x": "1"}).status_code) for path in paths}

    assert {path: found for path, found in statuses.items() if found != (404, 404)} == {}
    assert everything_of(theirs.cast.organization) == before


def test_ids_of_another_organization_in_a_form_are_refused(world: World, theirs: World, ada: Client) -> None:
    """Ids also travel in the body of a form: a curriculum, a mentor, a cohort, a milestone, a topic, a break."""
    with scope(theirs.cast.organization.pk):
        milestone = theirs.cohort.milestones.filter(enrollment=None)[0]
    cohort, learner = f"/o/lantaarn/cohorts/{world.cohort.slug}/", f"/o/lantaarn/learners/{world.enrollment.pk}/"
    today = timezone.localdate().isoformat()
    new_cohort = {
        "name": "New", "version": theirs.version.pk, "format": "blended", "first_level": 1, "last_level": 2,
        "hours_per_week": 20, "starts_on": today, "time_zone": "Europe/Amsterdam",
    }  # fmt: skip
    sent: list[tuple[str, dict[str, Any], int]] = [
        ("/o/lantaarn/cohorts/new/", new_cohort, 422),
        ("/o/lantaarn/cohorts/new/", {**new_cohort, "version": world.version.pk, "lead": theirs.cast.joris.pk}, 422),
        (f"{learner}mentor/", {"mentor": theirs.cast.joris.pk}, 422),
        (f"{learner}status/", {"to": "transferred", "effective_on": today, "cohort": theirs.cohort.pk}, 422),
        (f"{learner}progress/", {"topic": theirs.topic.pk, "action": "complete", "on": today, "reason": "Seen"}, 422),
        (f"{cohort}milestones/", {"milestone": milestone.pk, "due_on": today}, 404),
        (f"{cohort}breaks/", {"remove": milestone.pk}, 404),
    ]
    before = [everything_of(each.cast.organization) for each in (world, theirs)]

    found = [ada.post(path, data).status_code for path, data, _expected in sent]

    assert found == [expected for _path, _data, expected in sent]
    assert [everything_of(each.cast.organization) for each in (world, theirs)] == before


# -- planning and histories, in both languages -------------------------------------------------------------------------

FAR = {"long ago": "1900-01-01", "far ahead": "9999-12-31"}
PLANS: dict[str, tuple[str, dict[str, str]]] = {
    "no hours a week": ("cohorts/new/", {"hours_per_week": "0"}),
    "500 hours a week": ("cohorts/new/", {"hours_per_week": "500"}),
    "levels the wrong way round": ("cohorts/new/", {"first_level": "2", "last_level": "1"}),
    **{f"start {word}": ("cohorts/new/", {"starts_on": day}) for word, day in FAR.items()},
    "capacity under the enrolled": ("cohorts/{cohort}/settings/", {"capacity": "1"}),
    "break that ends before it starts": (
        "cohorts/{cohort}/breaks/", {"name": "B", "starts_on": "2027-02-10", "ends_on": "2027-02-01"},
    ),
    "break over everything": (
        "cohorts/{cohort}/breaks/", {"name": "B", "starts_on": "2026-01-01", "ends_on": "2090-01-01"},
    ),
    **{
        f"leave from {word}": (
            "learners/{amira}/status/", {"to": "on_leave", "effective_on": day, "returns_on": "2027-01-01"},
        )
        for word, day in FAR.items()
    },
    "leave that ends before it begins": (
        "learners/{amira}/status/", {"to": "on_leave", "effective_on": "2026-12-01", "returns_on": "2026-11-01"},
    ),
    "withdrawal without a reason": ("learners/{amira}/status/", {"to": "withdrawn", "effective_on": "2026-12-01"}),
    "move that the table forbids": ("learners/{amira}/status/", {"to": "applied", "effective_on": "2026-12-01"}),
    "graduation by hand": ("learners/{amira}/status/", {"to": "graduated", "effective_on": "2026-12-01"}),
}  # fmt: skip


@pytest.mark.parametrize(("path", "wrong"), PLANS.values(), ids=PLANS)
def test_plans_that_cannot_be_are_refused_in_the_reader_s_language(
    world: World, sign_in: SignIn, path: str, wrong: dict[str, str]
) -> None:
    refused_in_both_languages(world, sign_in, path, wrong)


def test_a_leave_that_overlaps_another_is_refused_in_the_reader_s_language(world: World, sign_in: SignIn) -> None:
    on = timezone.localdate()
    first, back = on + timedelta(days=40), on + timedelta(days=60)
    with scope(world.cast.organization.pk):
        record_status(enrollment=world.enrollment, to="on_leave", effective_on=first, returns_on=back, by=None)
    wrong = {"to": "on_leave", "effective_on": on.isoformat(), "returns_on": (first + timedelta(days=5)).isoformat()}

    english, dutch = refused_in_both_languages(world, sign_in, "learners/{amira}/status/", wrong)

    assert [said.partition(" " + str(first.day))[0] for said in (*english, *dutch)] == [
        "This overlaps the leave from", "Dit overlapt met het verlof van",
    ]  # fmt: skip


def refused_in_both_languages(
    world: World, sign_in: SignIn, path: str, wrong: dict[str, str]
) -> tuple[list[str], list[str]]:
    """Every sentence is another one in the other language, stands on the page, and nothing is half done."""
    before, told = counts(world), []
    page = f"/o/lantaarn/{path.format(cohort=world.cohort.slug, amira=world.enrollment.pk)}"
    for language in ("en", "nl"):
        client = speaking(language, world.cast.ilse, sign_in)
        form = client.get(page).context["form"]
        shown = {name: form[name].value() for name in form.fields}
        sent = {name: value for name, value in shown.items() if value not in (None, "")} | {"name": "C"} | wrong

        response = client.post(page, sent)

        sentences = [str(each) for errors in response.context["form"].errors.values() for each in errors]
        assert (response.status_code, bool(sentences)) == (422, True)
        assert all(sentence in page_of(response) for sentence in sentences)
        told.append(sentences)
    assert not set(told[0]) & set(told[1])
    assert counts(world) == before
    return told[0], told[1]


def test_the_second_of_two_reads_in_their_language_what_the_first_changed(world: World, sign_in: SignIn) -> None:
    page, on = f"/o/lantaarn/learners/{world.enrollment.pk}/status/", timezone.localdate()
    seen = sign_in(world.cast.ilse).get(page).context["form"]["seen"].value()
    with scope(world.cast.organization.pk):
        record_status(
            enrollment=world.enrollment, to="on_leave", effective_on=on, returns_on=on + timedelta(days=9),
            by=world.cast.ada,
        )  # fmt: skip
    before = counts(world)
    wish = {"to": "withdrawn", "effective_on": on.isoformat(), "reason": "work", "note": "She called", "seen": seen}
    for language, words in (
        ("en", "changed this history meanwhile: on leave from"),
        ("nl", "heeft deze geschiedenis intussen gewijzigd: "),
    ):
        answer = speaking(language, world.cast.ilse, sign_in).post(page, wish)
        assert (answer.status_code, f"{world.cast.ada.name} {words}" in page_of(answer)) == (409, True)
        assert "She called" in page_of(answer)
    assert counts(world) == before
