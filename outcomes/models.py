from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models import Cohort, Enrollment
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantModel

if TYPE_CHECKING:
    from outcomes.collecting.placement_records import PlacementVerdict

DEFINITION_VERSION = 1


class TargetKey(models.TextChoices):
    """The thirteen stated targets."""

    RETENTION_LEVEL_3 = "retention_level_3", _("Retention through level 3")
    RETENTION_LEVEL_5 = "retention_level_5", _("Retention through level 5")
    COMPLETION_YEARS = "completion_years", _("Time to complete")
    CAPSTONES = "capstones", _("Capstones completed")
    CODE_REVIEW = "code_review", _("Code reviews passed")
    BENCHMARK = "benchmark", _("Benchmarks reached")
    PRODUCTION_PROJECT = "production_project", _("Production project on GitHub")
    PLACEMENT = "placement", _("Placed within 6 months")
    TOP_EMPLOYERS = "top_employers", _("Hired by listed employers")
    PORTFOLIO_QUALITY = "portfolio_quality", _("Capstones of publishable quality")
    SATISFACTION = "satisfaction", _("Satisfaction")
    REPUTATION = "reputation", _("Local rank")
    ALUMNI_MENTORING = "alumni_mentoring", _("Alumni who mentor")


class Target(AppendOnlyModel):
    """What an organization, or one cohort, aims for from a date on. A change is another row.

    Given up, it follows again: a cohort the organization, the organization what is stated from the start.
    """

    class Comparison(models.TextChoices):
        AT_LEAST = ">=", _("at least")
        AT_MOST = "<=", _("at most")

    key = models.CharField(max_length=24, choices=TargetKey)
    cohort = TenantForeignKey(Cohort, models.CASCADE, null=True, related_name="targets")
    comparison = models.CharField(max_length=2, choices=Comparison)
    value = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    is_on = models.BooleanField(default=True)
    is_given_up = models.BooleanField(default=False)
    effective_on = models.DateField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_given_up=False) | models.Q(value=None), name="target_given_up_has_no_value"
            ),
            models.CheckConstraint(condition=models.Q(value=None) | models.Q(value__gt=0), name="target_above_zero"),
        ]
        indexes = [models.Index(fields=["organization", "key", "effective_on"], name="target_history")]


class RankRecord(AppendOnlyModel):
    """Where a ranking put the program on the day it came out. No rank: it does not list the program (any more).

    A correction is another record of that ranking and day: the latest one counts.
    """

    ranking = models.CharField(max_length=200)
    rank = models.PositiveSmallIntegerField(null=True, blank=True)
    effective_on = models.DateField()
    source_url = models.URLField(max_length=500, blank=True)
    note = models.TextField(max_length=1000, blank=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rank=None) | models.Q(rank__gte=1, rank__lte=1000), name="rank_from_1_to_1000"
            ),
        ]
        indexes = [models.Index(fields=["organization", "-effective_on"], name="rank_history")]


class ListedEmployer(AppendOnlyModel):
    """An employer on the organization's list, from a day on. A change is another row of the same name.

    `word` is the name as employers are compared: folded. `also_known_as` are other names of the same employer.
    """

    name = models.CharField(max_length=160)
    word = models.CharField(max_length=200)
    also_known_as = ArrayField(models.CharField(max_length=160), default=list)
    tier = models.CharField(max_length=60, blank=True)
    is_listed = models.BooleanField(default=True)
    effective_on = models.DateField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [models.CheckConstraint(condition=~models.Q(word=""), name="listed_employer_has_a_name")]
        indexes = [models.Index(fields=["organization", "word", "-effective_on"], name="listed_employer_history")]


class PlacementStatus(models.TextChoices):
    """Status after graduation, by the codes of docs/metrics.md."""

    FULL_TIME = "1A", _("Employed full-time in field")
    CONTRACT = "1B", _("Apprenticeship, internship or contract in field")
    SCHOOL_IN_FIELD = "1C", _("Hired by the school in field")
    OWN_VENTURE = "1D", _("Own venture in field")
    PART_TIME = "1E", _("Short-term, part-time or freelance in field")
    SCHOOL_OUT_OF_FIELD = "2A", _("Hired by the school out of field")
    OUT_OF_FIELD = "2B", _("Employed out of field")
    SEEKING = "3A", _("Seeking")
    NOT_SEEKING = "3B", _("Not seeking")
    NOT_REACHED = "4", _("Could not be reached")


class Placement(AppendOnlyModel):
    """What a graduate does from a date on, with the evidence for it."""

    class Evidence(models.TextChoices):
        CONTRACT = "contract", _("Contract or offer letter")
        PAYSLIP = "payslip", _("Payslip")
        EMPLOYER = "employer", _("Employer confirmed")
        PROFILE = "profile", _("Public profile")
        REGISTRATION = "registration", _("Company registration")
        STATEMENT = "statement", _("Graduate's own statement")
        CONTACT_LOG = "contact_log", _("Log of attempts to reach")

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="placements")
    status = models.CharField(_("status"), max_length=2, choices=PlacementStatus)
    effective_on = models.DateField(_("since"))
    employer = models.CharField(_("employer"), max_length=160, blank=True)
    job_title = models.CharField(_("role"), max_length=160, blank=True)
    is_relevant = models.BooleanField(_("relevant role"), default=False)
    evidence = models.CharField(_("evidence"), max_length=14, choices=Evidence, blank=True)
    evidence_on = models.DateField(_("date of the evidence"), null=True)
    verified_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    #: Whether it counts only once somebody else verified the evidence (verifying.py); fixed when it is recorded.
    needs_second = models.BooleanField(default=False, editable=False)
    note = models.TextField(_("note"), blank=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="3A") | (~models.Q(evidence="") & ~models.Q(evidence_on=None)),
                name="placement_needs_evidence",
            ),
            models.CheckConstraint(
                condition=models.Q(needs_second=False) | ~models.Q(status="3A"),
                name="placement_seeking_needs_no_second",
            ),
        ]
        indexes = [models.Index(fields=["organization", "enrollment", "effective_on"], name="placement_history")]

    @property
    def verdict(self) -> "PlacementVerdict | None":
        """What the second person said; with `with_verdicts` without a query."""
        return next(iter(self.verdicts.all()), None)

    @property
    def is_waiting(self) -> bool:
        """Whether a second person is asked for and has said nothing yet."""
        return self.needs_second and self.verdict is None


class JobIntent(AppendOnlyModel):
    """Whether a learner declared to seek a job after the program. `Enrollment.seeks_job` keeps the last word."""

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="job_intents")
    seeks_job = models.BooleanField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "enrollment", "-recorded_at"], name="job_intent_history")]


class CheckIn(AppendOnlyModel):
    """What a graduate answered so many days after graduating, in their own words: a statement, not yet a placement.

    To correct an answer is to answer again: the latest one counts.
    """

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="check_ins")
    number = models.PositiveSmallIntegerField()
    situation = models.CharField(max_length=2, choices=PlacementStatus)
    since = models.DateField(null=True)
    employer = models.CharField(max_length=160, blank=True)
    job_title = models.CharField(max_length=160, blank=True)
    note = models.TextField(max_length=1000, blank=True)
    answered_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(number__in=(30, 90, 180)), name="check_in_after_30_90_or_180"),
        ]
        indexes = [models.Index(fields=["organization", "enrollment", "-answered_at"], name="check_in_history")]


class Snapshot(TenantModel):
    """One metric of one scope as of one day. It can be recomputed from events, and then says the same.

    When it does not, because something was recorded late, what was told before stays, with `superseded_at`.
    """

    cohort = TenantForeignKey(Cohort, models.CASCADE, null=True, related_name="snapshots")
    key = models.CharField(max_length=24, choices=TargetKey)
    as_of = models.DateField()
    definition = models.PositiveSmallIntegerField(default=DEFINITION_VERSION)
    value = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    numerator = models.IntegerField(null=True)
    denominator = models.IntegerField()
    excluded = models.IntegerField()
    pending = models.IntegerField()
    unknown = models.IntegerField()
    method = models.CharField(max_length=80)
    target = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    comparison = models.CharField(max_length=2, choices=Target.Comparison, blank=True)
    verdict = models.CharField(max_length=16)
    detail = models.JSONField(default=dict)
    computed_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "cohort", "key", "as_of", "definition"],
                condition=models.Q(superseded_at=None),
                name="snapshot_once",
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(fields=["organization", "as_of"], name="snapshot_by_day")]


class SnapshotDay(TenantModel):
    """A day of which all numbers are kept, by one version of the definitions, and when they were last worked out."""

    as_of = models.DateField()
    definition = models.PositiveSmallIntegerField(default=DEFINITION_VERSION)
    computed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "as_of", "definition"], name="snapshot_day_once")
        ]


class SnapshotRun(TenantModel):
    """Somebody asked for the snapshots of these days. Each is taken whole or not at all; `done` of them are."""

    days = ArrayField(models.DateField())
    done = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    asked_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], condition=models.Q(finished_at=None), name="one_snapshot_run_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["organization", "-asked_at"], name="snapshot_run_latest")]

    @property
    def share(self) -> float:
        """How much of it is done."""
        return self.done / len(self.days)


class KeptFacts(TenantModel):
    """What the numbers of a cohort as of a day are made of, packed by `outcomes.keeping.kept_facts`, and derived."""

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="+", db_index=False)
    as_of = models.DateField()
    shape = models.BigIntegerField()
    learners = models.BinaryField()
    careers = models.BinaryField()
    listed = models.JSONField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "cohort"], name="kept_facts_once")]


class FactChange(TenantModel):
    """Noted by triggers (`outcomes.keeping.fact_triggers`): something that numbers are made of changed.

    Rows are only ever added and removed, so that whoever records a fact waits for nobody.
    """

    enrollment_id = models.UUIDField(null=True)
    cohort_id = models.UUIDField(null=True)

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization"], name="fact_change_by_organization")]


class PublicPageSwitch(AppendOnlyModel):
    """That the page for everybody was switched on or off. The latest one counts; without any the page is off."""

    is_on = models.BooleanField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "-recorded_at"], name="public_page_switch_history")]
