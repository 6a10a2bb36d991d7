"""Reminders per second against a bare SMTP loop, in the same run; with one worker and with two.

The loop hands over one finished mail again and again, as smtplib does and nothing else, over as many connections as
there are workers. Both speak to a server in a process of its own that accepts everything and keeps nothing; being one
process, it has a limit of its own, which the loop over two connections shows. A worker is a process that sends rounds
as Celery's workers do: every reminder is checked against where its learner stands, written in two parts and marked in a
transaction of its own.
"""

import contextlib
import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice, zip_longest
from uuid import uuid4

from django.core.management import call_command
from django.utils import timezone

from cohorts.models import Cohort, Enrollment
from cohorts.standing import standings_of
from config.embedded import ROOT, free_port
from notifications.models import Message
from notifications.outbox import Draft, enqueue_many
from notifications.writing import compose
from organizations.models import Organization
from organizations.scope import scope

MAILS = 1200
#: Of the bare loop with one worker, and how much faster two are than one.
GOAL, GOAL_OF_TWO = 0.4, 1.8


def measure() -> None:
    call_command("migrate", verbosity=0)
    call_command("demonstrate")
    organization = Organization.objects.get(slug="lantaarn")
    with _mail_host() as port:
        one, limit = _measured(organization, port, 1)
        _say("reminders, 1 worker", one, limit, f"{_verdict(one / limit, GOAL)} the goal of ×{GOAL}")
        two, limit = _measured(organization, port, 2)
        verdict = f"×{two / one:.2f} of one worker, {_verdict(two / one, GOAL_OF_TWO)} the goal of ×{GOAL_OF_TWO}"
        _say("reminders, 2 workers", two, limit, verdict)


def _measured(organization: Organization, port: int, workers: int) -> tuple[float, float]:
    """Mails a second of so many workers, and of the bare loop over so many connections."""
    _queue(organization)
    limit = MAILS / _bare_loop(organization, port, workers)
    ours = MAILS / _workers(port, workers)
    _check_all_sent(organization)
    return ours, limit


def _verdict(ratio: float, goal: float) -> str:
    return "within" if ratio >= goal else "below"


def _say(title: str, ours: float, limit: float, verdict: str) -> None:
    print(f"{title:<28} {ours:7.1f} /s   limit {limit:7.1f} /s   ×{ours / limit:.2f}   {verdict}")


@contextlib.contextmanager
def _mail_host() -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.mail_host", str(port)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it says when it listens
        yield port
    finally:
        process.terminate()
        process.wait()


def _queue(organization: Organization) -> None:
    """Reminders that are true: of milestones that active learners have not reached."""
    now = timezone.now()
    with scope(organization.pk):
        Message.objects.filter(key__startswith="bench:").delete()
        active = Enrollment.objects.filter(
            status=Enrollment.Status.ACTIVE, cohort__status=Cohort.Status.RUNNING
        ).select_related("version", "cohort", "learner__user")
        of_each = (
            [(one.enrollment, due) for due in one.milestones if not one.has_reached(due)]
            for one in standings_of(active[:100], on=now.date())
        )
        # One after another to different people, as reminders are.
        pairs = [pair for turn in zip_longest(*of_each) for pair in turn if pair is not None]
        enqueue_many(
            Draft(
                kind="milestone_ahead",
                recipient_id=enrollment.learner.user_id,
                key=f"bench:{uuid4()}",
                due_at=now,
                subject_id=due.id,
                payload={"enrollment": str(enrollment.pk), "due_on": due.due_on.isoformat()},
            )
            for enrollment, due in islice(cycle(pairs), MAILS)
        )


def _bare_loop(organization: Organization, port: int, connections: int) -> float:
    with scope(organization.pk):
        message = Message.objects.filter(key__startswith="bench:").select_related("recipient")[0]
        mail = compose(message, organization, timezone.now()).mail.content

    def hand_over(number: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as host:
            for _mail in range(number):
                host.sendmail("gilde@localhost", ["somebody@lantaarn.example"], mail)

    with ThreadPoolExecutor(connections) as pool:
        began = time.perf_counter()
        list(pool.map(hand_over, [MAILS // connections] * connections))
        return time.perf_counter() - began


def _workers(port: int, number: int) -> float:
    """Seconds from the word to begin until the last of so many processes has nothing left to send."""
    env = {**os.environ, "EMAIL_URL": f"smtp://127.0.0.1:{port}"}
    command = [sys.executable, "-m", "bench.reminder_worker"]
    processes = [
        subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _worker in range(number)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()  # it says when it is ready
    began = time.perf_counter()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    took = time.perf_counter() - began
    for process in processes:
        process.communicate()
    return took


def _check_all_sent(organization: Organization) -> None:
    with scope(organization.pk):
        sent = Message.objects.filter(key__startswith="bench:", state=Message.State.SENT)
        if sent.count() != MAILS:
            sys.exit(f"{sent.count()} of {MAILS} reminders were sent")
        sent.delete()
