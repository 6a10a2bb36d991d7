"""Credit that learners of the demonstration ask for: two requests wait, and one was declined."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from accounts.models import Membership
from cohorts.credit_requests import ask_for_credit, decline_request
from cohorts.models import Enrollment
from curriculum.models import Project
from home.demonstration.story import RETURNED

ASKED = (
    "I built the reports of our sales team in Python for two years: cleaning, joining and plotting, with tests.\n"
    "https://example.org/sales-reports",
    "My thesis used the same methods on hospital data. The code and the grade are behind the link.\n"
    "https://example.org/thesis",
)
TOO_LITTLE = "We made a search over contracts with a team of five at my last job. I wrote the evaluation."
DECLINED = (
    "It was made by five people, and we cannot see which part is yours. Ask again with the commits that are yours."
)


def ask_credit(*, by: Membership, now: datetime) -> None:
    """Who is about to start asks for the first project; the named learner did for a later one."""
    ahead = Enrollment.objects.filter(status=Enrollment.Status.ENROLLED).select_related("learner", "cohort")
    for place, (one, evidence) in enumerate(zip(ahead.order_by("learner__name", "pk"), ASKED, strict=False)):
        ask_for_credit(
            enrollment=one, project=_projects(one).earliest("level__number", "position"), evidence=evidence,
            at=now - timedelta(days=3 - place, hours=5),
        )  # fmt: skip
    returned = Enrollment.objects.filter(learner__name=RETURNED, status=Enrollment.Status.ACTIVE).first()
    if returned is not None:
        request = ask_for_credit(
            enrollment=returned, project=_projects(returned).latest("level__number", "position"),
            evidence=TOO_LITTLE, at=now - timedelta(days=9),
        )  # fmt: skip
        decline_request(request=request, by=by, at=now - timedelta(days=7), reason=DECLINED)


def _projects(enrollment: Enrollment) -> QuerySet[Project]:
    """Those that everybody makes."""
    return Project.objects.filter(version=enrollment.version_id, track=None).select_related("level")
