"""A plan, or any part of one, in the types that JSON and YAML know, and back."""

import dataclasses
import types
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

Node = TypeVar("Node")


def to_plain(value: object) -> Any:
    """Whole numbers become ints and other decimals strings, so that no digit is lost."""
    if dataclasses.is_dataclass(value):
        return {item.name: to_plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    return value


def from_plain(kind: type[Node], data: object) -> Node:
    """The plan node that ``to_plain`` wrote; fields that are left out get their default.

    Raises ``ValueError`` naming the field for data of another shape.
    """
    return cast(Node, _node(kind, data, kind.__name__))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _node(kind: type, data: object, place: str) -> object:
    if not isinstance(data, Mapping):
        raise ValueError(f"{place}: a mapping is needed")
    hints = _hints(kind)
    unknown = set(data) - set(hints)
    if unknown:
        raise ValueError(f"{place}: unknown field {min(map(str, unknown))}")
    values = {name: _value(hints[name], each, f"{place}.{name}") for name, each in data.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"{place}: a field is missing") from error


def _value(hint: Any, data: object, place: str) -> object:
    origin = get_origin(hint)
    if origin in {types.UnionType, Union}:
        return None if data is None else _value(get_args(hint)[0], data, place)
    if origin is tuple:
        if not isinstance(data, list | tuple):
            raise ValueError(f"{place}: a list is needed")
        return tuple(_value(get_args(hint)[0], each, f"{place}[{index}]") for index, each in enumerate(data))
    if origin is Literal:
        if data not in get_args(hint):
            raise ValueError(f"{place}: {data!r} is not one of {', '.join(get_args(hint))}")
        return data
    if dataclasses.is_dataclass(hint):
        return _node(cast(type, hint), data, place)
    if hint is Decimal:
        return _decimal(data, place)
    if not isinstance(data, hint) or isinstance(data, bool):
        raise ValueError(f"{place}: {data!r} is not {hint.__name__}")
    return data


def _decimal(data: object, place: str) -> Decimal:
    if isinstance(data, bool) or not isinstance(data, int | float | str | Decimal):
        raise ValueError(f"{place}: a number is needed")
    try:
        number = Decimal(str(data))
    except InvalidOperation as error:
        raise ValueError(f"{place}: {data!r} is not a number") from error
    if not number.is_finite():
        raise ValueError(f"{place}: {data!r} is not a number")
    return number
