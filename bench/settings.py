"""The project's settings, with the routes of the limits that pages are measured against."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
DEMO = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
