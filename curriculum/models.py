from collections.abc import Collection
from decimal import Decimal
from typing import Any, ClassVar, Self, cast
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from organizations.models import TenantForeignKey, TenantManager, TenantModel


class Format(models.TextChoices):
    """How a cohort follows the curriculum."""

    SELF_PACED = "self_paced", _("Self-paced")
    BOOTCAMP = "bootcamp", _("Bootcamp")
    BLENDED = "blended", _("Blended")


def hours_field(verbose_name: str = "", **options: Any) -> "models.DecimalField[Decimal, Decimal]":
    """Planned hours, in hundredths at the finest."""
    return models.DecimalField(
        verbose_name or _("hours"), max_digits=8, decimal_places=2, validators=[MinValueValidator(0)], **options
    )


def optional_hours_field() -> "models.DecimalField[Decimal | None, Decimal | None]":
    """Planned hours, null where the plan names none."""
    return cast("models.DecimalField[Decimal | None, Decimal | None]", hours_field(null=True))


def _once(**options: Any) -> models.UniqueConstraint:
    """Unique at the end of each statement, so that one statement can shift a whole row of positions."""
    return models.UniqueConstraint(deferrable=models.Deferrable.IMMEDIATE, **options)


class Curriculum(TenantModel):
    """A program as taught, through all its versions."""

    slug = models.SlugField(_("address"), max_length=60)
    title = models.CharField(_("title"), max_length=200)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "slug"], name="curriculum_slug_once")]

    def __str__(self) -> str:
        return self.title


class VersionQuerySet(models.QuerySet["CurriculumVersion"]):
    def published(self) -> Self:
        return self.filter(status=CurriculumVersion.Status.PUBLISHED)

    def newest_of(self, curriculum: "Curriculum") -> "CurriculumVersion | None":
        return self.filter(curriculum=curriculum).order_by("-number").first()

    def for_list(self) -> Self:
        """With `total_hours`, `level_count` and `cohort_names`; the newest version of each curriculum first."""
        levels = Level.objects.filter(version=models.OuterRef("pk")).order_by().values("version")
        return (
            self.select_related("curriculum")
            .defer("source", "claims")
            .annotate(
                total_hours=models.Subquery(levels.annotate(total=models.Sum("hours")).values("total")),
                level_count=models.Subquery(levels.annotate(total=models.Count("pk")).values("total")),
                cohort_names=ArrayAgg(
                    "cohorts__name",
                    filter=models.Q(cohorts__isnull=False),
                    order_by="-cohorts__starts_on",
                    default=models.Value([]),
                ),
            )
            .order_by("curriculum__title", "curriculum", "-number")
        )

    def for_page(self) -> Self:
        """With its curriculum and the people who made and published it."""
        return self.select_related("curriculum", "created_by", "published_by").defer("source")

    def for_tree(self) -> Self:
        """With everything that the tree shows, in as many queries as the tree has kinds of nodes."""
        return self.select_related("curriculum").prefetch_related(
            models.Prefetch("levels", Level.objects.order_by("number")),
            models.Prefetch("levels__modules", Module.objects.order_by("position")),
            models.Prefetch("levels__modules__topics", Topic.objects.order_by("position")),
            models.Prefetch("levels__modules__projects", Project.objects.walked(None).order_by("position")),
            models.Prefetch("levels__modules__projects__benchmarks", Benchmark.objects.order_by("position")),
            models.Prefetch("levels__tracks", Track.objects.order_by("number")),
            models.Prefetch("projects", Project.objects.filter(module=None).order_by("position")),
        )


VersionManager = TenantManager.from_queryset(VersionQuerySet)


class CurriculumVersion(TenantModel):
    """One edition of a curriculum. Once published its tree never changes: the database refuses it."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        ARCHIVED = "archived", _("Archived")

    curriculum = TenantForeignKey(Curriculum, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    title = models.CharField(_("title"), max_length=200)
    summary = models.TextField(_("summary"), blank=True)
    source = models.TextField(editable=False, blank=True)
    claims = models.JSONField(default=dict, editable=False)
    created_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    published_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    publish_reason = models.TextField(blank=True)

    objects: "ClassVar[VersionManager[CurriculumVersion]]" = VersionManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "curriculum", "number"], name="version_number_once"),
            models.CheckConstraint(
                condition=models.Q(status="draft", published_at=None)
                | ~models.Q(status="draft") & ~models.Q(published_at=None),
                name="version_published_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, v{self.number}"

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    def before(self) -> "CurriculumVersion | None":
        """The version of its curriculum that came before it."""
        earlier = CurriculumVersion.objects.filter(curriculum=self.curriculum_id, number__lt=self.number)
        return earlier.order_by("-number").defer("source", "claims").first()

    @property
    def hours(self) -> Decimal:
        """Hours of all levels together, as the levels state them."""
        return sum((level.hours for level in self.levels.all()), Decimal())


class Level(TenantModel):
    """A stage of the curriculum that ends in a gate."""

    version = TenantForeignKey(CurriculumVersion, models.CASCADE, related_name="levels")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    hours = hours_field()
    description = models.TextField(blank=True)
    focus = models.TextField(blank=True)
    technologies = models.TextField(blank=True)
    goal = models.TextField(blank=True)
    milestone = models.TextField(blank=True)
    key_assessment = models.TextField(blank=True)
    graduation_criteria = models.TextField(blank=True)
    stated_breakdown = models.JSONField(default=list)
    breakdown_hours = optional_hours_field()

    class Meta(TenantModel.Meta):
        constraints = [
            _once(fields=["organization", "version", "number"], name="level_number_once"),
            models.CheckConstraint(condition=models.Q(hours__gte=0), name="level_hours_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"


class Module(TenantModel):
    """A part of a level; `code` is the plan's own number, such as 1.1."""

    level = TenantForeignKey(Level, models.CASCADE, related_name="modules")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    hours = hours_field()
    table_headings = models.JSONField(default=list)
    note = models.TextField(blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            _once(fields=["organization", "level", "position"], name="module_position_once"),
            _once(fields=["organization", "level", "code"], name="module_code_once"),
            models.CheckConstraint(condition=models.Q(hours__gte=0), name="module_hours_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Requirement(TenantModel):
    """What must be done before a module: another module of the same version."""

    module = TenantForeignKey(Module, models.CASCADE, related_name="requirements")
    required = TenantForeignKey(Module, models.CASCADE, related_name="required_by")
    position = models.PositiveSmallIntegerField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "module", "required"], name="requirement_once"),
            models.UniqueConstraint(fields=["organization", "module", "position"], name="requirement_position_once"),
            models.CheckConstraint(condition=~models.Q(module=models.F("required")), name="requirement_of_another"),
        ]
        indexes = [models.Index(fields=["organization", "required"], name="requirement_by_required")]

    def __str__(self) -> str:
        return f"{self.module.code} requires {self.required.code}"


class Topic(TenantModel):
    """Something to learn; sub-topics are topics with a parent. Only leaves are finished and carry progress.

    `cells` holds {"heading", "text"} for each column of the plan's table that has no field of its own.
    """

    module = TenantForeignKey(Module, models.CASCADE, related_name="topics")
    parent = TenantForeignKey("self", models.CASCADE, null=True, related_name="subtopics")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=300)
    hours = optional_hours_field()
    resources = models.TextField(blank=True)
    deliverables = models.TextField(blank=True)
    cells = models.JSONField(default=list)
    benchmarks = models.JSONField(default=list)

    class Meta(TenantModel.Meta):
        constraints = [
            _once(fields=["organization", "module", "position"], name="topic_position_once"),
            models.CheckConstraint(condition=models.Q(hours__gte=0), name="topic_hours_not_negative"),
        ]
        indexes = [models.Index(fields=["organization", "parent"], name="topic_by_parent")]

    def __str__(self) -> str:
        return self.title


class Track(TenantModel):
    """A specialization: one of several ways to do the last level. Its work is a project of kind `track`."""

    level = TenantForeignKey(Level, models.CASCADE, related_name="tracks")
    module = TenantForeignKey(Module, models.CASCADE, null=True, related_name="tracks")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    hours = optional_hours_field()

    class Meta(TenantModel.Meta):
        constraints = [
            _once(fields=["organization", "level", "module", "number"], nulls_distinct=False, name="track_number_once")
        ]

    def __str__(self) -> str:
        return self.title


class ProjectQuerySet(models.QuerySet["Project"]):
    def walked(self, track_id: UUID | None) -> Self:
        """What a learner who chose that track meets: everything but the work of the other tracks."""
        return self.filter(models.Q(track=None) | models.Q(track=track_id))

    def required_in_levels(self, first: int, last: int, *, tracks: Collection[UUID | None] = ()) -> Self:
        """What the levels from `first` to `last` ask of learners: every capstone, and the work of their `tracks`."""
        asked = models.Q(kind__in=Project.CAPSTONES) | models.Q(track__in=[track for track in tracks if track])
        return self.filter(asked, level__number__range=(first, last))


ProjectManager = TenantManager.from_queryset(ProjectQuerySet)


class Project(TenantModel):
    """Work that is submitted and reviewed: a module's capstone, a practice project, a track's work, the final capstone.

    `checklist` holds {"text", "depth"} for each of its lines; depth 0 is the outermost.
    """

    class Kind(models.TextChoices):
        MODULE_CAPSTONE = "module_capstone", _("Module capstone")
        PRACTICE = "practice_project", _("Practice project")
        FINAL_CAPSTONE = "final_capstone", _("Final capstone")
        TRACK = "track", _("Specialization")

    #: What a level asks of everyone. The work of one track is asked beside it, where a level has tracks.
    CAPSTONES = (Kind.MODULE_CAPSTONE, Kind.FINAL_CAPSTONE)

    version = TenantForeignKey(CurriculumVersion, models.CASCADE, related_name="projects")
    level = TenantForeignKey(Level, models.CASCADE, related_name="projects")
    module = TenantForeignKey(Module, models.CASCADE, null=True, related_name="projects")
    track = TenantForeignKey(Track, models.CASCADE, null=True, related_name="projects")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=Kind)
    code = models.CharField(max_length=20, blank=True)
    title = models.CharField(max_length=300)
    hours = optional_hours_field()
    description = models.TextField(blank=True)
    checklist = models.JSONField(default=list)

    objects: "ClassVar[ProjectManager[Project]]" = ProjectManager()

    class Meta(TenantModel.Meta):
        constraints = [
            _once(fields=["organization", "version", "position"], name="project_position_once"),
            models.CheckConstraint(
                condition=models.Q(kind="track", track__isnull=False) | ~models.Q(kind="track") & models.Q(track=None),
                name="project_of_track_has_track",
            ),
        ]
        indexes = [models.Index(fields=["organization", "module"], name="project_by_module")]

    def __str__(self) -> str:
        return self.title


class Benchmark(TenantModel):
    """What a project must measurably reach, such as accuracy ≥ 97 %."""

    class Comparison(models.TextChoices):
        AT_LEAST = ">=", _("at least")
        AT_MOST = "<=", _("at most")

    project = TenantForeignKey(Project, models.CASCADE, related_name="benchmarks")
    position = models.PositiveSmallIntegerField()
    metric = models.CharField(max_length=120)
    comparison = models.CharField(max_length=2, choices=Comparison)
    threshold = models.DecimalField(max_digits=12, decimal_places=4)
    unit = models.CharField(max_length=40, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            _once(fields=["organization", "project", "position"], name="benchmark_position_once"),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.comparison} {self.threshold} {self.unit}".strip()


class VerificationMethod(TenantModel):
    """How the version says that work is judged, such as code review or presentation."""

    version = TenantForeignKey(CurriculumVersion, models.CASCADE, related_name="verification_methods")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    text = models.TextField()

    class Meta(TenantModel.Meta):
        constraints = [
            _once(fields=["organization", "version", "position"], name="verification_position_once"),
        ]

    def __str__(self) -> str:
        return self.title


class DraftEdit(TenantModel):
    """One step in the editing of a draft; an undo and a redo are steps too. The database never lets one be changed.

    `changes` holds for every row that the step touched {"model", "id", "before", "after"}: the fields that changed, or
    the whole row where it was added (no `before`) or deleted (no `after`). `touched` are the nodes whose content
    changed: places and numbers that shifted with them do not count. `words` fill the sentence of the kind.
    An undo or redo is `of` a step. `below` is the person's step that `undo` takes back after this one; `next_redo` the
    one that `redo` does again.
    """

    class Kind(models.TextChoices):
        RENAME = "rename", _("rename “%(old)s” to “%(new)s”")
        HOURS = "hours", _("hours of %(name)s: %(old)s to %(new)s")
        TEXTS = "texts", _("texts of %(name)s")
        ADD = "add", _("add %(name)s")
        DELETE = "delete", _("delete %(name)s")
        MOVE = "move", _("move %(name)s")
        SPLIT = "split", _("split the hours of %(name)s")
        NUMBER = "number", _("number the modules of %(name)s")
        FIX = "fix", _("fix: %(name)s")
        UNDO = "undo", _("undone: %(step)s")
        REDO = "redo", _("done again: %(step)s")

    version = TenantForeignKey(CurriculumVersion, models.CASCADE, related_name="edits")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    words = models.JSONField(default=dict)
    changes = models.JSONField(default=list)
    touched = ArrayField(models.UUIDField(), default=list)
    of = TenantForeignKey("self", models.CASCADE, null=True, related_name="+")
    below = TenantForeignKey("self", models.CASCADE, null=True, related_name="+")
    next_redo = TenantForeignKey("self", models.CASCADE, null=True, related_name="+")
    by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "version", "sequence"], name="draft_edit_sequence_once"),
        ]

    def __str__(self) -> str:
        """As in "move 1.2 Oven", in the reader's language."""
        return str(self.Kind(self.kind).label) % ({"step": self.of} if self.of else self.words)

    @property
    def standing(self) -> "DraftEdit | None":
        """The person's step that `undo` takes back once this one is done."""
        if self.of is None:
            return self
        return cast("DraftEdit | None", self.of.below if self.kind == self.Kind.UNDO else self.of)


class FindingAcceptance(TenantModel):
    """A finding of the version's audit was accepted, with a note, or that was taken back; the latest of a key decides.

    `key` is that of the finding: when its numbers change it is another finding, which nobody has accepted. Recorded on
    drafts only, by the database too: what a published version was published with does not change afterwards. The
    database never lets one be changed; it goes with a draft that is discarded.
    """

    class Kind(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        TAKEN_BACK = "taken_back", _("Taken back")

    version = TenantForeignKey(CurriculumVersion, models.CASCADE, related_name="finding_acceptances")
    key = models.TextField()
    kind = models.CharField(max_length=10, choices=Kind)
    note = models.TextField(blank=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind="accepted") | ~models.Q(note=""), name="acceptance_needs_note"
            ),
        ]
        indexes = [models.Index(fields=["organization", "version", "recorded_at"], name="acceptance_by_version")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.key}"
