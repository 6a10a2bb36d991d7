from django.urls import path

from cohorts.views import following

app_name = "cohorts"
urlpatterns = [
    path("cohorts/<slug:cohort>/", following.overview, name="overview"),
    path("cohorts/<slug:cohort>/roster.csv", following.roster_csv, name="roster_csv"),
    path("learners/<uuid:pk>/", following.learner, name="learner"),
    path("learners/<uuid:pk>/progress/", following.correct_progress, name="correct_progress"),
    path("path/", following.path, name="path"),
    path("path/topics/<uuid:pk>/", following.mark_topic, name="mark_topic"),
    path("path/hours/", following.log_study, name="log_study"),
]
