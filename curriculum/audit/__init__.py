"""What does not add up in a plan. The real plan of the first user has contradictions; they are shown, not hidden."""

from curriculum.audit.claims import claim_findings
from curriculum.audit.findings import Finding, Severity
from curriculum.audit.pace import pace_findings
from curriculum.audit.requirements import requirement_findings
from curriculum.audit.tree import tree_findings
from curriculum.plan.nodes import Plan

__all__ = ["Finding", "Severity", "audit"]


def audit(plan: Plan) -> list[Finding]:
    """Every finding, once: errors before warnings, then in the order of the plan: levels first, claims after them.

    The tree of levels, modules and topics is checked against itself; claims, formats and targets are checked against
    the hours that the levels state. A plan read from Markdown and one made from stored rows give the same findings.
    """
    found = (*tree_findings(plan), *requirement_findings(plan), *pace_findings(plan), *claim_findings(plan))
    findings = {each.key: each for each in found}
    return sorted(findings.values(), key=lambda finding: finding.severity != "error")
