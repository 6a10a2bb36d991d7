from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.views.decorators.cache import cache_control

from organizations.branding import stylesheet

if TYPE_CHECKING:
    from accounts.middleware import MemberRequest


@cache_control(private=True, max_age=300)
def tenant_css(request: "MemberRequest", organization: str) -> HttpResponse:
    return HttpResponse(stylesheet(request.organization), content_type="text/css")
