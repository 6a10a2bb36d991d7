"""Benchmarks and results as sentences name them, in the active language."""

from decimal import Decimal

from django.utils.formats import number_format

from cohorts.asks import COUNTED, Bar
from curriculum.models import Benchmark


def words_of(benchmark: Benchmark) -> str:
    """As in "accuracy: at least 97 %", in the active language."""
    return str(Bar(benchmark.metric, benchmark.comparison, benchmark.threshold, benchmark.unit))


def value_words(benchmark: Benchmark, value: Decimal) -> str:
    """As in "97.2 %" and "15"."""
    unit = "" if benchmark.unit == COUNTED else benchmark.unit
    return f"{number_format(value.normalize(), force_grouping=True)} {unit}".strip()
