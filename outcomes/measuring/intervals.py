"""95 % confidence intervals for proportions and means, each carrying the name of its method."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from statistics import NormalDist
from statistics import median as middle_value

CONFIDENCE = 0.95
UPPER_TAIL = (1 + CONFIDENCE) / 2
Z = NormalDist().inv_cdf(UPPER_TAIL)


class Method(StrEnum):
    """How an interval was made, as its name stands in the explanation of a number."""

    WILSON = "Wilson 95 %"
    STUDENT_T = "Student t 95 %"
    GREENWOOD = "Greenwood, log-log 95 %"
    AALEN_JOHANSEN = "Aalen-Johansen, log-log 95 %"
    BROOKMEYER_CROWLEY = "Brookmeyer-Crowley, log-log 95 %"


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and its 95 % limits, in the unit of the estimate; a share lies between 0 and 1."""

    estimate: float
    low: float
    high: float
    method: Method


def wilson(successes: int, trials: int) -> Interval | None:
    """Score interval of a proportion; None without trials. Raises ValueError unless 0 <= successes <= trials."""
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials is not a proportion.")
    return score_interval(successes / trials, trials) if trials else None


def score_interval(share: float, trials: float) -> Interval:
    """Wilson's interval around a share of so many trials, a fraction where an effective sample size stands for them.

    Source: E. B. Wilson (1927), Journal of the American Statistical Association 22, 209-212, without continuity
    correction: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n).
    """
    shrink = 1 + Z**2 / trials
    center = (share + Z**2 / (2 * trials)) / shrink
    half_width = Z * math.sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2)) / shrink
    # At the ends of the scale the limits are exact; rounding would put them a hair beside 0 and 1.
    return Interval(
        estimate=share,
        low=0.0 if share == 0 else center - half_width,
        high=1.0 if share == 1 else center + half_width,
        method=Method.WILSON,
    )


def mean_interval(values: Iterable[float]) -> Interval | None:
    """t interval of a mean; None under two values, where the spread is unknown.

    Raises ValueError for a value that is not finite. Source: Student (1908), Biometrika 6, 1-25:
    mean ± t(0.975, n-1) · s / √n, with s² = Σ(x - mean)² / (n-1).
    """
    sample = _finite(values)
    size = len(sample)
    if size < 2:
        return None
    mean = math.fsum(sample) / size
    variance = math.fsum((value - mean) ** 2 for value in sample) / (size - 1)
    half_width = student_t_quantile(UPPER_TAIL, size - 1) * math.sqrt(variance / size)
    return Interval(estimate=mean, low=mean - half_width, high=mean + half_width, method=Method.STUDENT_T)


def median(values: Iterable[float]) -> float | None:
    """Middle value, or the mean of the two middle ones; None of nothing. Raises ValueError if one is not finite."""
    sample = _finite(values)
    return middle_value(sample) if sample else None


@cache
def student_t_quantile(probability: float, degrees: int) -> float:
    """Value that Student's t with whole `degrees` of freedom stays under with `probability`.

    Relative error under 1e-10 for probabilities from 0.5 to 0.9999. Raises ValueError for a probability outside
    [0.5, 1) or fewer than one degree.
    """
    if not 0.5 <= probability < 1 or degrees < 1:
        raise ValueError(f"No t quantile for probability {probability} and {degrees} degrees of freedom.")
    # Above its median the distribution function is concave, and the normal quantile lies under the t quantile:
    # Newton's steps from there climb to the root and never pass it.
    quantile = NormalDist().inv_cdf(probability)
    while True:
        step = (probability - _student_t_cdf(quantile, degrees)) / _student_t_density(quantile, degrees)
        quantile += step
        if step <= 1e-12 * quantile:
            return quantile


def _student_t_cdf(t: float, degrees: int) -> float:
    """Abramowitz and Stegun (1964), Handbook of Mathematical Functions, 26.7.3 and 26.7.4, for t >= 0."""
    angle = math.atan(t / math.sqrt(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = degrees % 2
    term = cosine if odd else 1.0
    terms = []
    for power in range(1 + odd, degrees, 2):
        terms.append(term)
        term *= cosine**2 * power / (power + 1)
    total = sine * math.fsum(terms)
    central = 2 / math.pi * (angle + total) if odd else total
    return (1 + central) / 2


def _student_t_density(t: float, degrees: int) -> float:
    scale = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2) - math.log(degrees * math.pi) / 2
    return math.exp(scale - (degrees + 1) / 2 * math.log1p(t**2 / degrees))


def _finite(values: Iterable[float]) -> list[float]:
    sample = [float(value) for value in values]
    if not all(map(math.isfinite, sample)):
        raise ValueError("Every value must be a finite number.")
    return sample
