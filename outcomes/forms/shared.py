from django.utils.translation import gettext_lazy

NO_DATE = gettext_lazy("Enter a day as year, month and day, such as 2026-11-23.")
