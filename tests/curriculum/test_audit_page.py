from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from curriculum.accepting import accept
from curriculum.models import CurriculumVersion, FindingAcceptance
from curriculum.publishing import publish
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.curriculum.plans import real_plan
from tests.curriculum.test_views import HOME, SignIn, a_version, stored

HOURS = "module_hours|1.1|700|800"


@pytest.fixture
def draft(cast: Cast) -> CurriculumVersion:
    return a_version(cast, real_plan())


def address(version: CurriculumVersion, part: str = "") -> str:
    return f"{HOME}{version.pk}/audit/{part}"


def accepted(cast: Cast, version: CurriculumVersion, *keys: str) -> None:
    with scope(cast.organization.pk):
        for key in keys or (HOURS,):
            accept(version=version, key=key, note="Labs are done <at home>.", by=cast.ilse, at=NOW)


def facts(cast: Cast) -> list[tuple[str, str, str]]:
    with scope(cast.organization.pk):
        return list(FindingAcceptance.objects.order_by("pk").values_list("kind", "key", "note"))


def keys(response: Any) -> list[str]:
    return [row["finding"].key for row in response.context["rows"]]


def test_every_finding_is_shown_with_its_place_and_numbers(
    cast: Cast, sign_in: SignIn, draft: CurriculumVersion
) -> None:
    response = sign_in(cast.ilse).get(address(draft))
    page = response.content.decode()

    assert len(keys(response)) == 14
    assert [(tab["key"], tab["count"]) for tab in response.context["tabs"]] == [
        ("open", 14), ("accepted", 0), ("all", 14),
    ]  # fmt: skip
    for expected in (
        f'<a class="small" href="{HOME}{draft.pk}/#n-2.1">2.1 ML Fundamentals &amp; Algorithms</a>',
        "Module “Python Programming” lists 800 hours of topics and projects; it says 700.",
        "Expected 800 · Found 950",
        "Take 150 hours off the parts, or raise the whole to 950 hours.",
        "8 errors, 6 warnings",
    ):
        assert expected in page


def test_a_finding_is_accepted_with_a_note(cast: Cast, sign_in: SignIn, draft: CurriculumVersion) -> None:
    client = sign_in(cast.ilse)

    response: Any = client.post(address(draft, "accept/"), {"key": HOURS, "note": "Known.", "show": "all"}, follow=True)

    assert response.redirect_chain == [(f"{address(draft)}?show=all", 302)]
    assert "The finding is accepted. It no longer counts as open." in response.content.decode()
    assert facts(cast) == [("accepted", HOURS, "Known.")]
    assert HOURS not in keys(client.get(address(draft)))


def test_accepted_findings_are_shown_with_who_and_why(cast: Cast, sign_in: SignIn, draft: CurriculumVersion) -> None:
    accepted(cast, draft)

    response = sign_in(cast.ada).get(address(draft), {"show": "accepted"})
    page = response.content.decode()

    assert keys(response) == [HOURS]
    assert "Labs are done &lt;at home&gt;." in page
    assert f"Accepted by {cast.ilse.name} on {NOW:%-d %B %Y}" in page


def test_acceptance_is_taken_back(cast: Cast, sign_in: SignIn, draft: CurriculumVersion) -> None:
    accepted(cast, draft)

    response: Any = sign_in(cast.ilse).post(
        address(draft, "take-back/"), {"key": HOURS, "show": "accepted"}, follow=True
    )

    assert response.redirect_chain == [(f"{address(draft)}?show=accepted", 302)]
    assert "The finding is open again." in response.content.decode()
    assert [kind for kind, _key, _note in facts(cast)] == ["accepted", "taken_back"]


def test_a_missing_note_is_asked_for_at_the_finding(cast: Cast, sign_in: SignIn, draft: CurriculumVersion) -> None:
    response = sign_in(cast.ilse).post(address(draft, "accept/"), {"key": HOURS, "note": " "})
    page = response.content.decode()

    assert response.status_code == 422
    assert [row["finding"].key for row in response.context["rows"] if row["form"].errors] == [HOURS]
    assert page.count('aria-invalid="true"') == 1
    assert 'href="#f1_note"' in page
    assert 'id="f1_note"' in page
    assert facts(cast) == []


@pytest.mark.parametrize(
    ("part", "sent", "sentence"),
    [
        ("accept/", {"key": "module_hours|1.1|1|2", "note": "Kept"}, "its numbers changed meanwhile"),
        ("accept/", {"note": "Kept"}, "Choose a finding from the audit."),
        ("take-back/", {"key": HOURS}, "This finding is open already."),
        ("take-back/", {}, "Choose a finding from the audit."),
    ],
)
def test_what_cannot_be_decided_is_said_on_the_page(
    cast: Cast, sign_in: SignIn, draft: CurriculumVersion, part: str, sent: dict[str, str], sentence: str
) -> None:
    response = sign_in(cast.ilse).post(address(draft, part), sent)

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert "<title>Error: " in response.content.decode()
    assert facts(cast) == []


def test_a_published_version_is_read_only(cast: Cast, sign_in: SignIn, draft: CurriculumVersion) -> None:
    accepted(cast, draft)
    with scope(cast.organization.pk):
        publish(version=draft, by=cast.ilse, at=NOW, reason="As it is taught.")
    client = sign_in(cast.ilse)

    page = client.get(address(draft), {"show": "all"}).content.decode()
    assert "Labs are done &lt;at home&gt;." in page
    assert "This version is published: what was accepted in it stays as it was." in page
    assert "audit/accept" not in page
    assert "audit/take-back" not in page

    for part in ("accept/", "take-back/", "accept-again/"):
        assert client.post(address(draft, part), {"key": HOURS, "note": "Why"}).status_code == 422


def test_what_an_earlier_version_accepted_is_accepted_again(
    cast: Cast, sign_in: SignIn, draft: CurriculumVersion
) -> None:
    accepted(cast, draft, HOURS, "module_hours|2.1|800|950")
    following = a_version(cast, real_plan(), curriculum=draft.curriculum)
    client = sign_in(cast.ada)

    page = client.get(address(following)).content.decode()
    assert "2 open findings were accepted in an earlier version." in page
    assert "Accepted in v1: accept again" in page
    assert "Labs are done &lt;at home&gt;.</textarea>" in page

    response: Any = client.post(address(following, "accept-again/"), follow=True)
    assert "2 findings are accepted again." in response.content.decode()
    assert response.context["again"] == 0
    assert len(keys(client.get(address(following), {"show": "accepted"}))) == 2


def test_a_plan_that_adds_up_says_so(cast: Cast, sign_in: SignIn) -> None:
    version = a_version(cast)
    accepted(cast, version, "capstones_without_hours||0|1")
    client = sign_in(cast.ilse)

    assert "Nothing is open" in client.get(address(version)).content.decode()
    assert "Nothing is accepted" in client.get(address(a_version(cast)), {"show": "accepted"}).content.decode()


def test_the_version_page_counts_what_is_open_and_leads_to_the_audit(
    cast: Cast, sign_in: SignIn, draft: CurriculumVersion
) -> None:
    accepted(cast, draft)
    page = sign_in(cast.ilse).get(f"{HOME}{draft.pk}/").content.decode()

    assert "Open: 7 errors, 6 warnings. Accepted: 1 error." in page
    assert f'href="{address(draft)}"' in page
    assert "lists 800 hours of topics and projects; it says 700." not in page


def test_publishing_asks_for_no_reason_once_all_errors_are_accepted(
    cast: Cast, sign_in: SignIn, draft: CurriculumVersion
) -> None:
    client = sign_in(cast.ilse)
    accepted(cast, draft, *(key for key in _error_keys(client.get(address(draft)))))

    page = client.get(f"{HOME}{draft.pk}/").content.decode()
    assert 'name="reason"' not in page
    assert "Publish with errors" not in page

    client.post(f"{HOME}{draft.pk}/publish/")
    assert stored(cast, draft.pk).status == "published"


def _error_keys(response: Any) -> list[str]:
    return [row["finding"].key for row in response.context["rows"] if row["finding"].severity == "error"]


def test_the_page_takes_as_many_queries_whatever_was_decided(
    cast: Cast, sign_in: SignIn, draft: CurriculumVersion
) -> None:
    client, counts = sign_in(cast.ilse), []
    for key in (HOURS, "module_hours|2.1|800|950", "topic_hours|2.1.3|300|360"):
        accepted(cast, draft, key)
        client.get(address(draft))
        with CaptureQueriesContext(connection) as queries:
            client.get(address(draft), {"show": "all"})
        counts.append(len(queries))

    assert counts[0] == counts[1] == counts[2] <= 20
