from tests.cohorts.moves import AT, back, copy_of, go, pairs_by, planned
from tests.cohorts.studying import TODAY, active, finish, running_cohort, topics_of, projects_of
from cohorts.path import path_of
from cohorts.progress import complete_project
from cohorts.roster import roster_of
from tests.conftest import Cast


def test_smoke(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira = active(cohort, lantaarn.amira)
    old = cohort.version
    topics = topics_of(cohort)
    finish(amira, topics[:2])
    complete_project(enrollment=amira, project=projects_of(cohort)[0], by=None, on=TODAY)
    before = path_of(amira, on=TODAY)
    new, became = copy_of(old)
    ms = list(cohort.milestones.values_list("pk", "due_on", "title"))
    go(cohort, new, pairs_by(became, old))
    amira.refresh_from_db()
    after = path_of(amira, on=TODAY)
    print(before.earned, after.earned, before.standing.gained, after.standing.gained)
    print(list(cohort.milestones.order_by("position").values_list("title", "due_on", "level__version__number")))
    roster_of(cohort, on=TODAY)
    back(cohort)
    amira.refresh_from_db()
    assert path_of(amira, on=TODAY).earned == before.earned
    assert ms == list(cohort.milestones.values_list("pk", "due_on", "title"))
