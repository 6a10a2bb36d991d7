"""Rules about what must be done before what."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from curriculum.audit.findings import Finding, state
from curriculum.plan.nodes import Plan


def requirement_findings(plan: Plan) -> Iterator[Finding]:
    """A required module that comes later: whoever follows the order of the plan meets it too late."""
    places = {module.code: place for place, module in enumerate(plan.modules)}
    for module in plan.modules:
        for code in module.requires:
            if places.get(code, -1) > places[module.code]:
                yield state(
                    "requirement_comes_later",
                    "warning",
                    module.code,
                    "",
                    code,
                    _("Module %(code)s requires %(found)s, which comes after it."),
                    _("Move %(found)s before %(code)s, or leave the requirement out."),
                    module.requires_line or module.line,
                    code=module.code,
                )
