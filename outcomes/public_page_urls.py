"""What everybody may read of an organization that says so."""

from django.urls import path

from outcomes.views import reports

app_name = "public_outcomes"
urlpatterns = [path("outcomes/<slug:slug>/", reports.everybody, name="page")]
