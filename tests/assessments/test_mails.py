from assessments.models import Review
from notifications.kinds import KINDS
from notifications.models import Message
from notifications.writing import compose
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge
from tests.conftest import NOW


def test_decision_mail_says_what_was_decided_and_leads_to_the_feedback(school: School) -> None:
    judge(hand_in(school), school, "changes_requested", summary="Keep <forty> prompts apart.")
    mail = compose(Message.objects.exclude(kind="review_asked").get(), school.cast.organization, NOW).mail
    assert mail.subject == "Changes requested: File organizer"
    assert mail.to == ["amira@lantaarn.example"]
    assert mail.body.splitlines()[:3] == [
        "Joris Hoekema reviewed attempt 1 of File organizer: changes requested. Read the feedback and submit a new"
        " attempt when you are ready.",
        "",
        "Keep <forty> prompts apart.",
    ]
    assert f"/o/lantaarn/projects/{school.capstone.pk}/" in mail.body


def test_mail_about_a_pass_asks_for_nothing(school: School) -> None:
    judge(hand_in(school), school, summary="")
    mail = compose(Message.objects.exclude(kind="review_asked").get(), school.cast.organization, NOW).mail
    assert mail.subject == "Passed: File organizer"
    assert mail.body.splitlines()[0] == "Joris Hoekema reviewed attempt 1 of File organizer: you passed."


def test_mail_holds_as_long_as_the_review_is_there(school: School) -> None:
    judge(hand_in(school), school)
    message, kind = Message.objects.exclude(kind="review_asked").get(), KINDS["review_decided"]
    assert kind.reason_untrue(message, SUBMITTED) == ""
    Review.objects.get().delete()
    assert kind.reason_untrue(message, SUBMITTED) == "The review is no longer there."
