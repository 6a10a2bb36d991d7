"""What graduates open without signing in."""

from django.urls import path

from outcomes.views import check_ins

app_name = "check_ins"
urlpatterns = [path("check-in/<str:token>/", check_ins.answer, name="answer")]
