from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from curriculum.models import CurriculumVersion
from curriculum.plan.markdown import read_plan
from tests.conftest import Cast
from tests.curriculum.plans import SMALL, real_plan, with_line
from tests.curriculum.test_views import HOME, IMPORT, SignIn, a_version, count_versions, token_in

MORE_WATER = with_line("| **Water** | 20 |", "| **Water <&>** | 25 |")


def two_versions(cast: Cast) -> tuple[CurriculumVersion, CurriculumVersion]:
    first = a_version(cast, published=True)
    return first, a_version(cast, read_plan(MORE_WATER), curriculum=first.curriculum)


def compare(version: CurriculumVersion) -> str:
    return f"{HOME}{version.pk}/compare/"


def test_mentor_reads_what_changed_in_a_version(cast: Cast, sign_in: SignIn) -> None:
    first, second = two_versions(cast)

    response = sign_in(cast.joris).get(compare(second))
    page = response.content.decode()

    assert (response.context["old"], response.context["new"]) == (first, second)
    assert response.context["counts"] == {"added": 0, "removed": 0, "changed": 1}
    assert "What changed from v1 to v2" in page
    assert escape("It was called “Water”.") in page
    assert "<del>20 h</del> <ins>25 h</ins>" in page
    assert escape("Water <&>") in page
    assert "<&>" not in page


def test_the_older_version_comes_first_from_either_side(cast: Cast, sign_in: SignIn) -> None:
    first, second = two_versions(cast)
    client = sign_in(cast.ilse)

    for response in (
        client.get(compare(first)),
        client.get(compare(first), {"with": second.pk}),
        client.get(compare(second), {"with": first.pk}),
    ):
        assert (response.context["old"], response.context["new"]) == (first, second)


def test_version_is_chosen_from_those_of_the_same_curriculum(cast: Cast, sign_in: SignIn) -> None:
    first, second = two_versions(cast)
    third = a_version(cast, curriculum=first.curriculum)
    other = a_version(cast)
    client = sign_in(cast.ilse)

    page: Any = client.get(compare(third))
    assert list(page.context["form"].others) == [str(second.pk), str(first.pk)]
    assert page.context["old"] == second
    same = client.get(compare(third), {"with": first.pk})
    assert "No differences: both say the same." in same.content.decode()

    for wrong in (str(other.pk), str(third.pk), "nonsense", ""):
        refused = client.get(compare(third), {"with": wrong})
        assert (refused.status_code, "difference" in refused.context) == (422, False)


def test_curriculum_with_one_version_has_nothing_to_compare(cast: Cast, sign_in: SignIn) -> None:
    response = sign_in(cast.ilse).get(compare(a_version(cast)))

    assert response.status_code == 200
    assert "There is one version" in response.content.decode()


def test_version_page_leads_to_what_changed(cast: Cast, sign_in: SignIn) -> None:
    first, second = two_versions(cast)
    link = f'href="{compare(second)}?with={first.pk}"'

    assert link in sign_in(cast.joris).get(f"{HOME}{second.pk}/").content.decode()
    assert "What changed since v1" in sign_in(cast.ilse).get(f"{HOME}{second.pk}/").content.decode()
    assert "compare/" not in sign_in(cast.ilse).get(f"{HOME}{first.pk}/").content.decode()
    assert "compare/" not in sign_in(cast.amira).get(f"{HOME}{second.pk}/").content.decode()


def test_comparing_takes_as_many_queries_for_three_versions_as_for_two(cast: Cast, sign_in: SignIn) -> None:
    first, second = two_versions(cast)
    client, counts = sign_in(cast.ilse), []
    for plan in (read_plan(SMALL), real_plan()):
        a_version(cast, plan, curriculum=first.curriculum)
        client.get(compare(second))
        with CaptureQueriesContext(connection) as queries:
            client.get(compare(second))
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 30


# -- before an import --------------------------------------------------------------------------------------------------


def test_preview_shows_what_changes_in_the_likely_curriculum(cast: Cast, sign_in: SignIn) -> None:
    a_version(cast, published=True)

    response = sign_in(cast.ilse).post(IMPORT, {"text": MORE_WATER})
    page = response.content.decode()

    assert "What changes in Baking, v1" in page
    assert "<del>20 h</del> <ins>25 h</ins>" in page
    assert count_versions(cast) == 1


def test_preview_of_the_same_plan_says_that_nothing_changes(cast: Cast, sign_in: SignIn) -> None:
    a_version(cast)

    page = sign_in(cast.ilse).post(IMPORT, {"text": SMALL}).content.decode()

    assert "No differences: both say the same." in page


def test_preview_of_a_new_plan_compares_it_with_nothing(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.ilse).post(IMPORT, {"text": SMALL}).content.decode()

    assert "What changes in" not in page
    assert "Show what changes" not in page


def test_what_changes_in_another_curriculum_is_shown_before_it_is_imported(cast: Cast, sign_in: SignIn) -> None:
    a_version(cast, title="Baking")
    plan = real_plan()
    shorter = replace(plan, levels=tuple(replace(level, hours=Decimal(1000)) for level in plan.levels))
    other = a_version(cast, shorter)
    client = sign_in(cast.ilse)
    token = token_in(client.post(IMPORT, {"text": SMALL}))

    looked = client.post(IMPORT, {"token": token, "destination": other.curriculum_id, "title": "Mine", "look": "1"})

    assert looked.status_code == 200
    assert (looked.context["newest"], looked.context["difference"].hours) == (other, (5000, 100))
    assert looked.context["form"].initial == {"destination": str(other.curriculum_id), "title": "Mine"}
    assert count_versions(cast) == 2
    client.post(IMPORT, {"token": token_in(looked), "destination": other.curriculum_id})
    assert count_versions(cast) == 3
