"""Staff let a learner through a gate, the learner opens the certificate, a stranger checks it, and it is taken back."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cohorts.progress import complete_topic
from curriculum.models import Topic
from organizations.scope import scope
from tests.assessments.conftest import School, _found, hand_in, judge
from tests.conftest import Cast


@pytest.fixture
def school(cast: Cast) -> School:
    """Amira meets every criterion of the first level."""
    with scope(cast.organization.pk):
        made = _found(cast)
        for topic in Topic.objects.filter(pk__in=[each.pk for each in made.topics]):
            complete_topic(enrollment=made.amira, topic=topic, by=cast.amira, on=made.cohort.starts_on)
        judge(hand_in(made), made)
    return made


def test_a_certificate_from_the_gate_to_its_end(
    page_of: Callable[..., Page], new_context: Callable[..., BrowserContext], school: School
) -> None:
    ilse, amira = page_of(school.cast.ilse), page_of(school.cast.amira, viewport={"width": 390, "height": 844})
    stranger = new_context().new_page()
    gates = f"/o/lantaarn/learners/{school.amira.pk}/gates/"
    ilse.goto(gates)
    ilse.get_by_text("Decide on this level").click()
    ilse.get_by_role("button", name="Pass level 1").click()
    expect(ilse.get_by_text("Amira Haddad passed level 1.")).to_be_visible()

    amira.goto("/o/lantaarn/path/")
    amira.locator("#certificates").get_by_role("link", name="Foundations").click()
    expect(amira.get_by_role("article")).to_contain_text("Amira Haddad")
    with amira.expect_download() as download:
        amira.get_by_role("link", name="PDF").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    public = amira.locator("code.address").inner_text().partition("/certificates/")[2]

    stranger.goto(f"/certificates/{public}")
    expect(stranger.get_by_role("heading", name="This certificate is valid")).to_be_visible()

    ilse.goto(gates)
    ilse.get_by_text("Take the pass back").click()
    expect(ilse.get_by_text("The certificate “Foundations” is revoked")).to_be_visible()
    ilse.get_by_role("region", name="Level 1").get_by_label("Reason").fill("The project was handed in by another.")
    ilse.get_by_role("button", name="Take level 1 back").click()
    expect(ilse.get_by_text("is taken back for Amira Haddad")).to_be_visible()

    stranger.reload()
    expect(stranger.get_by_role("heading", name="This certificate is not valid")).to_be_visible()
    amira.reload()
    expect(amira.get_by_text("The project was handed in by another.")).to_be_visible()
