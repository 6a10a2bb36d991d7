"""What everybody may read of an organization that says so."""

from django.urls import path

from outcomes import report_views

app_name = "public_outcomes"
urlpatterns = [path("outcomes/<slug:slug>/", report_views.everybody, name="page")]
