"""Surveys, as rows: what is asked, who was asked, and answers that no row ties to a person (docs/surveys.md)."""

from datetime import date
from typing import Any, ClassVar, Self
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from cohorts.models import Cohort, Enrollment
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager, TenantModel

#: Answers of fewer people than this are never stored in the open, and no number is shown of fewer.
LEAST = 5


class SurveyQuerySet(models.QuerySet["Survey"]):
    def open(self) -> Self:
        return self.filter(status=Survey.Status.OPEN)


SurveyManager = TenantManager.from_queryset(SurveyQuerySet)


class Survey(TenantModel):
    """What is asked time and again, of whom, and how often.

    With `every_months` the next wave follows by itself; of surveys after 1-on-1s and at exit it says how many months
    of the calendar make one wave. `asks_leavers` also asks who left lately, apart from those who learn.
    """

    class Kind(models.TextChoices):
        SATISFACTION = "satisfaction", pgettext_lazy("survey", "Satisfaction")
        ONE_ON_ONE = "one_on_one", _("After a 1-on-1")
        EXIT = "exit", _("At exit")
        OWN = "own", _("Own questions")

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("survey", "Draft")
        OPEN = "open", pgettext_lazy("survey", "Open")
        CLOSED = "closed", pgettext_lazy("survey", "Closed")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    title = models.CharField(_("title"), max_length=120)
    introduction = models.TextField(_("introduction"), max_length=1000, blank=True)
    status = models.CharField(max_length=6, choices=Status, default=Status.DRAFT)
    answer_days = models.PositiveSmallIntegerField(
        _("days to answer"), default=14, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    every_months = models.PositiveSmallIntegerField(_("how often"), null=True, blank=True)
    first_on = models.DateField(_("first wave on"), null=True, blank=True)
    asks_leavers = models.BooleanField(_("also ask who left"), default=False)
    made_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    opened_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)

    objects: "ClassVar[SurveyManager[Survey]]" = SurveyManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="draft", opened_on=None) | ~models.Q(status="draft"),
                name="survey_draft_is_not_open",
            ),
            models.CheckConstraint(condition=models.Q(answer_days__range=(1, 60)), name="survey_answer_days_in_range"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_rolling(self) -> bool:
        """Whether people are asked one by one, as something happens, instead of all at once."""
        return self.kind in (self.Kind.ONE_ON_ONE, self.Kind.EXIT)


class SurveyVersion(TenantModel):
    """The questions of a survey as one or more waves ask them. Once a wave has it, it stays."""

    survey = TenantForeignKey(Survey, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "survey", "number"], name="survey_version_once")]


class SurveyQuestion(TenantModel):
    """One question. A built-in one has a `key` that Gilde knows and no text of its own: it is read in any language."""

    class Kind(models.TextChoices):
        SCORE = "score", _("Score from 1 to 5")
        RECOMMEND = "recommend", _("Recommend, from 0 to 10")
        CHOICE = "choice", _("One of several answers")
        TEXT = "text", _("In their own words")

    version = TenantForeignKey(SurveyVersion, models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=40)
    kind = models.CharField(_("kind"), max_length=9, choices=Kind)
    text = models.CharField(_("question"), max_length=300, blank=True)
    options = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    is_required = models.BooleanField(_("must be answered"), default=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "version", "key"], name="survey_question_key_once")
        ]


class WaveQuerySet(models.QuerySet["Wave"]):
    def open(self) -> Self:
        return self.filter(opened_at__isnull=False, closed_at=None)


WaveManager = TenantManager.from_queryset(WaveQuerySet)


class Wave(TenantModel):
    """Days on which a survey asks people, and the last day on which they answer, on the organization's clock.

    Without `WaveCohort` rows it asks all cohorts. `opened_at` and `closed_at` tell that it did begin and end;
    `ended_on` and `ended_by` that staff ended it before its last day was over.
    """

    survey = TenantForeignKey(Survey, models.CASCADE, related_name="waves")
    version = TenantForeignKey(SurveyVersion, models.CASCADE, related_name="waves")
    asks_from = models.DateField(_("asks from"))
    asks_until = models.DateField(_("asks until"))
    closes_on = models.DateField(_("last day to answer"))
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    planned_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    ended_on = models.DateField(null=True)
    ended_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")

    objects: "ClassVar[WaveManager[Wave]]" = WaveManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "survey", "asks_from"], name="wave_once"),
            models.CheckConstraint(
                condition=models.Q(asks_from__lte=models.F("asks_until"), asks_until__lte=models.F("closes_on")),
                name="wave_days_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_on=None, ended_by=None)
                | models.Q(
                    closed_at__isnull=False,
                    ended_by__isnull=False,
                    ended_on__range=(models.F("asks_from"), models.F("closes_on")),
                ),
                name="wave_ended_early_by_somebody",
            ),
        ]

    @property
    def status(self) -> str:
        """planned, open or closed."""
        if self.opened_at is None:
            return "planned"
        return "open" if self.closed_at is None else "closed"

    @property
    def last_day(self) -> date:
        """The last day on which it takes or took answers."""
        return self.ended_on or self.closes_on


class WaveCohort(TenantModel):
    """A cohort that a wave is limited to, with the others that are named so."""

    wave = TenantForeignKey(Wave, models.CASCADE, related_name="cohorts")
    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "wave", "cohort"], name="wave_cohort_once")]


class Release(AppendOnlyModel):
    """A box that was opened: the answers of one group in one or more waves, all at once.

    `first_on` and `last_on` are the days that the waves asked and took answers on. `asked` and `answered` count
    people once for each wave.
    """

    class Group(models.TextChoices):
        """Who answers. Those who left are never mixed with those who learn."""

        HERE = "here", _("Learners")
        LEFT = "left", _("Who left")

    version = TenantForeignKey(SurveyVersion, models.PROTECT, related_name="releases")
    group = models.CharField(max_length=4, choices=Group)
    first_on = models.DateField()
    last_on = models.DateField()
    released_on = models.DateField()
    released_at = models.DateTimeField()
    asked = models.PositiveIntegerField()
    answered = models.PositiveIntegerField()

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "released_on"], name="release_by_day")]


class ParticipationQuerySet(models.QuerySet["Participation"]):
    def waiting(self) -> Self:
        """Not answered, in a wave that takes answers; the soonest due first."""
        rows = self.filter(has_answered=False, wave__opened_at__isnull=False, wave__closed_at=None)
        return rows.order_by("answer_by", "pk")

    def waiting_for(self, learner: Any) -> Self:
        """Those of the learner with that id."""
        return self.waiting().filter(enrollment__learner=learner)


ParticipationManager = TenantManager.from_queryset(ParticipationQuerySet)


class Participation(TenantModel):
    """Somebody was asked in a wave, and answered or not. Neither when nor what: no time stands here.

    `answer_by` is the day that they are told. `group` is what they were when they were asked.
    """

    wave = TenantForeignKey(Wave, models.CASCADE, related_name="participations")
    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="+")
    group = models.CharField(max_length=4, choices=Release.Group)
    asked_on = models.DateField()
    answer_by = models.DateField()
    has_answered = models.BooleanField(default=False)
    release = TenantForeignKey(Release, models.PROTECT, null=True, related_name="+")

    objects: "ClassVar[ParticipationManager[Participation]]" = ParticipationManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "wave", "enrollment"], name="participation_once")
        ]
        indexes = [models.Index(fields=["organization", "enrollment"], name="participation_by_learner")]


class Envelope(TenantModel):
    """What somebody answered, sealed until there are enough to open it among. Nobody reads it before.

    Written in the transaction that notes the participation, so that neither is there without the other. Its random key
    and its padded size say nothing; it is removed when its content becomes rows of `Answer`.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    wave = TenantForeignKey(Wave, models.CASCADE, related_name="envelopes")
    sealed = models.BinaryField()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "wave"], name="envelope_by_wave")]


class Crowd(AppendOnlyModel):
    """At least five people whose answers stand together: the finest that is kept. Crowds never overlap.

    `cohorts` are those that the people were in. A cohort with too few answers shares a crowd with others.
    """

    release = TenantForeignKey(Release, models.CASCADE, related_name="crowds")
    cohorts = ArrayField(models.UUIDField())
    asked = models.PositiveIntegerField()
    answered = models.PositiveIntegerField()
    people = models.PositiveIntegerField()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(people__gte=LEAST), name="crowd_is_large_enough"),
            models.CheckConstraint(
                condition=models.Q(answered__gte=models.F("people"), asked__gte=models.F("answered")),
                name="crowd_counts_in_order",
            ),
        ]


class Answer(AppendOnlyModel):
    """One answer to one question by somebody of a crowd. Nothing ties it to a person or to their other answers.

    `value` is the score, or the place of the chosen option from 0.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    crowd = TenantForeignKey(Crowd, models.CASCADE, related_name="answers")
    question = TenantForeignKey(SurveyQuestion, models.PROTECT, related_name="answers")
    value = models.PositiveSmallIntegerField(null=True)
    text = models.TextField(blank=True)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(value__isnull=False, text="") | models.Q(value=None) & ~models.Q(text=""),
                name="answer_is_a_value_or_text",
            ),
            models.CheckConstraint(
                condition=models.Q(value=None) | models.Q(value__lte=100), name="answer_value_in_range"
            ),
        ]
        indexes = [models.Index(fields=["organization", "crowd", "question"], name="answer_by_crowd")]
