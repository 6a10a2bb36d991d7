"""What a module requires: read from the numbers that a person writes, and checked as a plan that is imported is."""

import re
from collections.abc import Sequence
from uuid import UUID

from curriculum.editing.draft import Draft
from curriculum.editing.steps import images_when
from curriculum.errors import CurriculumError
from curriculum.models import Module, Requirement
from curriculum.plan.references import requirement_faults
from curriculum.plan.words import required_codes
from curriculum.sentences import Sentence

_BETWEEN = re.compile(r"[\s,;]+")


def numbers_in(text: str) -> tuple[str, ...]:
    """The numbers in a text such as "1.1, 1.2" or "1.1 and 1.2", each once, whether or not there are such modules."""
    return required_codes(text) or tuple(dict.fromkeys(part for part in _BETWEEN.split(text) if part))


def written(draft: Draft, module: Module) -> tuple[str, ...]:
    """The numbers of the modules that it requires."""
    return tuple(draft.codes()[pk] for pk in draft.requires()[module.pk])


def read_required(draft: Draft, module: Module, numbers: Sequence[str], *, seen: int | None) -> list[UUID]:
    """The modules that somebody means who saw the draft after the step of number `seen`; None means as it is now.

    Modules may have other numbers by now, and requirements on a module that was deleted are gone; what was not
    touched since stays as it is. Raises CurriculumError for a number that no module had, the module itself, and a
    circle.
    """
    then = images_when(draft, seen)
    modules = {image["code"]: pk for pk, (model, image) in then.items() if model == Module.__name__}
    stated = sorted(
        (image["position"], image["required_id"])
        for model, image in then.values()
        if model == Requirement.__name__ and image["module_id"] == str(module.pk)
    )
    meant: list[UUID | str] = [modules.get(number, number) for number in numbers]
    if [str(each) for each in meant] == [pk for _position, pk in stated]:
        return draft.requires()[module.pk]
    return check_required(draft, module, meant)


def check_required(draft: Draft, module: Module, required: Sequence[UUID | str]) -> list[UUID]:
    """The modules, when they can be required. A number stands for a module that is not there."""
    codes: dict[UUID | str, str] = dict(draft.codes().items())
    requires: dict[UUID | str, Sequence[UUID | str]] = dict(draft.requires().items())
    requires[module.pk] = required
    for fault in requirement_faults(requires, called=lambda key: codes.get(key, str(key))):
        raise CurriculumError(fault.code, f"{Sentence(fault.sentence, fault.values)} {Sentence(fault.fix)}")
    return [each for each in required if isinstance(each, UUID)]
