import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.errors import AccountError
from accounts.inviting import accept, invite, invite_many
from accounts.models import Invitation, Membership, Role, User
from notifications.models import Message
from organizations.scope import scope
from tests.conftest import NOW, Cast


def test_many_are_invited_as_one_is(lantaarn: Cast) -> None:
    waiting = invite(email="waiting@example.org", name="W.", roles=[Role.MENTOR], by=lantaarn.ilse, at=NOW)
    names = {"New@Example.org": "New", "waiting@example.org": "Waiting", "daan@lantaarn.example": "Other name"}

    members = invite_many(names=names, roles=[Role.LEARNER], by=lantaarn.ilse, at=NOW)

    assert {email: (one.name, one.roles, bool(one.joined_at)) for email, one in members.items()} == {
        "new@example.org": ("New", ["learner"], False),
        "waiting@example.org": ("Waiting", ["mentor", "learner"], False),
        "daan@lantaarn.example": ("Daan Kuiper", ["learner"], True),
    }
    stored = Membership.objects.filter(pk__in=[one.pk for one in members.values()])
    assert {(one.name, *one.roles) for one in stored} == {(one.name, *one.roles) for one in members.values()}
    open_ones = Invitation.objects.open(at=NOW).values_list("membership__user__email", flat=True)
    assert sorted(open_ones) == ["new@example.org", "waiting@example.org"]
    assert Invitation.objects.get(pk=waiting.pk).revoked_at == NOW
    assert not User.objects.get(email="new@example.org").has_usable_password()


def test_link_of_one_of_many_lets_its_reader_join(cast: Cast) -> None:
    with scope(cast.organization.pk):
        [member] = invite_many(names={"new@example.org": "New"}, roles=[Role.LEARNER], by=cast.ilse, at=NOW).values()
        token = Message.objects.get(recipient=member.user).payload["path"].strip("/").rpartition("/")[2]

    assert accept(token=token, user=member.user, at=NOW).pk == member.pk


def test_staff_cannot_make_many_of_their_kind(lantaarn: Cast) -> None:
    with pytest.raises(AccountError) as refused:
        invite_many(names={"new@example.org": "New"}, roles=[Role.STAFF], by=lantaarn.ilse, at=NOW)

    assert refused.value.code == "roles_not_yours"
    assert not User.objects.filter(email="new@example.org").exists()


def test_statements_do_not_grow_with_the_people(lantaarn: Cast) -> None:
    def statements(start: int, count: int) -> int:
        names = {f"p{number}@example.org": "P" for number in range(start, start + count)}
        with CaptureQueriesContext(connection) as captured:
            invite_many(names=names, roles=[Role.LEARNER], by=lantaarn.ilse, at=NOW)
        return len(captured)

    assert statements(0, 1) == statements(1, 30)
