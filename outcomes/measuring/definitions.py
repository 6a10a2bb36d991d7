"""What each number means, in words for the person who reads it. docs/metrics.md says the same at length."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from outcomes.models import TargetKey


@dataclass(frozen=True, slots=True)
class Definition:
    """`formula` is numerator ÷ denominator in words."""

    meaning: str | Promise
    formula: str | Promise
    note: str | Promise = ""


_RETENTION_NOTE = _(
    "Who left early settles before who completes, so the rate alone would judge a young cohort too harshly. There is "
    "no verdict as long as the learners still pending could decide it: while the two bounds, all pending leave and all "
    "pending complete, lie on either side of the target."
)

DEFINITIONS: dict[TargetKey, Definition] = {
    TargetKey.RETENTION_LEVEL_3: Definition(
        _("The share of the roster that completes levels 1 to 3 instead of leaving during one of them."),
        _("Product over levels 1 to 3 of completed ÷ (completed + left during the level)"),
        _RETENTION_NOTE,
    ),
    TargetKey.RETENTION_LEVEL_5: Definition(
        _("The share of the roster that completes levels 1 to 5 instead of leaving during one of them."),
        _("Product over levels 1 to 5 of completed ÷ (completed + left during the level)"),
        _RETENTION_NOTE,
    ),
    TargetKey.COMPLETION_YEARS: Definition(
        _("The time after the start by which half of everyone who started has graduated."),
        _("First time at which the cumulative incidence of graduation, leaving competing with it, is one half"),
        _(
            "Learners who leave never graduate, so the time is not reached when half of them or more do. The mean "
            "among graduates knows only those who finished, and looks shorter the younger the cohorts are."
        ),
    ),
    TargetKey.CAPSTONES: Definition(
        _("Graduates who had every required capstone accepted."),
        _("Graduates with every required capstone accepted ÷ graduates"),
        _(
            "Required are the capstones of the levels that the graduate's cohort runs through, and where these have "
            "specializations the work of the chosen one."
        ),
    ),
    TargetKey.CODE_REVIEW: Definition(
        _("Graduates whose reviewed projects all reached a passing verdict, at whichever attempt."),
        _("Graduates whose reviewed projects all passed ÷ graduates"),
        _("Every review with a verdict counts as a code review. A graduate without any review counts as not reached."),
    ),
    TargetKey.BENCHMARK: Definition(
        _("Graduates who met every benchmark set for their projects."),
        _("Graduates who met every benchmark ÷ graduates with a benchmarked project"),
        _(
            "Benchmarks are those that the curriculum sets for the graduate's required projects; credited projects "
            "have none. One is met when a result that reaches it was verified. A graduate without any judged result "
            "counts as not reached."
        ),
    ),
    TargetKey.PRODUCTION_PROJECT: Definition(
        _("Graduates with an accepted project that has a repository on GitHub and a running deployment."),
        _("Graduates with such a project ÷ graduates"),
        _(
            "A link is verified when it answered the last time it was looked at. Both links belong to one submission "
            "that passed its review."
        ),
    ),
    TargetKey.PLACEMENT: Definition(
        _("Graduates who work in a relevant role in field on the 180th day after graduating."),
        _("Graduates in a relevant role with status 1A to 1E on day 180 ÷ graduates 180 days out who seek a job"),
        _(
            "Only graduates who declared at intake, by the census date, that they do not seek a job are left out. Who "
            "stopped seeking or could not be reached counts as not placed, and so does who was never asked. The curve "
            "shows the first placement and uses graduates who are not 180 days out yet; the rate does not."
        ),
    ),
    TargetKey.TOP_EMPLOYERS: Definition(
        _("Placed graduates whose employer is on the organization's list."),
        _("Placed graduates at a listed employer ÷ placed graduates"),
        _(
            "The list is the organization's own, dated, and the one of the as-of date counts for everyone. Without any "
            "list there is no number. Employers are compared by name, whatever the size of letters, accents "
            "and punctuation."
        ),
    ),
    TargetKey.PORTFOLIO_QUALITY: Definition(
        _("Capstones judged ready to be published."),
        _("Capstones judged portfolio-ready ÷ capstones with a portfolio review"),
        _(
            "Counted are capstones, each by the last word on it. A learner without any is pending while in the program "
            "and left out after it."
        ),
    ),
    TargetKey.SATISFACTION: Definition(
        _("How satisfied learners are with the program, on a scale from 1 to 5."),
        _("Mean of the scores in the latest wave, within a year, in which each cohort was heard"),
        _(
            "Answers are anonymous, so that nobody can tell which two are of one person: a wave asks everybody once, "
            "and the latest wave stands for what people think now. What is kept are groups of five people or more; a "
            "group that also holds other cohorts is left out of a narrower number. Reached are scores of 4 and 5. "
            "Those who left stand beside it."
        ),
    ),
    TargetKey.REPUTATION: Definition(
        _("The organization's rank among local programs, as published by others."),
        _("Latest recorded rank, with its source and date"),
        _(
            "Recorded by hand, for the organization as a whole: rankings know no cohorts. A rank has no interval, so "
            "it is judged as it is. Where the latest ranking does not list the program, there is no number."
        ),
    ),
    TargetKey.ALUMNI_MENTORING: Definition(
        _("Graduates who came back to mentor learners of a later cohort."),
        _("Graduates who held a 1-on-1 in a cohort that started after they graduated ÷ graduates of 12 months or more"),
        _("Being assigned as a mentor does not count by itself: assignments are not dated, 1-on-1s are."),
    ),
}

#: The method of each interval in words.
METHODS: dict[str, str | Promise] = {
    "Wilson 95 %": _("Share of the counted learners, Wilson's 95% interval"),
    "Student t 95 %": _("Mean, Student's t 95% interval"),
    "Greenwood, log-log 95 %": _("Product over the levels, 95% limits by Greenwood's variance on the log-log scale"),
    "Brookmeyer-Crowley, log-log 95 %": _(
        "Median of the Aalen-Johansen incidence, 95% limits by Brookmeyer and Crowley on the log-log scale"
    ),
}
