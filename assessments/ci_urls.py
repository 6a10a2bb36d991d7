from django.urls import path

from assessments.views import ci

app_name = "ci"
urlpatterns = [
    path("ci/<str:token>/", ci.take_result, name="results"),
]
