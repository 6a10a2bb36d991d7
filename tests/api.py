"""How tests ask the API, and how many queries that takes."""

import json
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext


def post_json(client: Client, url: str, body: Any) -> HttpResponse:
    return client.post(url, json.dumps(body), content_type="application/json")


def put_json(client: Client, url: str, body: Any) -> HttpResponse:
    return client.put(url, json.dumps(body), content_type="application/json")


def body_of(response: HttpResponse, status: int = 200) -> Any:
    """What it says, when it says so with that status."""
    assert response.status_code == status, response.content
    kind = "application/json" if status < 400 else "application/problem+json"
    assert response.headers["Content-Type"] == kind
    return json.loads(response.content)


def queries_of(client: Client, url: str) -> int:
    """The SELECTs of the second time, without those that set the scope."""
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return sum(
        query["sql"].startswith(("SELECT", "WITH", "\nWITH")) and "_config(" not in query["sql"]
        and "current_setting(" not in query["sql"]
        for query in captured
    )  # fmt: skip
