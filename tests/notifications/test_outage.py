"""After an outage all is due at once: memory and queries stay as they are, nobody waits for somebody else's late mail.

`THOROUGH=250` does it with a million messages.
"""

import tracemalloc
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.claims import LATE_TOGETHER
from notifications.delivery import SendReport, send_due
from notifications.models import Lane, Message
from notifications.rounds import TURN, send_round
from organizations.models import Organization
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.examples import examples
from tests.mail import MailServer
from tests.notifications.given import give_kind

#: So many are due at the same moment three days ago, and all but a few are of no use any more.
DUE, OF_USE = examples(4_000), 110
#: What a turn keeps in memory, whatever is due.
MOST_BYTES = 24_000_000
#: Beside one for each message that leaves.
MOST_QUERIES = 40
FILL = """
INSERT INTO notifications_message (id, organization_id, kind, key, recipient_id, payload, state, due_at, expires_at,
  attempts, next_attempt_at, reason, cause, lane, was_emptied)
SELECT gen_random_uuid(), %(organization)s, 'test_note', %(name)s || n, %(recipient)s, '{"name": "Amira"}', 'pending',
  %(due)s, CASE WHEN n <= %(late)s THEN %(due)s + interval '1 day' END, 0, %(due)s, '', '', %(lane)s, false
FROM generate_series(1, %(number)s) n
"""


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> None:
    give_kind(monkeypatch)


def fill(organization: Organization, recipient: object, lane: Lane, *, number: int, late: int) -> None:
    values = {
        "organization": organization.pk, "recipient": recipient.user_id, "name": f"{lane.label} ",  # type: ignore[attr-defined]
        "due": NOW - timedelta(days=3), "late": late, "lane": lane.value, "number": number,
    }  # fmt: skip
    with scope(organization.pk), connection.cursor() as cursor:
        cursor.execute(FILL, values)


def counts(organization: Organization) -> dict[tuple[str, str], int]:
    with scope(organization.pk):
        found: dict[tuple[str, str], int] = {}
        for state, cause in Message.objects.values_list("state", "cause").iterator():
            found[state, cause] = found.get((state, cause), 0) + 1
        return found


def test_a_million_at_once_cost_no_memory_and_delay_nobody(
    cast: Cast, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    big, small = cast.organization, cast.elsewhere
    fill(big, cast.amira, Lane.BULK, number=DUE, late=DUE - OF_USE)
    fill(small, cast.otto, Lane.BULK, number=3, late=1)
    fill(small, cast.otto, Lane.URGENT, number=2, late=0)

    # 1-on-1s first: their lane has nothing of what is late elsewhere, whatever that is.
    assert not send_round(lane=Lane.URGENT, clock=lambda: NOW, seconds=600)
    assert [mail["To"] for mail in mail_server.messages] == ["otto@elsewhere.example"] * 2

    monkeypatch.setattr("notifications.carrier.FIRST_TOGETHER", TURN)
    monkeypatch.setattr("notifications.delivery.FRESH_SECONDS", 600.0)
    queries, peaks, turns = [], [], 0
    tracemalloc.start()
    while True:
        connection.queries_log.clear()  # which would keep the statements of all turns
        tracemalloc.reset_peak()
        with CaptureQueriesContext(connection) as captured:
            report = send_due(organization_id=big.pk, now=NOW, lane=Lane.BULK, limit=TURN)
        queries.append(len(captured))
        peaks.append(tracemalloc.get_traced_memory()[1])
        if turns == 0:
            assert send_due(organization_id=small.pk, now=NOW, lane=Lane.BULK, limit=TURN) == SendReport(2, 1)
        if not report.total:
            break
        turns += 1
    tracemalloc.stop()
    said = f"{DUE} due: {turns} turns, {max(queries)} queries a turn, {max(peaks) / 1e6:.1f} MB at most"
    assert max(queries) <= MOST_QUERIES, said
    assert max(peaks) < MOST_BYTES, said
    assert turns <= (DUE / LATE_TOGETHER + 1) + OF_USE / TURN + 1
    assert counts(big) == {("skipped", "late"): DUE - OF_USE, ("sent", ""): OF_USE}
    assert counts(small) == {("skipped", "late"): 1, ("sent", ""): 4}
    assert len(mail_server.messages) == OF_USE + 4


def test_the_next_are_found_by_an_index_in_the_order_in_which_they_leave(cast: Cast) -> None:
    """Not by sorting all that is due at the same moment, once for every hundred of them."""
    fill(cast.organization, cast.amira, Lane.BULK, number=DUE, late=DUE - OF_USE)
    with scope(cast.organization.pk):
        free = Message.objects.due(at=NOW).unclaimed(at=NOW, lease=timedelta(minutes=2)).filter(lane=Lane.BULK)
        locked = free.select_for_update(skip_locked=True)
        ahead = locked.values_list("pk", "kind")[:TURN].explain()
        late = locked.filter(expires_at__lte=NOW).order_by("expires_at").values_list("pk")[:LATE_TOGETHER].explain()
    assert ("message_next_in_lane" in ahead, "Sort" in ahead) == (True, False), ahead
    assert ("message_late_in_lane" in late, "Sort" in late) == (True, False), late
