"""Of what a learner has anything at all, in one small query: their first page asks further about that alone.

It may say yes where nothing is left to show, and never no where something is: who may see what, and what still stands,
is for those to say whom the page asks then.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from cohorts.models import Enrollment
from cohorts.progress import monday_of
from cohorts.stand_ups import own_day
from cohorts.together import Known
from organizations.scope import required_organization_id

# What concerns the learner in any of their cohorts, then what concerns the one they work in.
AT_HAND = """
WITH own AS (
  SELECT id FROM cohorts_enrollment WHERE organization_id = %(organization)s AND learner_id = %(learner)s
)
SELECT
  EXISTS (SELECT FROM assessments_peerreview p
    JOIN assessments_peerround r ON r.organization_id = p.organization_id AND r.id = p.round_id
    WHERE p.organization_id = %(organization)s AND p.giver_id IN (SELECT id FROM own)
      AND p.submitted_at IS NULL AND p.released_at IS NULL AND r.closed_at IS NULL),
  EXISTS (SELECT FROM assessments_submission s
    JOIN assessments_presentation p ON p.organization_id = s.organization_id AND p.submission_id = s.id
    WHERE s.organization_id = %(organization)s AND s.enrollment_id IN (SELECT id FROM own) AND p.status = 'planned'
      AND upper(p.during) > %(at)s),
  EXISTS (SELECT FROM cohorts_offer WHERE organization_id = %(organization)s
    AND enrollment_id IN (SELECT id FROM own) AND expires_at > %(at)s),
  EXISTS (SELECT FROM assessments_certificate WHERE organization_id = %(organization)s
    AND enrollment_id IN (SELECT id FROM own)),
  EXISTS (SELECT FROM outcomes_participation p
    JOIN outcomes_wave w ON w.organization_id = p.organization_id AND w.id = p.wave_id
    WHERE p.organization_id = %(organization)s AND p.enrollment_id IN (SELECT id FROM own)
      AND NOT p.has_answered AND w.opened_at IS NOT NULL AND w.closed_at IS NULL),
  EXISTS (SELECT FROM mentoring_actionitem WHERE organization_id = %(organization)s
    AND enrollment_id = %(enrollment)s AND done_at IS NULL),
  EXISTS (SELECT FROM mentoring_proposal WHERE organization_id = %(organization)s
    AND enrollment_id = %(enrollment)s AND closed_at IS NULL AND expires_at > %(at)s),
  EXISTS (SELECT FROM cohorts_learnernote WHERE organization_id = %(organization)s
    AND enrollment_id = %(enrollment)s AND audience = 'learner'),
  EXISTS (SELECT FROM cohorts_enrollmentmove WHERE organization_id = %(organization)s
    AND enrollment_id = %(enrollment)s),
  EXISTS (SELECT FROM cohorts_groupevent WHERE organization_id = %(organization)s AND enrollment_id = %(enrollment)s),
  EXISTS (SELECT FROM cohorts_pairseat s
    JOIN cohorts_pairround r ON r.organization_id = s.organization_id AND r.id = s.round_id
    WHERE s.organization_id = %(organization)s AND s.enrollment_id = %(enrollment)s
      AND r.undone_at IS NULL AND %(today)s BETWEEN r.starts_on AND r.ends_on),
  EXISTS (SELECT FROM cohorts_gathering WHERE organization_id = %(organization)s AND cohort_id = %(cohort)s
    AND first_day <= %(today)s AND coalesce(last_day >= %(today)s, true)
    AND (weekdays = '{}' OR %(weekday)s = ANY(weekdays))),
  coalesce((SELECT is_on FROM cohorts_standupswitch WHERE organization_id = %(organization)s
    AND cohort_id = %(cohort)s AND effective_on <= %(own_day)s
    ORDER BY effective_on DESC, recorded_at DESC, id DESC LIMIT 1), false),
  EXISTS (SELECT FROM cohorts_writtenstandup WHERE organization_id = %(organization)s
    AND enrollment_id = %(enrollment)s AND day = %(own_day)s),
  (SELECT hours FROM cohorts_studylog WHERE organization_id = %(organization)s AND enrollment_id = %(enrollment)s
    AND week = %(week)s ORDER BY recorded_at DESC, id DESC LIMIT 1)
"""


@dataclass(frozen=True, slots=True)
class AtHand:
    """Whether there may be any of each; `hours` are those logged for this week, None where nothing was said."""

    peer_tasks: bool
    presentation: bool
    offers: bool
    certificates: bool
    surveys: bool
    actions: bool
    proposal: bool
    notes: bool
    moves: bool
    together: Known
    hours: float | None


def at_hand(enrollment: Enrollment, *, on: date, at: datetime) -> AtHand:
    """One query. The enrollment comes with its cohort and the learner's user."""
    today = enrollment.cohort.today(at)
    asked: dict[str, Any] = {
        "organization": required_organization_id(), "learner": enrollment.learner_id, "enrollment": enrollment.pk,
        "cohort": enrollment.cohort_id, "week": monday_of(on), "at": at, "today": today, "weekday": today.weekday(),
        "own_day": own_day(enrollment, at),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(AT_HAND, asked)
        told = cursor.fetchone()
    peer_tasks, presentation, offers, certificates, surveys, actions, proposal, notes, moves, *rest, hours = told
    group, pairs, gatherings, writes, wrote = rest
    return AtHand(
        peer_tasks=peer_tasks, presentation=presentation, offers=offers, certificates=certificates, surveys=surveys,
        actions=actions, proposal=proposal, notes=notes, moves=moves,
        together=Known(group=group, pairs=pairs, gatherings=gatherings, writes=writes, wrote=wrote),
        hours=None if hours is None else float(hours),
    )  # fmt: skip
