from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications import unsubscribing


@csrf_exempt  # a mail host has no session; the signed address is the right to do just this
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """One click in a mail program posts here. Looking changes nothing: hosts open links to see where they lead."""
    subscription = unsubscribing.subscription_of(token)
    if subscription is None:
        return render(request, "notifications/unsubscribe_closed.html", status=404)
    before = request.POST.get("before", "")
    if request.method == "POST" and "undo" in request.POST:
        unsubscribing.subscribe_again(subscription, email=before)
    elif request.method == "POST":
        before = unsubscribing.unsubscribe(subscription)
    context = {"subscription": subscription, "is_off": unsubscribing.is_off(subscription), "before": before}
    return render(request, "notifications/unsubscribe.html", {**context, "was_undone": "undo" in request.POST})
