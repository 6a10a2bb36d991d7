import zoneinfo

import pytest

from accounts.errors import AccountError
from accounts.zones import check_zone, zone_choices, zone_names


def test_every_choice_is_a_zone_that_python_knows() -> None:
    offered = [name for _region, zones in zone_choices() for name, _words in zones]
    assert len(offered) == len(set(offered)) > 400
    assert {"Europe/Amsterdam", "America/Argentina/Buenos_Aires", "UTC"} <= set(offered) <= zone_names()
    assert all(zoneinfo.ZoneInfo(name).key == name for name in offered)


def test_choices_are_in_words_by_part_of_the_world() -> None:
    choices = dict(zone_choices())
    assert ("America/Argentina/Buenos_Aires", "Argentina, Buenos Aires") in choices["America"]
    assert choices["UTC"] == [("UTC", "UTC")]


@pytest.mark.parametrize("name", ["Europe/Rotterdam", "europe/amsterdam", "../etc/passwd", "", "UTC "])
def test_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(AccountError) as caught:
        check_zone(name)
    assert caught.value.code == "unknown_zone"


def test_zone_with_an_old_name_is_still_a_zone() -> None:
    assert check_zone("Asia/Calcutta") == "Asia/Calcutta"
