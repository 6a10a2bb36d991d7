from django.urls import path

from assessments.views import gates, projects, reviews

app_name = "assessments"
urlpatterns = [
    path("projects/", projects.projects, name="projects"),
    path("projects/<uuid:pk>/", projects.project, name="project"),
    path("projects/<uuid:pk>/submit/", projects.submit, name="submit"),
    path("projects/<uuid:pk>/draft/", projects.save_draft, name="save_submission_draft"),
    path("projects/<uuid:pk>/withdraw/", projects.withdraw, name="withdraw"),
    path("reviews/", reviews.queue, name="queue"),
    path("reviews/<uuid:pk>/", reviews.review, name="review"),
    path("reviews/<uuid:pk>/claim/", reviews.claim, name="claim"),
    path("reviews/<uuid:pk>/draft/", reviews.draft, name="draft"),
    path("reviews/<uuid:pk>/decide/", reviews.decide, name="decide"),
    path("learners/<uuid:pk>/gates/", gates.gates, name="gates"),
    path("learners/<uuid:pk>/gates/<int:level>/", gates.decide_gate, name="decide_gate"),
]
