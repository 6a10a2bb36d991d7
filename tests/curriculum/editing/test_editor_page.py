from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from accounts.models import Membership
from curriculum.editing.content import change
from curriculum.editing.draft import Draft
from curriculum.models import CurriculumVersion, DraftEdit
from curriculum.plan.nodes import Plan
from curriculum.publishing import publish
from curriculum.tree import plan_of
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.curriculum.editing.given import TWO_LEVELS, a_draft, node, outline
from tests.curriculum.plans import SMALL, real_plan

SignIn = Callable[[Membership | None], Client]
HTMX = {"hx-request": "true"}


def test_page(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        version = a_draft(cast, real_plan())
        module = next(each for each in Draft(version).module_list() if each.code == "1.1")
        topic = Draft(version).topics[module.pk][0]
    client = sign_in(cast.ilse)
    for query in (
        "",
        f"?open={module.level_id}",
        f"?open={module.pk}",
        f"?open={module.pk}&full={topic.pk}",
        f"?open={version.pk}",
        f"?full={topic.pk}",
    ):
        response = client.get(f"/o/lantaarn/curriculum/{version.pk}/edit/{query}")
        print(query, response.status_code, len(response.content), len(connection.queries))
        assert response.status_code == 200
