"""Whether a stated target is met, judged on the whole interval and never on the estimate alone."""

from decimal import Decimal

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from outcomes.measuring.intervals import Interval, Method

MINIMUM_SETTLED = 20
# The values of `Target.Comparison`.
AT_LEAST, AT_MOST = ">=", "<="


class Verdict(TextChoices):
    ON_TARGET = "on_target", _("On target")
    TOO_CLOSE = "too_close", _("Too close to call")
    BELOW_TARGET = "below_target", _("Below target")
    TOO_EARLY = "too_early", _("Too early to say")
    NOT_AVAILABLE = "not_available", _("Not available")

    def label_for(self, comparison: str) -> str | Promise:
        """Label that stays true where less is better: an "at most" target is missed from above."""
        if self is Verdict.BELOW_TARGET and comparison == AT_MOST:
            return _("Above target")
        return self.label


def verdict(
    interval: Interval | None,
    *,
    target: float | Decimal,
    comparison: str,
    settled: int,
    minimum: int = MINIMUM_SETTLED,
) -> Verdict:
    """Judge `interval` against `target`, both in the same unit (shares from 0 to 1).

    `settled` counts the observations whose outcome is known. Nothing settled is not available; fewer than `minimum`,
    or no interval to judge, is too early to say. A target of 100 % (and its mirror, at most 0 %) is out of reach of
    any sample's interval, so it is judged on the counts: every settled one, or not. Raises ValueError for a
    comparison other than at least (">=") and at most ("<=").
    """
    if comparison not in (AT_LEAST, AT_MOST):
        raise ValueError(f"No verdict compares by {comparison!r}.")
    if settled == 0:
        return Verdict.NOT_AVAILABLE
    if settled < minimum or interval is None:
        return Verdict.TOO_EARLY
    at_least = comparison == AT_LEAST
    # A share of all or none has Wilson's limits, also on a survival curve; a mean or a time of 1 is no share of all.
    if interval.method is Method.WILSON and target == (1 if at_least else 0):
        return Verdict.ON_TARGET if interval.estimate == target else Verdict.BELOW_TARGET
    if interval.low >= target if at_least else interval.high <= target:
        return Verdict.ON_TARGET
    if interval.high < target if at_least else interval.low > target:
        return Verdict.BELOW_TARGET
    return Verdict.TOO_CLOSE
