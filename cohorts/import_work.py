"""What a worker is asked to do with a file that is too long for a request.

It stands at the file, so that neither a worker that dies nor a queue that is lost takes it along: whoever looks at the
file and finds that nobody works at it asks again. Asking twice is harmless: who comes second finds it done.
"""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.models import ImportFile
from organizations.scope import required_organization_id

Work = ImportFile.Work
#: Rows that a person waits for.
MOST_AT_ONCE = 500
MOST_TRIES = 3
#: Nobody looks whether work that was asked for goes on before so much time.
PATIENCE = timedelta(seconds=30)


def is_long(rows: int) -> bool:
    return rows > MOST_AT_ONCE


def ask_for(file: ImportFile, work: Work, *, by: Membership, at: datetime, agreed: str = "") -> None:
    """Have it done as soon as this transaction is committed."""
    file.work, file.asked_by, file.asked_at, file.agreed, file.tries, file.problem = work, by, at, agreed, 0, ""
    file.save(update_fields=["work", "asked_by", "asked_at", "agreed", "tries", "problem"])
    _send(file.pk)


def ask_again(file: ImportFile, *, at: datetime) -> bool:
    """Ask once more when nobody has it at hand half a minute after it was asked for; say whether."""
    with transaction.atomic():
        idle = ImportFile.objects.exclude(work="").filter(pk=file.pk, asked_at__lt=at - PATIENCE)
        if not idle.select_for_update(of=("self",), skip_locked=True).exists():
            return False
        ImportFile.objects.filter(pk=file.pk).update(asked_at=at)
        _send(file.pk)
    return True


def take_up(pk: UUID) -> ImportFile | None:
    """The file with what is to be done, None when that was done or given up. To be committed before it is done: what
    ends its worker every time is tried three times."""
    with transaction.atomic():
        found = ImportFile.objects.exclude(work="").filter(pk=pk)
        file = (
            found.select_for_update(of=("self",))
            .select_related("organization", "cohort", "uploaded_by", "asked_by__user")
            .first()
        )
        if file is None or file.asked_by is None:
            return None
        if file.tries >= MOST_TRIES:
            with translation.override(language_of(file)):
                give_up(file, _("This failed several times, and nothing was imported. Split the file, or try later."))
            return None
        file.tries += 1
        file.save(update_fields=["tries"])
    return file


def give_up(file: ImportFile, problem: str = "") -> None:
    """Nothing is to be done with the file any more, for that reason."""
    file.work, file.problem = "", problem
    file.save(update_fields=["work", "problem"])


def language_of(file: ImportFile) -> str:
    """That of who asked."""
    own = file.asked_by.user.language if file.asked_by else ""
    return str(own or file.organization.language)


def _send(pk: UUID) -> None:
    # By name: the task stands above this module. The organization is settled now: the scope may be gone by the commit.
    send = partial(
        current_app.send_task, "cohorts.tasks.work_on_import", args=[str(required_organization_id()), str(pk)]
    )
    transaction.on_commit(lambda: send(), robust=True)
