"""The time zones that a person may choose, read from the `tzdata` package so that every machine offers the same."""

from collections import defaultdict
from functools import cache
from importlib import resources

from django.utils.translation import gettext as _

from accounts.errors import AccountError

Choices = list[tuple[str, list[tuple[str, str]]]]


@cache
def zone_names() -> frozenset[str]:
    """Every name that may be stored: also old ones, which are still right for whoever has them."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


@cache
def zone_choices() -> Choices:
    """The zones in use today by part of the world, each as (name, words), and UTC."""
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    regions: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in sorted(line.split("\t")[2].strip() for line in table.splitlines() if not line.startswith("#")):
        region, _slash, place = name.partition("/")
        regions[region].append((name, place.replace("_", " ").replace("/", ", ")))
    return [*sorted(regions.items()), ("UTC", [("UTC", "UTC")])]


def check_zone(name: str) -> str:
    """The name, when it is a zone. Raises AccountError `unknown_zone`."""
    if name not in zone_names():
        raise AccountError(
            "unknown_zone", _("“%(zone)s” is not a time zone. Choose one such as Europe/Amsterdam.") % {"zone": name}
        )
    return name
