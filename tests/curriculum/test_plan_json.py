import json
from typing import Any

import pytest

from curriculum.plan.nodes import Plan, PlanTarget, PlanTopic
from curriculum.plan.plain import from_plain, to_plain
from tests.curriculum.plans import real_plan


def test_a_plan_survives_json() -> None:
    assert from_plain(Plan, json.loads(json.dumps(to_plain(real_plan())))) == real_plan()


def test_whole_hours_are_whole_numbers() -> None:
    topic = from_plain(PlanTopic, {"code": "1.1.1", "title": "Water", "hours": 7.5})

    assert to_plain(topic)["hours"] == "7.5"
    assert to_plain(real_plan())["levels"][0]["hours"] == 2000


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        (PlanTopic, [], "PlanTopic: a mapping is needed"),
        (PlanTopic, {"code": "1"}, "PlanTopic: a field is missing"),
        (PlanTopic, {"code": 1, "title": "A"}, "PlanTopic.code: 1 is not str"),
        (PlanTopic, {"code": "1", "title": "A", "hours": True}, "PlanTopic.hours: a number is needed"),
        (PlanTopic, {"code": "1", "title": "A", "hours": "x"}, "PlanTopic.hours: 'x' is not a number"),
        (PlanTopic, {"code": "1", "title": "A", "hours": "NaN"}, "PlanTopic.hours: 'NaN' is not a number"),
        (PlanTopic, {"code": "1", "title": "A", "color": "red"}, "PlanTopic: unknown field color"),
        (PlanTopic, {"code": "1", "title": "A", "subtopics": {}}, "PlanTopic.subtopics: a list is needed"),
        (PlanTopic, {"code": "1", "title": "A", "subtopics": [1]}, r"PlanTopic.subtopics\[0\]: a mapping is needed"),
        (PlanTarget, {"key": "fame"}, "PlanTarget.key: 'fame' is not one of"),
    ],
)
def test_data_of_another_shape_is_refused(kind: type[Any], data: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        from_plain(kind, data)
