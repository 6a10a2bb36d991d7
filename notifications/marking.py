"""That a message left, on its way to the database while the mail host hears of the next one."""

import logging
import select
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection
from psycopg import ClientCursor, OperationalError, errors, pq

from notifications.models import Message

logger = logging.getLogger(__name__)

#: Stands for a message.
NOBODY = UUID(int=0)

#: A function of the database, which plans it once for each connection: in one round trip and one transaction.
MARK_SENT = "SELECT mark_message_sent(%(organization)s, %(id)s, %(claim)s, %(now)s)"


class Marks:
    """Commits messages as sent, each in a transaction of its own, one after another and outside any other.

    `begin` sends the statement and does not wait: PostgreSQL commits it whatever becomes of this process. Until `wait`
    has heard the answer, nothing else may be asked over the same connection.
    """

    def __init__(self) -> None:
        #: The message whose mark is under way.
        self.pending: UUID | None = None
        self._given: tuple[UUID | None, datetime, datetime] | None = None
        self._statement = ""

    def begin(self, message: Message, *, claim: datetime, now: datetime) -> None:
        """Send word that it left, if it is still claimed until then. Raises OperationalError."""
        connection.ensure_connection()
        database: Any = connection.connection
        self.pending = message.pk
        with connection.wrap_database_errors:
            if self._given != (message.organization_id, claim, now):  # the same for many
                self._given = message.organization_id, claim, now
                values = {"organization": str(message.organization_id), "id": NOBODY, "claim": claim, "now": now}
                self._statement = ClientCursor(database).mogrify(MARK_SENT, values)
            # As libpq sends it: a cursor would wait for the answer.
            database.pgconn.send_query(self._statement.replace(NOBODY.hex, message.pk.hex).encode())
            while database.pgconn.flush():
                _await(database.pgconn, select.POLLOUT)

    def wait(self) -> bool:
        """Whether what `begin` sent was committed.

        False when nothing was under way, and when the message was somebody else's by then, or deleted: its Message-ID
        tells that it is the same mail. Raises OperationalError or another DatabaseError.
        """
        if self.pending is None:
            return False
        database: Any = connection.connection
        try:
            with connection.wrap_database_errors:
                results = _results(database.pgconn)
        except (DatabaseError, InterfaceError):
            self.pending = None
            raise
        pk, self.pending = self.pending, None
        is_marked = bool(results and results[-1].get_value(0, 0) == b"t")
        if not is_marked:
            logger.warning("Message %s was sent after its claim had run out.", pk)
        return is_marked


def _results(server: "pq.abc.PGconn") -> "list[pq.abc.PGresult]":
    """All that the statements answered; the connection is free then. Raises what psycopg raises."""
    results, problem = [], None
    while True:
        while server.is_busy():
            _await(server, select.POLLIN)
            server.consume_input()
        result = server.get_result()
        if result is None:
            break
        results.append(result)
        if result.status == pq.ExecStatus.FATAL_ERROR:
            state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
            problem = (errors.lookup(state) if state else OperationalError)(result.get_error_message())
    if problem is not None:
        raise problem
    return results


def _await(server: "pq.abc.PGconn", event: int) -> None:
    """Also a signal ends the wait, with the exception that its handler raises."""
    waiting = select.poll()
    waiting.register(server.socket, event)
    waiting.poll()
