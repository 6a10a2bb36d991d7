"""Each change of a draft is one step on record; the last steps of a person can be taken back and done again."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from curriculum.editing.draft import Draft, Node
from curriculum.editing.images import Change, Images, applied, changes_between, images_of, still_stands, write
from curriculum.errors import CurriculumError
from curriculum.models import CurriculumVersion, DraftEdit
from curriculum.plan.references import circles
from curriculum.sentences import Sentence

Kind = DraftEdit.Kind


class NodeChanged(CurriculumError):
    """Somebody changed or deleted the node since it was shown; nothing is overwritten. `edits` are theirs, newest
    first."""

    is_conflict = True

    def __init__(self, edits: Sequence[DraftEdit], *, gone: bool) -> None:
        self.edits, self.gone = tuple(edits), gone
        values = {
            "name": edits[0].by.name if edits[0].by else "–",
            "time": clock(edits[0].at),
            "step": str(edits[0]),
        }
        message = (
            _("%(name)s deleted this at %(time)s, so it was not saved.")
            if gone
            else _("%(name)s changed this at %(time)s: %(step)s. Yours is not saved.")
        )
        super().__init__("node_gone" if gone else "node_changed", str(Sentence(message, values)))


class Step:
    """A change in the making: the locked tree, and how it was."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.before: Images = images_of(draft)
        self.edit: DraftEdit | None = None

    def find(self, pk: UUID) -> Node:
        """The node as it is now. Raises NodeChanged when it was deleted, CurriculumError when it never was here."""
        found = self.draft.find(pk)
        if found is None:
            raise missing(self.draft.version, pk)
        return found

    def check(self, nodes: Iterable[Node], *, seen: int | None) -> None:
        """Raise NodeChanged when one of the nodes changed after the step of number `seen`; None asks nothing."""
        if seen is None:
            return
        changed = _edits(self.draft.version).filter(sequence__gt=seen, touched__overlap=[each.pk for each in nodes])
        edits = list(changed.order_by("-sequence"))
        if edits:
            raise NodeChanged(edits, gone=False)

    def record(
        self,
        kind: Kind,
        *,
        by: Membership | None,
        at: datetime,
        about: Iterable[Node] = (),
        words: dict[str, str] | None = None,
    ) -> DraftEdit | None:
        """Write what changed in the tree, and that it did; None when nothing did.

        `about` are nodes that the step concerns although nothing but their place, or a row of theirs, changed.
        """
        self.draft.settle()
        changes = changes_between(self.before, images_of(self.draft))
        if not changes:
            return None
        write(changes)
        touched = {change.id for change in changes if not change.is_shift} | {node.pk for node in about}
        last = _last(self.draft.version, by)
        self.edit = _append(
            DraftEdit(
                version=self.draft.version,
                kind=kind,
                words=words or {},
                changes=[change.as_json() for change in changes],
                touched=sorted(touched),
                below=None if last is None else last.standing,
                by=by,
                at=at,
            )
        )
        return self.edit


@contextmanager
def step(version: CurriculumVersion) -> Iterator[Step]:
    """Lock the draft; everything in the block happens or nothing. Raises CurriculumError for a published version."""
    with transaction.atomic():
        yield Step(Draft.lock(version))


def missing(version: CurriculumVersion, pk: UUID) -> CurriculumError:
    """Why there is no node of that id: somebody deleted it, or it never was in this version."""
    edits = list(_edits(version).filter(touched__contains=[pk]).order_by("-sequence")[:1])
    if edits:
        return NodeChanged(edits, gone=True)
    return CurriculumError("not_here", _("That is not in this version. Open the page again."))


def last_sequence(version: CurriculumVersion) -> int:
    """The number of the last step, 0 before the first: what a page tells that it has seen."""
    return _edits(version).order_by("-sequence").values_list("sequence", flat=True).first() or 0


def images_when(draft: Draft, seen: int | None) -> Images:
    """The rows as they were after the step of number `seen`; None for as they are now."""
    rows = images_of(draft)
    later = () if seen is None else _edits(draft.version).filter(sequence__gt=seen).order_by("-sequence")
    for edit in later:
        rows = applied([Change.from_json(each).reversed() for each in edit.changes], rows)
    return rows


def next_undo(*, version: CurriculumVersion, by: Membership | None) -> DraftEdit | None:
    """The step that `undo` would take back: the person's own last one that stands."""
    last = _last(version, by)
    return None if last is None else last.standing


def next_redo(*, version: CurriculumVersion, by: Membership | None) -> DraftEdit | None:
    last = _last(version, by)
    return None if last is None else last.next_redo


def undo(*, version: CurriculumVersion, by: Membership | None, at: datetime) -> DraftEdit:
    """Take back the person's last step, row by row. Raises CurriculumError when there is none, or when others have
    changed since what it changed."""
    with step(version) as taken:
        last = _last(version, by)
        if last is None or last.standing is None:
            raise CurriculumError("nothing_to_undo", _("There is nothing of yours to undo."))
        edit = last.standing
        changes = [Change.from_json(each).reversed() for each in reversed(edit.changes)]
        _apply(taken, edit, changes)
        return _append(
            DraftEdit(
                version=taken.draft.version, kind=Kind.UNDO, of=edit, by=by, at=at,
                changes=[change.as_json() for change in changes], touched=edit.touched,
                next_redo=edit,
            )
        )  # fmt: skip


def redo(*, version: CurriculumVersion, by: Membership | None, at: datetime) -> DraftEdit:
    """Do again what the person took back last. Raises CurriculumError as `undo` does."""
    with step(version) as taken:
        last = _last(version, by)
        if last is None or last.next_redo is None:
            raise CurriculumError("nothing_to_redo", _("There is nothing of yours to do again."))
        edit = last.next_redo
        undone = _edits(version).filter(kind=Kind.UNDO, of=edit).order_by("-sequence")[0]
        earlier = _edits(version).filter(by=by, sequence__lt=undone.sequence).order_by("-sequence")[0]
        _apply(taken, edit, [Change.from_json(each) for each in edit.changes])
        return _append(
            DraftEdit(
                version=taken.draft.version, kind=Kind.REDO, of=edit, by=by, at=at,
                changes=edit.changes, touched=edit.touched, next_redo=earlier.next_redo,
            )
        )  # fmt: skip


def _apply(taken: Step, edit: DraftEdit, changes: Sequence[Change]) -> None:
    """Write the changes if every row is as they expect it, and if what is there afterwards hangs together."""
    rows = taken.before
    if not all(still_stands(change.reversed(), rows) for change in changes) or _hangs_loose(applied(changes, rows)):
        raise _overtaken(edit)
    try:
        with transaction.atomic():
            write(changes)
    except IntegrityError as error:  # a place or number that somebody else's node has taken
        raise _overtaken(edit) from error
    if any(circles(Draft(taken.draft.version).requires())):
        raise _overtaken(edit)


def _hangs_loose(rows: Images) -> bool:
    """Whether a row belongs to one that is not there: a key that the database checks only at the very end."""
    known = {str(pk) for pk in rows}
    keys = (value for _model, image in rows.values() for name, value in image.items() if name.endswith("_id"))
    return any(key is not None and key not in known for key in keys)


def clock(moment: datetime) -> str:
    """The time on the reader's clock; who edits together sits near enough to know the day."""
    return f"{timezone.localtime(moment):%H:%M}"


def _overtaken(edit: DraftEdit) -> CurriculumError:
    later = _edits(edit.version).filter(sequence__gt=edit.sequence).exclude(by=edit.by).order_by("-sequence").first()
    if later is None or later.by is None:
        message = _("What this step changed was changed since, so it cannot be undone. Change it by hand.")
        return CurriculumError("overtaken", message)
    values = {"name": later.by.name, "time": clock(later.at), "step": str(later)}
    message = _("%(name)s built on it at %(time)s: %(step)s. It cannot be undone any more; change it by hand.")
    return CurriculumError("overtaken", str(Sentence(message, values)))


def _append(edit: DraftEdit) -> DraftEdit:
    """The version is locked, so the next number is free."""
    edit.sequence = last_sequence(edit.version) + 1
    edit.save(force_insert=True)
    return edit


def _edits(version: CurriculumVersion) -> "QuerySet[DraftEdit]":
    return DraftEdit.objects.filter(version=version).select_related("by", "of")


def _last(version: CurriculumVersion, by: Membership | None) -> DraftEdit | None:
    chosen = DraftEdit.objects.filter(version=version, by=by)
    return chosen.select_related("of__below", "next_redo").order_by("-sequence").first()


def recent(version: CurriculumVersion, count: int) -> list[DraftEdit]:
    """The last steps of everybody, the newest first."""
    return list(_edits(version).order_by("-sequence")[:count])
