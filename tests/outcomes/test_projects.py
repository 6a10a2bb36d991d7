from typing import Any

import pytest

from cohorts.models import Enrollment, ProgressEvent, TrackChoice
from curriculum.models import Project
from outcomes.measuring.cases import Counts, Reason, Standing
from outcomes.measuring.metrics import AsOf
from outcomes.models import TargetKey
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, a_version, day, enrolled, finished, graduate, noon, reviewed

CAPSTONES, REVIEWS, PRODUCTION = TargetKey.CAPSTONES, TargetKey.CODE_REVIEW, TargetKey.PRODUCTION_PROJECT
REPOSITORY, DEPLOYMENT = "https://github.com/amira/gilde", "https://gilde.example"


def only(key: str, on: int = 700) -> tuple[Standing, Reason, int | None]:
    [case] = AsOf(day(on)).measure(key).cases
    return case.standing, case.reason, case.number


class TestCapstones:
    def test_all_accepted(self, lantaarn: Cast) -> None:
        learner = graduate(a_cohort())
        for number in (1, 2, 3):
            finished(learner, number, 100 * number)
        finished(learner, 4, 400, "credited")
        reviewed(learner, 5, 500, "pass")

        assert only(CAPSTONES) == (Standing.MET, Reason.ALL_CAPSTONES, 5)

    def test_missing_ones_are_counted(self, lantaarn: Cast) -> None:
        learner = graduate(a_cohort())
        finished(learner, 1, 100)
        finished(learner, 2, 100)
        finished(learner, 2, 200, "reopened")
        reviewed(learner, 3, 300, "changes_requested")

        assert only(CAPSTONES) == (Standing.MISSED, Reason.MISSING_CAPSTONES, 4)

    def test_reopened_after_a_pass_is_not_accepted(self, lantaarn: Cast) -> None:
        learner = graduate(a_cohort(last_level=1))
        reviewed(learner, 1, 100, "pass")
        finished(learner, 1, 100)
        before = only(CAPSTONES)
        finished(learner, 1, 650, "reopened")

        assert (before[0], only(CAPSTONES)[0], only(CAPSTONES, 640)[0]) == (
            Standing.MET, Standing.MISSED, Standing.MET,
        )  # fmt: skip

    def test_only_the_levels_of_the_cohort_are_asked_for(self, lantaarn: Cast) -> None:
        learner = graduate(a_cohort(first_level=2, last_level=3))
        finished(learner, 2, 100)
        finished(learner, 3, 100)

        assert only(CAPSTONES) == (Standing.MET, Reason.ALL_CAPSTONES, 2)

    def test_graduate_without_a_record_counts_as_not_reached(self, lantaarn: Cast) -> None:
        graduate(a_cohort())
        measure = AsOf(day(700)).measure(CAPSTONES)

        assert (measure.value, measure.counts) == (0.0, Counts(0, 1, 0, 0, 1))

    def test_curriculum_without_capstones_is_no_success(self, lantaarn: Cast) -> None:
        graduate(a_cohort(a_version(capstones=False)))

        assert only(CAPSTONES) == (Standing.EXCLUDED, Reason.NO_CAPSTONES_ASKED, None)

    def test_capstones_of_a_transfer_count_from_both_cohorts(self, lantaarn: Cast) -> None:
        first = enrolled(a_cohort(last_level=2), ("transferred", 200))
        finished(first, 1, 100)
        other = a_cohort(first.cohort.version, last_level=2)
        second = enrolled(other, ("graduated", 600), learner=first.learner, continues=first)
        finished(second, 2, 300)

        assert only(CAPSTONES) == (Standing.MET, Reason.ALL_CAPSTONES, 2)


class TestSpecialization:
    """A level with tracks asks for the work of the one that was chosen, as its gate does."""

    @staticmethod
    def accept(learner: Enrollment, project: Project, on: int, kind: str = "completed") -> None:
        ProgressEvent.objects.create(
            enrollment=learner, project=project, kind=kind, hours=10, effective_on=day(on), evidence="Seen"
        )

    def with_capstones(self) -> tuple[Enrollment, Project, Project]:
        """A graduate with all capstones, and the work of the two tracks on offer."""
        learner = graduate(a_cohort(a_version(tracks=("Research", "Operations"))))
        for number in range(1, 6):
            finished(learner, number, 100 * number)
        research, operations = Project.objects.filter(version=learner.version_id, kind="track").order_by("position")
        return learner, research, operations

    def test_none_chosen_is_one_missing(self, lantaarn: Cast) -> None:
        self.with_capstones()

        assert only(CAPSTONES) == (Standing.MISSED, Reason.MISSING_CAPSTONES, 1)

    def test_only_the_work_of_the_chosen_one_counts(self, lantaarn: Cast) -> None:
        learner, research, operations = self.with_capstones()
        TrackChoice.objects.create(enrollment=learner, track=research.track, effective_on=day(300))
        self.accept(learner, operations, 400)
        before = only(CAPSTONES)
        self.accept(learner, research, 650, "credited")

        assert before == (Standing.MISSED, Reason.MISSING_CAPSTONES, 1)
        assert only(CAPSTONES, 640) == before
        assert only(CAPSTONES) == (Standing.MET, Reason.ALL_CAPSTONES, 6)

    def test_the_choice_of_that_day_decides(self, lantaarn: Cast) -> None:
        learner, research, operations = self.with_capstones()
        TrackChoice.objects.create(enrollment=learner, track=research.track, effective_on=day(300))
        self.accept(learner, research, 400)
        TrackChoice.objects.create(enrollment=learner, track=operations.track, effective_on=day(690))

        assert [only(CAPSTONES, on)[0] for on in (680, 700)] == [Standing.MET, Standing.MISSED]

    def test_a_cohort_that_ends_before_the_tracks_asks_for_none(self, lantaarn: Cast) -> None:
        learner = graduate(a_cohort(a_version(tracks=("Research",)), last_level=1))
        finished(learner, 1, 100)

        assert only(CAPSTONES) == (Standing.MET, Reason.ALL_CAPSTONES, 1)


class TestCodeReview:
    def test_passing_at_a_later_attempt_is_passing(self, lantaarn: Cast) -> None:
        learner = graduate(a_cohort())
        reviewed(learner, 1, 100, "changes_requested")
        reviewed(learner, 1, 120, "pass", attempt=2)
        reviewed(learner, 2, 200, "pass")

        assert only(REVIEWS) == (Standing.MET, Reason.REVIEWS_PASSED, 2)
        assert only(REVIEWS, 700) == (Standing.MET, Reason.REVIEWS_PASSED, 2)
        assert AsOf(day(700)).measure(REVIEWS).detail["first_attempt"][:3] == [1, 2, 0.5]

    def test_one_that_never_passed(self, lantaarn: Cast) -> None:
        learner = graduate(a_cohort())
        reviewed(learner, 1, 100, "pass")
        reviewed(learner, 2, 200, "fail")

        assert only(REVIEWS) == (Standing.MISSED, Reason.REVIEWS_NOT_PASSED, 1)

    def test_withdrawn_attempt_and_later_review_do_not_count(self, lantaarn: Cast) -> None:
        learner = graduate(a_cohort())
        submission = reviewed(learner, 1, 100, "fail")
        submission.withdrawn_at = noon(110)
        submission.save()
        reviewed(learner, 2, 650, "pass")

        assert only(REVIEWS, 640) == (Standing.UNKNOWN, Reason.NO_REVIEW, None)
        assert only(REVIEWS, 650) == (Standing.MET, Reason.REVIEWS_PASSED, 1)

    def test_learners_under_way_count_in_the_first_attempts(self, lantaarn: Cast) -> None:
        reviewed(enrolled(a_cohort()), 1, 100, "pass")
        measure = AsOf(day(700)).measure(REVIEWS)

        assert (measure.counts, measure.detail["first_attempt"][:2]) == (Counts(0, 0, 1, 0, 0), [1, 1])


class TestProduction:
    @pytest.mark.parametrize(
        ("verdict", "links", "expected"),
        [
            ("pass", {"repository": REPOSITORY, "deployment": DEPLOYMENT}, Standing.MET),
            ("pass", {"repository": REPOSITORY, "deployment": DEPLOYMENT, "answers": None}, Standing.UNKNOWN),
            ("pass", {"repository": REPOSITORY, "deployment": DEPLOYMENT, "answers": "unreachable"}, Standing.MISSED),
            ("pass", {"repository": REPOSITORY}, Standing.MISSED),
            ("pass", {"deployment": DEPLOYMENT}, Standing.MISSED),
            ("pass", {"repository": "https://gitlab.com/amira/gilde", "deployment": DEPLOYMENT}, Standing.MISSED),
            ("pass", {"repository": "https://github.com/amira", "deployment": DEPLOYMENT}, Standing.MISSED),
            ("pass", {"repository": "https://github.com.evil.example/a/b", "deployment": DEPLOYMENT}, Standing.MISSED),
            ("fail", {"repository": REPOSITORY, "deployment": DEPLOYMENT}, Standing.MISSED),
        ],
    )
    def test_needs_an_accepted_project_with_both_links(
        self, lantaarn: Cast, verdict: str, links: dict[str, Any], expected: Standing
    ) -> None:
        reviewed(graduate(a_cohort()), 1, 100, verdict, **links)

        assert only(PRODUCTION)[0] is expected

    def test_last_look_decides_as_of_the_day(self, lantaarn: Cast) -> None:
        submission = reviewed(graduate(a_cohort()), 1, 100, "pass", repository=REPOSITORY, deployment=DEPLOYMENT)
        for link in submission.links.filter(kind="deployment"):
            link.checks.create(outcome="unreachable", checked_at=noon(800))

        assert [only(PRODUCTION, on)[0] for on in (799, 800)] == [Standing.MET, Standing.MISSED]

    def test_what_the_host_tells_of_the_repository_counts_and_what_nobody_knows_does_not(self, lantaarn: Cast) -> None:
        submission = reviewed(graduate(a_cohort()), 1, 100, "pass", repository=REPOSITORY, deployment=DEPLOYMENT)
        repository = submission.links.get(kind="repository")
        repository.checks.create(outcome="unreachable", checked_at=noon(800))
        repository.looks.create(outcome="found", looked_at=noon(810))
        repository.looks.create(outcome="unknown", detail="limited", looked_at=noon(820))
        repository.looks.create(outcome="missing", looked_at=noon(830))
        submission.links.get(kind="deployment").checks.create(outcome="unknown", checked_at=noon(820))

        assert [only(PRODUCTION, on)[0] for on in (800, 810, 820, 830)] == [
            Standing.MISSED, Standing.MET, Standing.MET, Standing.MISSED,
        ]  # fmt: skip

    def test_one_good_project_is_enough(self, lantaarn: Cast) -> None:
        learner = graduate(a_cohort())
        reviewed(learner, 1, 100, "pass")
        reviewed(learner, 2, 200, "pass", repository=REPOSITORY, deployment=DEPLOYMENT)

        assert only(PRODUCTION)[0] is Standing.MET
