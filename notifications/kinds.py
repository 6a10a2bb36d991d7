"""What kinds of messages there are. Each app declares its own; this module knows none of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from django.utils.functional import Promise

from notifications.models import Lane, Message

#: What is of no use any more this soon after quiet hours is too late after them.
CANNOT_WAIT = timedelta(hours=2)


class Urgency(Enum):
    """What becomes of a message in its recipient's quiet hours: it waits, or comes when it would be too late after."""

    CAN_WAIT = "can_wait"
    BREAKS_QUIET = "breaks_quiet"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of message.

    `reason_untrue` is asked just before sending: an empty text when the message still holds, else why it is not sent.
    `context` gives the templates `notifications/mails/<name>.subject.txt` and `<name>.txt` what they show; with
    `action_url` (a path or address) and `action_label` the mail gets its one button, with `rich` its page shows that
    safe HTML in place of the text. `invitation` gives the method and the text of an iCalendar part, for mails that
    calendars take over.
    Nobody can switch a `mandatory` kind off. The payload of a `secret` kind is emptied once the message is settled.
    `explanation` says in plain words when somebody gets it. It may be `in_digest` when a day later is early enough, and
    enters the list of notifications when it is `in_app`. `group` names the cohort whose muting silences it.
    `settled` is called in the transaction that settles a message.
    `urgency` says whether it waits for the end of the recipient's quiet hours.
    `lane` says what waits for what. A kind that many get at once may read its `facts` for many messages in a few
    queries: they come, by the message's key, as `message.facts` to `reason_untrue` and `context`, at most a second old;
    both must do without as well.
    """

    name: str
    title: str | Promise
    reason_untrue: Callable[[Message, datetime], str]
    context: Callable[[Message], Mapping[str, Any]]
    invitation: Callable[[Message, datetime], tuple[str, str]] | None = None
    mandatory: bool = False
    secret: bool = False
    explanation: str | Promise = ""
    in_digest: bool = False
    in_app: bool = True
    group: Callable[[Message], UUID | None] | None = None
    settled: Callable[[Message, datetime], None] | None = None
    urgency: Urgency = Urgency.CAN_WAIT
    lane: Lane = Lane.DEFAULT
    facts: Callable[[Sequence[Message], datetime], Mapping[UUID, Any]] | None = None

    def breaks_quiet(self, message: Message, until: datetime) -> bool:
        """Whether the message leaves although its recipient has quiet hours until then."""
        if self.mandatory or self.urgency == Urgency.CAN_WAIT or message.expires_at is None:
            return self.mandatory
        return message.expires_at <= until + CANNOT_WAIT


QueueReminders = Callable[[datetime], int]

KINDS: dict[str, Kind] = {}
REMINDER_QUEUES: list[QueueReminders] = []


def register(kind: Kind) -> None:
    """Declare a kind, once, when the app is ready. Raises ValueError when another has its name."""
    if KINDS.setdefault(kind.name, kind) is not kind:
        raise ValueError(f"There is a kind of message named {kind.name} already.")


def register_queue(queue: QueueReminders) -> None:
    """Declare a function that queues the reminders due at an instant, in the organization in scope.

    It returns how many it queued, and runs often: what it queues must be keyed so that a second run queues nothing.
    """
    REMINDER_QUEUES.append(queue)
