"""What graduates open without signing in."""

from django.urls import path

from outcomes import check_in_views

app_name = "check_ins"
urlpatterns = [path("check-in/<str:token>/", check_in_views.answer, name="answer")]
