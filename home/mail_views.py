"""What Gilde sent, for staff; and the mailbox of the demonstration, where its mail lands."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from notifications.kinds import KINDS
from notifications.models import Message

PER_PAGE = 50


@requires(Role.STAFF)
@require_safe
def list_messages(request: MemberRequest, organization: str) -> HttpResponse:
    """Every message with what became of it, newest first; one state on request."""
    state = request.GET.get("state", "")
    messages = Message.objects.select_related("recipient").order_by("-created_at", "-id")
    if state in Message.State.values:
        messages = messages.filter(state=state)
    page = Paginator(messages, PER_PAGE).get_page(request.GET.get("page"))
    rows = [{"message": message, "title": KINDS[message.kind].title} for message in page if message.kind in KINDS]
    context = {"page": page, "rows": rows, "state": state, "states": Message.State.choices}
    return render(request, "home/messages.html", context)


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """The demonstration's mail, newest first: it has no mail host of its own. 404 anywhere else."""
    if not settings.DEMO:
        raise Http404
    names = sorted((path.name for path in Path(settings.MAILBOX_DIR).glob("*.eml")), reverse=True)
    page = Paginator(names, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "home/mailbox.html", {"page": page, "mails": [_read(name) for name in page]})


def _read(name: str) -> dict[str, str]:
    mail = message_from_bytes((Path(settings.MAILBOX_DIR) / name).read_bytes(), policy=policy.default)
    body = mail.get_body(("plain",)) if isinstance(mail, EmailMessage) else None
    text = str(body.get_content()) if body is not None else ""
    return {"sender": str(mail["From"]), "to": str(mail["To"]), "subject": str(mail["Subject"]), "text": text}
