from django.urls import path

from assessments.views import ci, gates, links, projects, reviews

app_name = "assessments"
urlpatterns = [
    path("projects/", projects.projects, name="projects"),
    path("projects/accounts/", links.accounts, name="accounts"),
    path("projects/<uuid:pk>/", projects.project, name="project"),
    path("projects/<uuid:pk>/submit/", projects.submit, name="submit"),
    path("projects/<uuid:pk>/withdraw/", projects.withdraw, name="withdraw"),
    path("reviews/", reviews.queue, name="queue"),
    path("reviews/<uuid:pk>/", reviews.review, name="review"),
    path("reviews/<uuid:pk>/claim/", reviews.claim, name="claim"),
    path("reviews/<uuid:pk>/draft/", reviews.draft, name="draft"),
    path("reviews/<uuid:pk>/decide/", reviews.decide, name="decide"),
    path("reviews/<uuid:pk>/tests/", links.tests, name="tests"),
    path("attempts/<uuid:pk>/look-again/", links.look_again, name="look_again"),
    path("settings/ci/", ci.settings, name="ci"),
    path("learners/<uuid:pk>/gates/", gates.gates, name="gates"),
    path("learners/<uuid:pk>/gates/<int:level>/", gates.decide_gate, name="decide_gate"),
]
