"""For whoever watches the servers: is the process up, and can it do its work?"""

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse


def health(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """PostgreSQL and Redis answer too; 503 names the one that does not."""
    failing = []
    for name, probe in (("postgresql", _ask_postgresql), ("redis", _ask_redis)):
        try:
            probe()
        except Exception:
            failing.append(name)
    return JsonResponse(
        {"status": "unavailable" if failing else "ok", "failing": failing}, status=503 if failing else 200
    )


def _ask_postgresql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_redis() -> None:
    cache.get("ready")
