import argparse
import os
import sys

import bench


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    parser = argparse.ArgumentParser(prog="python -m bench", description=bench.__doc__)
    parser.add_argument(
        "groups", nargs="*", default=["plans", "pages"], choices=["plans", "pages"], help="what to measure"
    )
    arguments = parser.parse_args()
    import django

    django.setup()
    from bench import pages, plans

    groups = {"plans": plans.measure, "pages": pages.measure}
    for name in arguments.groups:
        groups[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
