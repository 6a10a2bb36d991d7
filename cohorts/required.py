"""The modules that are to be done before another one, and whether a learner has done them."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from uuid import UUID

from cohorts.outline import Outline, OutlineLevel, OutlineModule


@dataclass(frozen=True, slots=True)
class RequiredModule:
    """A module that another one requires. `level` is None where the cohort does not walk it: whether it is done is not
    known then."""

    id: UUID
    code: str
    title: str
    level: int | None
    is_done: bool


def required_modules(
    outline: Outline, *, walked: Iterable[OutlineLevel], done: Container[UUID | None]
) -> dict[UUID, RequiredModule]:
    """Every module of the version as one that requires it shows it, from the parts that are done."""
    numbers = {level.number for level in walked}
    return {
        module.id: RequiredModule(
            module.id,
            module.code,
            module.title,
            level.number if level.number in numbers else None,
            _is_done(module, done),
        )
        for level in outline.levels
        for module in level.modules
    }


def _is_done(module: OutlineModule, done: Container[UUID | None]) -> bool:
    return bool(module.parts) and not module.asks_track and all(part.id in done for part in module.parts)
