"""The least that a page of 100 learners could take: one indexed query and a string, without middleware's questions.

And the same as JSON, and the least of anything that asks the database: one indexed query.
"""

import json
from datetime import date
from html import escape
from uuid import UUID

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

ROSTER = """
SELECT m.name, e.status, e.status_since, e.external_id
FROM cohorts_enrollment e JOIN accounts_membership m ON m.organization_id = e.organization_id AND m.id = e.learner_id
WHERE e.organization_id = %s AND e.cohort_id = %s ORDER BY m.name LIMIT 100
"""


QUEUE = """
SELECT p.title, s.attempt, m.name, c.name, l.number, s.submitted_at, a.name,
  s.assignee_id = %(reviewer)s OR e.mentor_id IS NOT DISTINCT FROM %(reviewer)s AS is_mine, count(*) OVER ()
FROM assessments_submission s
JOIN cohorts_enrollment e ON e.organization_id = s.organization_id AND e.id = s.enrollment_id
JOIN accounts_membership m ON m.organization_id = s.organization_id AND m.id = e.learner_id
JOIN cohorts_cohort c ON c.organization_id = s.organization_id AND c.id = e.cohort_id
JOIN curriculum_project p ON p.organization_id = s.organization_id AND p.id = s.project_id
JOIN curriculum_level l ON l.organization_id = s.organization_id AND l.id = p.level_id
LEFT JOIN accounts_membership a ON a.organization_id = s.organization_id AND a.id = s.assignee_id
WHERE s.organization_id = %(organization)s AND s.decided_at IS NULL AND s.withdrawn_at IS NULL
  AND e.status IN ('active', 'on_leave') AND e.learner_id <> %(reviewer)s AND s.readings < 2
ORDER BY is_mine DESC, s.submitted_at, s.id LIMIT 25
"""
Row = tuple[str, str, date, str]


def raw_roster(request: HttpRequest, organization: UUID, cohort: UUID) -> HttpResponse:
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(status)}</td><td>{since}</td><td>{escape(external_id)}</td></tr>"
        for name, status, since, external_id in _roster(organization, cohort)
    )
    return HttpResponse(f"<!doctype html><title>Roster</title><table>{rows}</table>")


def raw_json(request: HttpRequest, organization: UUID, cohort: UUID) -> HttpResponse:
    names = ("name", "status", "since", "external_id")
    rows = [dict(zip(names, row, strict=True)) for row in _roster(organization, cohort)]
    return HttpResponse(json.dumps({"results": rows}, default=date.isoformat), content_type="application/json")


def raw_queue(request: HttpRequest, organization: UUID, reviewer: UUID) -> HttpResponse:
    """The first page of the review queue, and how many wait, in one query."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.organization_id', %s, true)", [str(organization)])
        cursor.execute(QUEUE, {"organization": organization, "reviewer": reviewer})
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in cursor.fetchall()
        )
    return HttpResponse(f"<!doctype html><title>Queue</title><table>{rows}</table>")


def one_query(request: HttpRequest, organization: UUID) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM organizations_organization WHERE id = %s", [organization])
        return JsonResponse({"name": cursor.fetchone()[0]})


def _roster(organization: UUID, cohort: UUID) -> list[Row]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.organization_id', %s, true)", [str(organization)])
        cursor.execute(ROSTER, [organization, cohort])
        rows: list[Row] = cursor.fetchall()
    return rows
