import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Invitation, Membership
from organizations.scope import NoOrganization, current_organization_id, scope
from tests.conftest import NOW, Cast


def test_scope_shows_one_organization_only(cast: Cast) -> None:
    with scope(cast.elsewhere.pk):
        assert [row.name for row in Membership.objects.all()] == ["Otto Elders"]


def test_query_without_scope_raises(cast: Cast) -> None:
    with pytest.raises(NoOrganization):
        Membership.objects.count()


def test_scopes_nest_and_return(cast: Cast) -> None:
    with scope(cast.organization.pk):
        with scope(cast.elsewhere.pk):
            assert Membership.objects.count() == 1
        assert Membership.objects.count() == 5
        with pytest.raises(ZeroDivisionError), scope(cast.elsewhere.pk):
            _ = 1 / 0
        assert Membership.objects.count() == 5
        assert current_organization_id() == cast.organization.pk
    assert current_organization_id() is None


def test_raw_sql_without_scope_sees_no_tenant_row(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_membership")
        assert cursor.fetchone() == (0,)
        with pytest.raises(Exception, match=r"app\.organization_id|uuid"), transaction.atomic():
            cursor.execute("SELECT count(*) FROM cohorts_cohort")


def test_row_cannot_point_into_another_organization(cast: Cast) -> None:
    with scope(cast.organization.pk), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="same_organization"), transaction.atomic():
            Invitation.objects.create(membership_id=cast.otto.pk, token_hash="x", expires_at=NOW)


def test_row_cannot_be_written_for_another_organization(cast: Cast) -> None:
    with pytest.raises(Exception, match="row-level security"), scope(cast.organization.pk):
        Membership.objects.filter(pk=cast.amira.pk).update(organization=cast.elsewhere)


def test_application_cannot_become_the_owner(raw_app_connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw_app_connection.execute("SET ROLE gilde_owner")
