import re
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, override_settings
from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Membership, Role
from organizations.errors import DomainError
from organizations.scope import current_organization_id, scope
from tests.conftest import NOW, Cast

SignIn = Callable[[Membership | None], Client]


@requires(Role.STAFF)
def refuse(request: MemberRequest, organization: str) -> HttpResponse:
    Membership.objects.filter(pk=request.membership.pk).update(name="Written before the refusal")
    raise DomainError("too_late", _("That day is over. Choose a later one."))


@requires()
def write_and_fail(request: MemberRequest, organization: str) -> HttpResponse:
    Membership.objects.filter(pk=request.membership.pk).update(name="Written before the failure")
    raise RuntimeError


@requires()
def names(request: MemberRequest, organization: str) -> StreamingHttpResponse:
    def rows() -> Iterator[str]:
        for membership in Membership.objects.order_by("name"):
            yield f"{membership.name}\n"

    return StreamingHttpResponse(rows())


@requires()
def whoami(request: MemberRequest, organization: str) -> HttpResponse:
    return HttpResponse(f"{request.organization.name}: {request.membership.name}, {request.membership.user.email}")


def refuse_anyone(request: HttpRequest) -> HttpResponse:
    raise DomainError("no", "No. Do this instead.")


urlpatterns = [
    path("o/<slug:organization>/test/refuse/", refuse),
    path("o/<slug:organization>/test/fail/", write_and_fail),
    path("o/<slug:organization>/test/names/", names),
    path("o/<slug:organization>/test/whoami/", whoami),
    path("test/refuse/", refuse_anyone),
    path("", include("config.urls")),
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/o/lantaarn/people/?q=a"}


def without_token(page: bytes) -> str:
    return re.sub(r'csrfmiddlewaretoken" value="\w+"|X-CSRFToken": "\w+"', "", page.decode())


def test_signed_out_visitor_is_sent_to_sign_in_and_back(client: Client, cast: Cast) -> None:
    response = client.get("/o/lantaarn/people/?q=a&role=mentor")
    assert (response.status_code, response.headers["Location"]) == (
        302,
        "/accounts/login/?next=/o/lantaarn/people/%3Fq%3Da%26role%3Dmentor",
    )


def test_signed_out_visitor_cannot_tell_which_organizations_exist(client: Client, cast: Cast) -> None:
    answers = [client.get(f"/o/{slug}/people/") for slug in ("lantaarn", "nobody-home")]
    assert [answer.headers["Location"].replace("nobody-home", "lantaarn") for answer in answers] == [
        "/accounts/login/?next=/o/lantaarn/people/"
    ] * 2


def test_form_of_somebody_whose_session_ended_does_not_come_back_to_an_address_without_a_page(
    client: Client, cast: Cast
) -> None:
    assert client.post("/o/lantaarn/people/x/resend/").headers["Location"] == "/accounts/login/?next=/"


def test_htmx_request_of_somebody_whose_session_ended_moves_the_whole_page(client: Client, cast: Cast) -> None:
    response = client.get("/o/lantaarn/people/", headers=HTMX)
    assert response.headers["HX-Redirect"] == "/accounts/login/?next=/o/lantaarn/people/%3Fq%3Da"


def test_outsider_gets_the_page_of_an_address_that_does_not_exist(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.otto)
    theirs, nobodys = client.get("/o/lantaarn/people/"), client.get("/o/nobody-home/people/")
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert without_token(theirs.content).replace("lantaarn", "nobody-home") == without_token(nobodys.content)


@pytest.mark.parametrize("address", ["/o/%00/people/", "/o//people/", "/o/UPPER/", "/o/é/", f"/o/{'a' * 41}/", "/o/"])
def test_address_that_no_organization_can_have_is_not_found(sign_in: SignIn, cast: Cast, address: str) -> None:
    assert sign_in(cast.ilse).get(address).status_code == 404


def test_invited_person_who_has_not_joined_is_an_outsider(sign_in: SignIn, cast: Cast) -> None:
    with scope(cast.organization.pk):
        Membership.objects.filter(pk=cast.ilse.pk).update(joined_at=None)
    assert sign_in(cast.ilse).get("/o/lantaarn/people/").status_code == 404


def test_wrong_role_is_refused_and_admin_may_do_what_staff_may(sign_in: SignIn, cast: Cast) -> None:
    people = {"joris": 403, "amira": 403, "ilse": 200, "ada": 200}
    answers = {name: sign_in(getattr(cast, name)).get("/o/lantaarn/people/").status_code for name in people}
    assert answers == people


def test_member_of_two_organizations_is_somebody_else_in_each(sign_in: SignIn, cast: Cast) -> None:
    with scope(cast.organization.pk):
        Membership.objects.create(user=cast.otto.user, name="Otto here", roles=[Role.LEARNER], joined_at=NOW)
    client = sign_in(cast.otto)
    here, there = client.get("/o/lantaarn/test/whoami/"), client.get("/o/elsewhere/test/whoami/")
    assert here.content == b"Lantaarn Academy: Otto here, otto@elsewhere.example"
    assert there.content == b"Elsewhere School: Otto Elders, otto@elsewhere.example"


def test_rule_that_no_form_caught_is_a_page_that_says_the_fix_and_saves_nothing(sign_in: SignIn, cast: Cast) -> None:
    response = sign_in(cast.ilse).post("/o/lantaarn/test/refuse/")
    assert response.status_code == 422
    assert "That day is over. Choose a later one." in response.content.decode()
    with scope(cast.organization.pk):
        assert Membership.objects.get(pk=cast.ilse.pk).name == "Ilse Brouwer"


def test_rule_outside_an_organization_is_answered_too(client: Client) -> None:
    response = client.get("/test/refuse/")
    assert (response.status_code, "No. Do this instead." in response.content.decode()) == (422, True)


def test_rule_answers_htmx_with_a_toast_in_place_of_the_fragment(sign_in: SignIn, cast: Cast) -> None:
    response = sign_in(cast.ilse).post("/o/lantaarn/test/refuse/", headers=HTMX)
    assert response.status_code == 422
    assert (response.headers["HX-Retarget"], response.headers["HX-Reswap"]) == ("#toasts", "beforeend")
    assert response.content.decode().startswith('<div class="toast error" role="alert">')


def test_failing_view_undoes_what_it_wrote(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.ilse)
    client.raise_request_exception = False
    assert client.post("/o/lantaarn/test/fail/").status_code == 500
    with scope(cast.organization.pk):
        assert Membership.objects.get(pk=cast.ilse.pk).name == "Ilse Brouwer"


def test_streamed_body_is_made_inside_the_organization(sign_in: SignIn, cast: Cast) -> None:
    response = sign_in(cast.ilse).get("/o/lantaarn/test/names/")
    assert current_organization_id() is None
    body = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert body.split("\n") == ["Ada Visser", "Amira Haddad", "Daan Kuiper", "Ilse Brouwer", "Joris Hoekema", ""]


def test_person_without_a_zone_reads_the_organizations_clock(sign_in: SignIn, cast: Cast) -> None:
    cast.organization.time_zone = "Asia/Tokyo"
    cast.organization.save()
    client = sign_in(cast.ada)
    address = f"/o/lantaarn/people/{cast.amira.pk}/"
    assert "10:00 (Amsterdam)" in client.get(address).content.decode()
    cast.ada.user.time_zone = ""
    cast.ada.user.save()
    assert "18:00 (Tokyo)" in client.get(address).content.decode()


def test_language_comes_from_the_profile_then_the_cookie_then_the_browser(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(None)

    def language(**headers: str) -> str:
        return client.get("/accounts/login/", headers=headers).headers["Content-Language"]

    assert (language(), language(accept_language="nl-BE,nl;q=0.9")) == ("en", "nl")
    client.cookies["django_language"] = "nl"
    assert language() == "nl"
    client = sign_in(cast.ilse)
    client.cookies["django_language"] = "nl"
    assert client.get("/profile/").headers["Content-Language"] == "en"


def test_person_of_the_organization_that_does_not_exist_there_is_not_found(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.ada)
    for pk in (cast.otto.pk, uuid4()):
        assert client.get(f"/o/lantaarn/people/{pk}/").status_code == 404


@override_settings(DEBUG=False)
def test_not_found_page_inside_an_organization_keeps_its_name(sign_in: SignIn, cast: Cast) -> None:
    response = sign_in(cast.ilse).get("/o/lantaarn/nothing-here/")
    assert (response.status_code, "· Lantaarn Academy</title>" in response.content.decode()) == (404, True)
