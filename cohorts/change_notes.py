"""Triggers that note what a change is about, in the transaction of the change.

A note names an enrollment, a cohort, both, or neither where the change is about everyone. It costs one small insert for
each statement, and whoever reads the notes knows what is out of date.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.db import connections, transaction

from organizations.isolation import COLUMNS, Columns

EVENTS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}
#: A function for each table, so that PostgreSQL plans its statement once for each connection.
NOTE = """
CREATE OR REPLACE FUNCTION "{table}_note_{name}"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "{notes}" (id, organization_id, enrollment_id, cohort_id)
  SELECT gen_random_uuid(), found.organization_id, found.enrollment, found.cohort FROM (
    SELECT DISTINCT changed.organization_id, ({enrollment})::uuid AS enrollment, ({cohort})::uuid AS cohort FROM changed
    {more}
  ) found;
  RETURN NULL;
END $$
"""


class Noted(NamedTuple):
    """Which enrollment a row of the table is about, and which cohort, as SQL; `more` are further notes."""

    table: str
    enrollment: str
    cohort: str
    more: str = ""


def note_changes(using: str, *, notes: str, name: str, tables: Callable[[Columns], Iterable[Noted]]) -> None:
    """Give every table its triggers, of that name, which write into `notes`.

    Safe to repeat, and nothing for a role that does not own the tables.
    """
    with transaction.atomic(using), connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_get_userbyid(relowner) = current_user FROM pg_class WHERE relname = %s", [notes])
        if cursor.fetchone() != (True,):  # not so while migrating backwards, either
            return
        cursor.execute(COLUMNS)
        for noted in tables(set(cursor.fetchall())):
            cursor.execute(NOTE.format(notes=notes, name=name, **noted._asdict()))
            for event, rows in EVENTS.items():
                cursor.execute(
                    f'CREATE OR REPLACE TRIGGER "{noted.table}_{name}_{event.lower()}" AFTER {event} '
                    f'ON "{noted.table}" REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT '
                    f'EXECUTE FUNCTION "{noted.table}_note_{name}"()'
                )
