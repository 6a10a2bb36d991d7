from django.urls import path

from outcomes import survey_views

app_name = "surveys"
urlpatterns = [path("surveys/<str:token>/", survey_views.answer_by_link, name="answer")]
