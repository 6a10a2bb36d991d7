import pytest
from django.db import connection
from django.db.models import Q, QuerySet
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Role
from organizations.asking import asked, count_of
from organizations.prepared import Prepared, among
from organizations.scope import NoOrganization, scope
from tests.conftest import Cast


def named(name: str) -> "QuerySet[Membership]":
    return Membership.objects.filter(name=name).select_related("user")


def test_rows_are_those_of_the_organization_that_asks(cast: Cast) -> None:
    everybody = Prepared(lambda: Membership.objects.order_by("name").values_list("name", flat=True))
    told = []
    for organization in (cast.organization, cast.elsewhere, cast.organization):
        with scope(organization.pk):
            told.append(everybody.rows() == list(Membership.objects.order_by("name").values_list("name", flat=True)))
            assert ("Otto Elders" in everybody.rows()) == (organization == cast.elsewhere)
    assert told == [True] * 3


def test_without_an_organization_nothing_is_read(cast: Cast) -> None:
    prepared = Prepared(named)
    for _before_it_is_built_and_after in range(2):
        with pytest.raises(NoOrganization), CaptureQueriesContext(connection) as queries:
            prepared.rows(name="Otto Elders")
        assert len(queries) == 0
        with scope(cast.organization.pk):
            assert prepared.rows(name="Otto Elders") == []


def test_values_are_filled_in_anew_and_rows_read_anew(cast: Cast) -> None:
    built = []

    def build(name: str) -> "QuerySet[Membership]":
        built.append(name)
        return named(name)

    prepared = Prepared(build)
    with scope(cast.organization.pk):
        assert (prepared.first(name=cast.amira.name), prepared.first(name=cast.daan.name)) == (cast.amira, cast.daan)
        with CaptureQueriesContext(connection) as queries:
            found = prepared.first(name=cast.amira.name)
            assert found is not None
            assert found.user.email == cast.amira.user.email
        assert len(queries) == len(built) == 1
        Membership.objects.filter(pk=cast.amira.pk).update(name="Amira O’Neill; --%s")
        assert prepared.first(name=cast.amira.name) is None
        assert prepared.first(name="Amira O’Neill; --%s") == cast.amira


def test_any_kind_of_query_can_be_prepared(cast: Cast) -> None:
    ids = [cast.amira.pk, cast.daan.pk]
    chosen = Prepared(lambda ids: Membership.objects.filter(among("pk", ids)).order_by("name"))
    people = Membership.objects.with_role(Role.LEARNER)
    both = Prepared(
        lambda name: (
            people.filter(name=name)
            .values_list("name")
            .union(
                Membership.objects.filter(~Q(name=name) & Q(roles__contains=[Role.ADMIN])).values_list("name"), all=True
            )
            .order_by("name")
        )
    )
    counted = Prepared(lambda name: asked(named=count_of(Membership.objects.filter(name=name))))
    with_invitations = Prepared(lambda name: named(name).for_people())  # type: ignore[attr-defined]
    with scope(cast.organization.pk):
        assert chosen.rows(ids=ids) == [cast.amira, cast.daan]
        assert chosen.rows(ids=[]) == list(Membership.objects.filter(among("pk", set()))) == []
        assert both.rows(name=cast.amira.name) == [(cast.ada.name,), (cast.amira.name,)]
        assert counted.rows(name=cast.amira.name) == [{"named": 1}]
        with CaptureQueriesContext(connection) as queries:
            [found] = with_invitations.rows(name=cast.amira.name)
            assert list(found.invitations.all()) == []
        assert len(queries) == 2
        sql, params = chosen.statement(ids=ids)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({sql}) AS found", params)
            assert cursor.fetchone() == (2,)


def test_a_value_that_is_not_given_is_missed(cast: Cast) -> None:
    with scope(cast.organization.pk), pytest.raises(KeyError):
        Prepared(named).rows()
