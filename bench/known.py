"""Tables that PostgreSQL knows, as after the first minute of use: what was just loaded it would plan blindly for."""

import psycopg
from django.conf import settings
from django.db import connection


def analyze() -> None:
    """As the owner: the application's own role may not."""
    login = {key: settings.OWNER_DATABASE[key.upper()] for key in ("user", "password")}
    with psycopg.connect(**{**connection.get_connection_params(), **login}) as owner:
        owner.execute("ANALYZE")
