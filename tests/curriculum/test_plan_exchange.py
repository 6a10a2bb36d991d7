"""What is exported is imported the same, in Markdown and in YAML."""

import pytest
from hypothesis import HealthCheck, given, settings

from curriculum.plan.from_yaml import read_yaml
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import Plan
from curriculum.plan.to_markdown import write_markdown
from curriculum.plan.to_yaml import write_yaml
from tests.curriculum.generated import plans
from tests.curriculum.plans import SMALL, real_plan

GENERATED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@GENERATED
@given(plans())
def test_any_plan_survives_yaml(plan: Plan) -> None:
    assert read_yaml(write_yaml(plan)) == plan


@GENERATED
@given(plans())
def test_any_plan_survives_markdown(plan: Plan) -> None:
    assert read_plan(write_markdown(plan)) == plan
