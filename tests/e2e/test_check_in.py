"""A check-in on a phone, from the link in a mail, without signing in; and what staff do with it."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import Membership
from cohorts.models import Enrollment
from notifications.kinds import KINDS
from notifications.models import Message
from organizations.scope import scope
from outcomes.collecting.check_in_mails import KIND, queue_check_ins
from outcomes.collecting.placement_records import Salary
from outcomes.models import Placement
from tests.conftest import Cast
from tests.e2e.test_survey import PHONE
from tests.outcomes.given import START, a_cohort, graduate

NewContext = Callable[..., BrowserContext]


def test_graduate_answers_from_the_mail_and_staff_record_it(
    new_context: NewContext, page_of: Callable[[Membership], Page], cast: Cast
) -> None:
    now = timezone.now()
    day = now.date() - timedelta(days=91)
    with scope(cast.organization.pk):
        amira = graduate(a_cohort(name="Rotterdam 2024"), (day - START).days, learner=cast.amira)
        Enrollment.objects.filter(pk=amira.pk).update(status="graduated", status_since=day)
        queue_check_ins(now)
        link = KINDS[KIND].context(Message.objects.get(kind=KIND))["action_url"]
    phone = new_context(**PHONE).new_page()
    phone.goto(link)
    expect(phone.get_by_role("heading", level=1)).to_have_text("How are you doing, Amira Haddad?")
    phone.get_by_text("I work full-time in this field").tap()
    phone.get_by_label("Since when").fill(day.isoformat())
    phone.get_by_label("Role").fill("ML engineer")
    phone.get_by_label("Gross salary a year").fill("0")
    phone.get_by_role("button", name="Send").tap()
    expect(phone.locator(".error-summary")).to_contain_text("Enter the gross base salary of a whole year")

    phone.get_by_label("Gross salary a year").fill("48.500")
    phone.get_by_label("Employer").fill("Bol")
    phone.get_by_role("button", name="Send").tap()
    expect(phone.locator(".notice.ok")).to_contain_text("Thank you")
    expect(phone.get_by_label("Gross salary a year")).to_have_value("")

    staff = page_of(cast.ilse)
    staff.goto("/o/lantaarn/success/check-ins/")
    expect(staff.get_by_role("row", name="Amira Haddad")).not_to_contain_text("48")
    staff.get_by_role("link", name="Record placement Amira Haddad").click()
    staff.get_by_label("The role is relevant to the program").check()
    staff.get_by_role("button", name="Record placement").click()
    expect(staff.get_by_text("Recorded for Amira Haddad.")).to_be_visible()
    with scope(cast.organization.pk):
        assert Placement.objects.get().employer == "Bol"
        assert Salary.objects.get().amount == 48_500
