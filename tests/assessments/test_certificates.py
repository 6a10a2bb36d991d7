from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from unicodedata import normalize

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from pypdf import PdfReader

from accounts.models import Membership
from assessments.certificate_pdf import pdf_of
from assessments.certificates import certificates_of, reissue, revoke_certificate
from assessments.gates import pass_level, revoke
from assessments.models import Certificate, LevelDecision
from assessments.views.verifying import Throttle
from cohorts.history import record_status
from cohorts.transferring import transfer
from notifications.models import Message
from organizations.scope import scope
from tests.assessments.conftest import School, queries_of
from tests.assessments.test_submissions import refused

TODAY = date(2026, 11, 24)
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
SignIn = Callable[[Membership | None], Client]


@pytest.fixture(autouse=True)
def _fresh_rate() -> None:
    cache.clear()


def pass_levels(school: School, *levels: int) -> list[Certificate]:
    for number in levels:
        pass_level(
            enrollment=school.amira, level=school.levels[number - 1], by=school.cast.ilse, on=TODAY, at=AT,
            override_reason="Knows it", approved_by=school.cast.ada,
        )  # fmt: skip
    school.amira.refresh_from_db()
    return certificates_of(school.amira)


def rename(school: School, name: str) -> None:
    Membership.objects.filter(pk=school.cast.amira.pk).update(name=name)


# -- issued, revoked, replaced -----------------------------------------------------------------------------------------


def test_each_level_has_its_certificate_and_the_last_the_programs_too(school: School) -> None:
    found = pass_levels(school, 1, 2)
    assert [(one.title, one.name, one.first_level, one.last_level, one.is_of_program) for one in found] == [
        ("AI engineer", "Amira Haddad", 1, 2, True),
        ("Engineer", "Amira Haddad", 2, 2, False),
        ("Foundations", "Amira Haddad", 1, 1, False),
    ]
    assert {(one.program, one.awarded_on, one.issued_by, one.is_valid) for one in found} == {
        ("AI engineer", TODAY, school.cast.ilse, True)
    }
    assert len({one.token for one in found}) == len({one.status_index for one in found}) == 3


def test_level_that_is_passed_again_gets_another(school: School) -> None:
    (first,) = pass_levels(school, 1)
    revoke(enrollment=school.amira, level=school.levels[0], by=school.cast.ilse, on=TODAY, at=AT, reason="Copied")
    again, before = pass_levels(school, 1)
    assert (again.is_valid, before.pk, before.is_valid) == (True, first.pk, False)
    assert before.revoked is not None
    assert (before.revoked.cause, before.revoked.reason) == ("level", "Copied")


def test_staff_revoke_one_and_the_level_stays(school: School) -> None:
    (one,) = pass_levels(school, 1)
    with refused("reason_needed"):
        revoke_certificate(certificate=one, reason=" ", by=school.cast.ilse, at=AT)
    revoke_certificate(certificate=one, reason="Wrong person", by=school.cast.ilse, at=AT)
    with refused("already_revoked"):
        revoke_certificate(certificate=one, reason="Again", by=school.cast.ilse, at=AT)
    (found,) = certificates_of(school.amira)
    assert not found.is_valid
    assert LevelDecision.objects.get().outcome == "passed"
    assert Message.objects.filter(kind="certificate_revoked").get().recipient == school.cast.amira.user
    with pytest.raises(Exception, match="are facts"), transaction.atomic():
        found.revocations.all().delete()


def test_corrected_name_is_another_certificate(school: School) -> None:
    (one,) = pass_levels(school, 1)
    with refused("same_name"):
        reissue(certificate=one, by=school.cast.ilse, at=AT)
    rename(school, "Amira Haddád")
    fresh = reissue(certificate=one, by=school.cast.ilse, at=AT)
    assert (fresh.name, fresh.title, fresh.awarded_on, fresh.replaces_id) == (
        "Amira Haddád",
        "Foundations",
        TODAY,
        one.pk,
    )
    assert fresh.token != one.token
    assert [each.is_valid for each in certificates_of(school.amira)].count(True) == 1
    with refused("already_revoked"):
        reissue(certificate=one, by=school.cast.ilse, at=AT)


def test_program_is_not_completed_once_the_graduation_is_corrected(school: School) -> None:
    pass_levels(school, 1, 2)
    record_status(enrollment=school.amira, to="active", effective_on=TODAY, by=school.cast.ilse, corrects=True, at=AT)
    assert [(one.is_of_program, one.is_valid) for one in certificates_of(school.amira)] == [
        (True, False),
        (False, True),
        (False, True),
    ]


def test_certificates_go_along_to_another_cohort(school: School) -> None:
    (one,) = pass_levels(school, 1)
    there = school.cohort
    there.pk, there.slug, there.name, there._state.adding = None, "next", "Next", True
    there.pk = Certificate._meta.pk.get_default()
    there.save()
    target = transfer(
        enrollment=school.amira, cohort=there, effective_on=TODAY, note="", by=school.cast.ilse, seen=None, at=AT
    )
    assert certificates_of(target) == [one]
    revoke(enrollment=target, level=school.levels[0], by=school.cast.ilse, on=TODAY, at=AT, reason="Copied")
    assert not certificates_of(target)[0].is_valid


def test_decisions_of_before_are_made_up_for_once(school: School) -> None:
    pass_levels(school, 1, 2)
    Certificate.objects.all().delete()
    for expected in ("3 issued at Lantaarn Academy.", "0 issued at Lantaarn Academy."):
        out = run("issue_certificates", "--organization", "lantaarn")
        assert out.strip() == expected
    assert [one.title for one in certificates_of(school.amira)] == ["AI engineer", "Engineer", "Foundations"]


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_address_and_place_belong_to_one_certificate(school: School) -> None:
    one, other, *_rest = pass_levels(school, 1, 2)
    for same in ("token", "status_index"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Certificate.objects.filter(pk=one.pk).update(**{same: getattr(other, same)})


# -- pages -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def taught(cohort_of_two: School) -> School:
    return cohort_of_two


def test_stranger_sees_that_it_holds_and_nothing_else_of_the_person(taught: School, client: Client) -> None:
    with scope(taught.cast.organization.pk):
        (one,) = pass_levels(taught, 1)
    public = f"/certificates/lantaarn/{one.token}/"
    response = client.get(public)
    html = response.content.decode()
    assert response.status_code == 200
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    for shown in ("This certificate is valid", "Lantaarn Academy", "Amira Haddad", "Foundations", "24 November 2026"):
        assert shown in html
    for hidden in (taught.cast.amira.user.email, "Knows it", "Ilse", "Blended 2026", str(taught.amira.pk)):
        assert hidden not in html
    assert "--brand-h: 218" in client.get("/certificates/lantaarn/tenant.css").content.decode()
    with scope(taught.cast.organization.pk):
        rename(taught, "Amira de Vries")
        reissue(certificate=one, by=taught.cast.ilse, at=AT)
    html = client.get(public).content.decode()
    assert "replaced it on 24 November 2026" in html
    assert "Amira" not in html
    assert client.get(f"{public}credential.jwt").status_code == 404


def test_stranger_sees_that_it_was_revoked_and_since_when(taught: School, client: Client) -> None:
    with scope(taught.cast.organization.pk):
        (one,) = pass_levels(taught, 1)
        revoke(
            enrollment=taught.amira,
            level=taught.levels[0],
            by=taught.cast.ilse,
            on=TODAY,
            at=AT,
            reason="Handed in by another",
        )
    html = client.get(f"/certificates/lantaarn/{one.token}/").content.decode()
    assert "This certificate is not valid" in html
    assert "Lantaarn Academy revoked it on 24 November 2026." in html
    assert "Handed in" not in html


def test_unknown_address_and_other_organization_are_not_found(taught: School, client: Client) -> None:
    with scope(taught.cast.organization.pk):
        (one,) = pass_levels(taught, 1)
    response = client.get("/certificates/lantaarn/nothing-of-the-kind/")
    assert (response.status_code, "Unknown certificate" in response.content.decode()) == (404, True)
    for nonsense in ("%00", "x" * 5000, "%F0%9F%92%A5", f"{one.token}x"):
        assert client.get(f"/certificates/lantaarn/{nonsense}/").status_code == 404
        assert client.get(f"/certificates/lantaarn/{nonsense}/credential.jwt").status_code == 404
    assert client.get(f"/certificates/elsewhere/{one.token}/").status_code == 404
    assert client.get(f"/certificates/nobody/{one.token}/").status_code == 404
    assert client.post(f"/certificates/lantaarn/{one.token}/").status_code == 405


def test_so_many_looks_a_minute_from_one_address(
    taught: School, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Throttle, "rate", "2/min", raising=False)
    assert [client.get("/certificates/lantaarn/x/").status_code for _ in range(3)] == [404, 404, 429]
    assert client.get("/certificates/lantaarn/x/", REMOTE_ADDR="192.0.2.7").status_code == 404


def test_learner_downloads_a_pdf_that_says_what_the_page_says(taught: School, sign_in: SignIn) -> None:
    with scope(taught.cast.organization.pk):
        rename(taught, "Amira Đorđević-Łukasz")
        (one,) = pass_levels(taught, 1)
    client = sign_in(taught.cast.amira)
    assert f"/o/lantaarn/certificates/{one.pk}/" in client.get("/o/lantaarn/certificates/").content.decode()
    assert f"/o/lantaarn/certificates/{one.pk}/" in client.get("/o/lantaarn/path/").content.decode()
    page = client.get(f"/o/lantaarn/certificates/{one.pk}/").content.decode()
    response = client.get(f"/o/lantaarn/certificates/{one.pk}/pdf/")
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"] == 'attachment; filename="foundations-amira-orevic-ukasz.pdf"'
    pdf = PdfReader(BytesIO(response.content))
    text = pdf.pages[0].extract_text()
    for words in ("Amira Đorđević-Łukasz", "Foundations", "passed level 1", "Awarded on 24 November 2026"):
        assert words in text
        assert words in page
    assert f"/certificates/lantaarn/{one.token}/" in text
    assert (pdf.metadata.title, pdf.trailer["/Root"]["/Lang"]) == ("Foundations, Amira Đorđević-Łukasz", "en")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "name",
    ["Łukasz Żółć", "Çağrı Gümüşoğlu İnci", "Αλέξανδρος Παπαδόπουλος", "Ольга Щербакова-Їжак", "Nguyễn Thị Hằng",
     "Noe\u0308l S\u030cimek"],
)  # fmt: skip
def test_names_of_many_scripts_stand_in_the_pdf(taught: School, name: str) -> None:
    with scope(taught.cast.organization.pk):
        rename(taught, name)
        (one,) = pass_levels(taught, 1)
        pdf = PdfReader(BytesIO(pdf_of(one, taught.cast.organization, at=AT)))
    assert normalize("NFC", name) in pdf.pages[0].extract_text()
    assert pdf.trailer["/Root"]["/Lang"] == "en"  # type: ignore[index]


def test_name_that_the_fonts_cannot_spell_is_told(taught: School, sign_in: SignIn) -> None:
    with scope(taught.cast.organization.pk):
        rename(taught, "أميرة حداد")
        (one,) = pass_levels(taught, 1)
    response = sign_in(taught.cast.amira).get(f"/o/lantaarn/certificates/{one.pk}/pdf/", follow=True)
    assert "Print the page, or save it as PDF from there." in response.content.decode()


def test_pages_take_as_many_queries_for_three_certificates_as_for_one(taught: School, sign_in: SignIn) -> None:
    pages = {
        f"/o/lantaarn/learners/{taught.amira.pk}/gates/": taught.cast.ilse,
        "/o/lantaarn/certificates/": taught.cast.amira,
        "/o/lantaarn/gates/": taught.cast.amira,
    }
    counts = []
    for level in (1, 2):
        with scope(taught.cast.organization.pk):
            pass_levels(taught, level)
        counts.append([queries_of(sign_in(person), page) for page, person in pages.items()])
    assert counts[0] == counts[1]


def test_staff_revoke_and_reissue_on_its_page(taught: School, sign_in: SignIn) -> None:
    with scope(taught.cast.organization.pk):
        (one,) = pass_levels(taught, 1)
    client, page = sign_in(taught.cast.ilse), f"/o/lantaarn/certificates/{one.pk}/"
    same = client.post(f"{page}reissue/")
    assert (same.status_code, "has this name already" in same.content.decode()) == (422, True)
    with scope(taught.cast.organization.pk):
        rename(taught, "Amira de Vries")
    assert (
        "A new certificate is issued to Amira de Vries." in client.post(f"{page}reissue/", follow=True).content.decode()
    )
    with scope(taught.cast.organization.pk):
        fresh = Certificate.objects.standing().get()
    page = f"/o/lantaarn/certificates/{fresh.pk}/"
    empty = client.post(f"{page}revoke/", {"reason": ""})
    assert (empty.status_code, "Write why the certificate is revoked." in empty.content.decode()) == (422, True)
    html = client.post(f"{page}revoke/", {"reason": "Wrong person"}, follow=True).content.decode()
    assert "Wrong person" in html
    assert client.get(f"{page}pdf/").status_code == 404
