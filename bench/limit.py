"""The least that a page of 100 learners could take: one indexed query and a string, without middleware's questions."""

from html import escape
from uuid import UUID

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse

ROSTER = """
SELECT m.name, e.status, e.status_since, e.external_id
FROM cohorts_enrollment e JOIN accounts_membership m ON m.organization_id = e.organization_id AND m.id = e.learner_id
WHERE e.organization_id = %s AND e.cohort_id = %s ORDER BY m.name LIMIT 100
"""


def raw_roster(request: HttpRequest, organization: UUID, cohort: UUID) -> HttpResponse:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.organization_id', %s, true)", [str(organization)])
        cursor.execute(ROSTER, [organization, cohort])
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(status)}</td><td>{since}</td><td>{escape(external_id)}</td></tr>"
            for name, status, since, external_id in cursor.fetchall()
        )
    return HttpResponse(f"<!doctype html><title>Roster</title><table>{rows}</table>")
