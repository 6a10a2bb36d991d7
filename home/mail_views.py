"""What Gilde sent, for staff; and the mailbox of the demonstration, where its mail lands."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Membership, Role
from home.message_filter import MessageFilter
from notifications.dead_letters import causes_of_death, resend, resend_all
from notifications.kinds import KINDS
from notifications.models import Message

PER_PAGE = 50


@requires(Role.STAFF)
@require_safe
def list_messages(request: MemberRequest, organization: str) -> HttpResponse:
    """Every message with what became of it, newest first: by state, kind, person and cohort on request."""
    form = MessageFilter(request.GET)
    page = Paginator(form.found(), PER_PAGE).get_page(request.GET.get("page"))
    members = Membership.objects.filter(user__in=[message.recipient_id for message in page])
    people = {member.user_id: member for member in members}
    rows = [
        {"message": message, "title": _title(message), "person": people.get(message.recipient_id)} for message in page
    ]
    causes = causes_of_death() if form.state == Message.State.DEAD else []
    states = [(value, label, form.address(state=value)) for value, label in [("", _("All")), *Message.State.choices]]
    context = {"page": page, "rows": rows, "form": form, "states": states, "causes": causes}
    return render(request, "home/messages.html", context)


def _title(message: Message) -> str:
    kind = KINDS.get(message.kind)
    return str(message.payload.get("subject") or kind.title) if kind else message.kind


@requires(Role.STAFF)
@require_POST
def resend_message(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    get_object_or_404(Message, pk=pk)
    message = resend(pk=pk, now=timezone.now())
    messages.success(
        request, _("“%(what)s” goes to %(who)s again.") % {"what": _title(message), "who": message.recipient}
    )
    return redirect(f"{reverse('home:messages', args=[organization])}?state={Message.State.DEAD}")


@requires(Role.STAFF)
@require_POST
def resend_messages(request: MemberRequest, organization: str) -> HttpResponse:
    """All dead letters of one cause."""
    count = resend_all(cause=request.POST.get("cause", ""), now=timezone.now())
    said = ngettext("%(count)s message is sent again.", "%(count)s messages are sent again.", count)
    messages.success(request, said % {"count": count})
    return redirect(f"{reverse('home:messages', args=[organization])}?state={Message.State.DEAD}")


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
