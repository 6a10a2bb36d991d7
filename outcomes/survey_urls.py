from django.urls import path

from outcomes.views import surveys

app_name = "surveys"
urlpatterns = [path("surveys/<str:token>/", surveys.answer_by_link, name="answer")]
