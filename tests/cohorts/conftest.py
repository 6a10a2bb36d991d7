import pytest

from cohorts import panels, risk, standing, work


@pytest.fixture
def without_apps_above(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the rules, sources and panels that apps above registered: a test that counts is about cohorts alone."""
    monkeypatch.setattr(risk, "_rules", [rule for rule in risk._rules if rule.__module__ == risk.__name__])
    monkeypatch.setattr(standing, "_activity_sources", [])
    monkeypatch.setattr(work, "_sources", [])
    monkeypatch.setattr(panels, "_panels", {})
