import argparse
import os
import sys

import bench

GROUPS = ("plans", "slots", "pages", "roster", "search", "today", "reminders", "reviews", "metrics")


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    parser = argparse.ArgumentParser(prog="python -m bench", description=bench.__doc__)
    parser.add_argument("groups", nargs="*", help=f"what to measure: {' or '.join(GROUPS)}; everything by default")
    arguments = parser.parse_args()
    # argparse would hold the empty list against `choices`.
    if unknown := set(arguments.groups) - set(GROUPS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    import django

    django.setup()
    from bench import metrics, pages, plans, reminders, reviews, roster, search, slots, today

    groups = {
        "plans": plans.measure, "slots": slots.measure, "pages": pages.measure, "roster": roster.measure,
        "search": search.measure, "today": today.measure, "reminders": reminders.measure,
        "reviews": reviews.measure, "metrics": metrics.measure,
    }  # fmt: skip
    for name in arguments.groups or GROUPS:
        groups[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
