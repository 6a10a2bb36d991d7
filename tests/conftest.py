"""One database from a template, one cast for every test, and the application's own role throughout.

Ilse (staff), Joris (mentor), Amira (learner), Daan (another learner) and Ada (admin) belong to the Lantaarn academy;
Otto is the admin of another organization; nobody is signed in until a test says so.
"""

import contextlib
import gc
import hashlib
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.cached_db import SessionStore
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.template import Context, Template
from django.test import Client
from django.test import client as test_client
from django.test.utils import ContextList
from django.utils import timezone, translation
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from accounts.models import Membership, Role, User
from cohorts.reasons import make_standard_reasons
from organizations.models import Organization
from organizations.scope import scope
from tests import examples as examples
from tests.mail import mail_server as mail_server

if TYPE_CHECKING:
    from tests.world import World

ROOT = Path(__file__).resolve().parent.parent
#: What takes tens of seconds, by path.
LONGEST = ("tests/e2e/", "test_real_faults", "test_booking_race", "test_garbage", "tests/config/")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

#: TRUNCATE of all tables makes a thousand files anew; most tables had no row in that test.
EMPTY_TABLES = """
CREATE FUNCTION empty_tables() RETURNS void SECURITY DEFINER LANGUAGE plpgsql AS $$
DECLARE
    used regclass[] := ARRAY(
        SELECT oid FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'django_migrations'
            AND pg_relation_size(oid) > 0
    );
    used_one regclass;
BEGIN
    FOREACH used_one IN ARRAY used LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', used_one);
        EXECUTE format('DELETE FROM %s', used_one);
    END LOOP;
    SET CONSTRAINTS ALL IMMEDIATE;
    FOREACH used_one IN ARRAY used LOOP
        EXECUTE format('ALTER TABLE %s ENABLE TRIGGER USER', used_one);
    END LOOP;
END
$$
"""


def pytest_configure(config: pytest.Config) -> None:
    hypothesis_settings.load_profile("suite")
    # A worker holds a million objects that live as long as it does: looking through them for garbage took a tenth.
    gc.set_threshold(50_000, 50, 100)
    test_client.store_rendered_templates = _store_context
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.TEMPLATES[0]["DIRS"].append(ROOT / "tests" / "templates")
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
    # A Redis database for each process: what one test clears or queues is none of the others' business.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    number = 1 + (zlib.crc32(run.encode()) + worker) % 63
    settings.REDIS_URL = settings.CELERY_BROKER_URL = f"{settings.REDIS_URL.rpartition('/')[0]}/{number}"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": settings.REDIS_URL}}


def _store_context(store: dict[str, Any], template: Template, context: Context, **_options: Any) -> None:
    """What the test client keeps of a page: the context that the view gave.

    Its own way copies that of each part too, which took a fifth of the time of a page.
    """
    store.setdefault("templates", []).append(template)
    if context.template is template:
        store.setdefault("context", ContextList()).append(copy(context))


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests wait for browsers, servers and clocks now and then."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that none is left to run alone at the end."""
    items.sort(key=lambda item: not any(folder in item.nodeid for folder in LONGEST))


def _template_name() -> str:
    """Changes with whatever shapes the database."""
    sources = (
        sorted(ROOT.glob("*/migrations/*.py")) + sorted(ROOT.glob("*/models.py")) + sorted(ROOT.glob("*/models/*.py"))
    )
    sources += [ROOT / "organizations" / "isolation.py", ROOT / "requirements" / "base.txt"]
    shapes = [*(path.read_bytes() for path in sources), EMPTY_TABLES.encode()]
    digest = hashlib.sha256(b"".join(shapes)).hexdigest()[:12]
    return f"test_gilde_template_{digest}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Give this process a database of its own, copied from a template that is made once per change of the models."""
    owner = {key: settings.OWNER_DATABASE[key] for key in ("USER", "PASSWORD", "HOST", "PORT")}
    server = psycopg.connect(
        user=owner["USER"], password=owner["PASSWORD"], host=owner["HOST"], port=owner["PORT"], dbname="postgres",
        autocommit=True,
    )  # fmt: skip
    name, template = f"test_gilde_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}", _template_name()
    default = connections["default"]
    with server, django_db_blocker.unblock():
        # One process of this server makes it, and the others wait for that.
        server.execute("SELECT pg_advisory_lock(1)")
        try:
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
                _drop_leftovers(server)
                building = f"{template}_building"
                server.execute(f"DROP DATABASE IF EXISTS {building} WITH (FORCE)")
                server.execute(f"CREATE DATABASE {building}")
                default.settings_dict["NAME"] = building
                call_command("migrate", verbosity=0)
                with psycopg.connect(server.info.dsn, password=owner["PASSWORD"], dbname=building) as fresh:
                    fresh.execute(EMPTY_TABLES)
                server.execute(f"ALTER DATABASE {building} RENAME TO {template}")
            server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        finally:
            server.execute("SELECT pg_advisory_unlock(1)")
        default.close()
        default.settings_dict["NAME"] = name
        # What empties the tables after a transactional test.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(default.ops), "sql_flush", lambda *_args, **_options: ["SELECT empty_tables()"])
            yield
        connections.close_all()
        _drop(server, name)


def _drop(server: psycopg.Connection, name: str) -> None:
    try:
        server.execute(f"DROP DATABASE {name}")  # waits for autovacuum, which FORCE may not end
    except psycopg.errors.ObjectInUse:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _drop_leftovers(server: psycopg.Connection) -> None:
    """Templates of earlier models, and what killed runs left behind."""
    rows = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test_gilde_%'").fetchall()
    for (name,) in rows:
        owner = name.rpartition("_")[2]
        if "template" in name or not (owner.isdecimal() and Path(f"/proc/{owner}").exists()):
            with contextlib.suppress(psycopg.errors.ObjectInUse):
                server.execute(f"DROP DATABASE {name}")


@pytest.fixture(autouse=True)
def _fresh_cache(request: pytest.FixtureRequest) -> None:
    """Rate limits and sessions of one test are none of the next one's business."""
    if "client" in request.fixturenames or "sign_in" in request.fixturenames:
        cache.clear()


@pytest.fixture(autouse=True)
def _fresh_language() -> None:
    """A request leaves its viewer's language and zone in force; the next test starts with the default ones."""
    translation.activate(settings.LANGUAGE_CODE)
    timezone.deactivate()


@dataclass(frozen=True)
class Cast:
    """The people of every test, by first name; memberships of `organization`, and Otto's of `elsewhere`."""

    organization: Organization
    elsewhere: Organization
    ilse: Membership
    joris: Membership
    amira: Membership
    daan: Membership
    ada: Membership
    otto: Membership


def members(*people: tuple[str, str, Sequence[Role]]) -> list[Membership]:
    """Members of the organization in scope who have joined, with the password `correct horse`."""
    users = User.objects.bulk_create(
        User(
            email=User.objects.normalize_email(email),
            name=name,
            language="en",
            time_zone="Europe/Amsterdam",
            password=make_password("correct horse"),
        )
        for name, email, _roles in people
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
    )
    return Membership.objects.bulk_create(
        Membership(user=user, name=name, roles=list(roles), joined_at=NOW)
        for user, (name, _email, roles) in zip(users, people, strict=True)
    )


def member(name: str, email: str, *roles: Role) -> Membership:
    """One more of them."""
    return members((name, email, roles))[0]


def make_cast() -> Cast:
    lantaarn, elsewhere = Organization.objects.bulk_create(
        Organization(slug=slug, name=name)
        for slug, name in (("lantaarn", "Lantaarn Academy"), ("elsewhere", "Elsewhere School"))
    )
    with scope(elsewhere.pk):
        otto = member("Otto Elders", "otto@elsewhere.example", Role.ADMIN, Role.STAFF)
    with scope(lantaarn.pk):
        ilse, joris, amira, daan, ada = members(
            ("Ilse Brouwer", "ilse@lantaarn.example", [Role.STAFF]),
            ("Joris Hoekema", "joris@lantaarn.example", [Role.MENTOR]),
            ("Amira Haddad", "amira@lantaarn.example", [Role.LEARNER]),
            ("Daan Kuiper", "daan@lantaarn.example", [Role.LEARNER]),
            ("Ada Visser", "ada@lantaarn.example", [Role.ADMIN]),
        )
        make_standard_reasons()
    return Cast(
        organization=lantaarn, elsewhere=elsewhere, ilse=ilse, joris=joris, amira=amira, daan=daan, ada=ada, otto=otto
    )


def session_of(user: User) -> str:
    """The key of a new session in which they are signed in, made in a fifth of the time of `Client.force_login`."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture(scope="module")
def shared(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """What is written first is there for all tests of a module, in a transaction around theirs: each undoes its own.

    For modules without transactional tests.
    """
    with (
        django_db_blocker.unblock(),
        translation.override(settings.LANGUAGE_CODE),
        timezone.override(None),
        transaction.atomic(),
    ):
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def shared_world(shared: None) -> "World":
    """Made once for the tests of a module; a test that changes its objects takes a copy."""
    from tests.world import make_world  # which needs the cast

    return make_world(make_cast())


@pytest.fixture
def lantaarn(cast: Cast) -> Iterator[Cast]:
    """The cast, with Lantaarn in scope: for tests of domain functions."""
    with scope(cast.organization.pk):
        yield cast


@pytest.fixture
def sign_in(client: Client) -> Callable[[Membership | None], Client]:
    """The test client with that person signed in, or nobody."""

    def signed_in(person: Membership | None) -> Client:
        client.cookies.clear()
        if person is not None:
            client.cookies[settings.SESSION_COOKIE_NAME] = session_of(person.user)
        return client

    return signed_in


@pytest.fixture
def raw_app_connection(db: None) -> Iterator[psycopg.Connection]:
    """A connection of the application's own role to the test database, outside Django."""
    with psycopg.connect(**connection.get_connection_params()) as raw:
        yield raw
