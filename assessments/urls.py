from django.urls import path

from assessments.views import gates, peers, portfolio, projects, review_askings, review_settings, reviews, rubrics

app_name = "assessments"
urlpatterns = [
    path("projects/", projects.projects, name="projects"),
    path("projects/<uuid:pk>/", projects.project, name="project"),
    path("projects/<uuid:pk>/submit/", projects.submit, name="submit"),
    path("projects/<uuid:pk>/withdraw/", projects.withdraw, name="withdraw"),
    path("reviews/", reviews.queue, name="queue"),
    path("reviews/settings/", review_settings.review_settings, name="review_settings"),
    path("reviews/rubrics/", rubrics.rubrics, name="rubrics"),
    path("reviews/rubrics/new/", rubrics.new_rubric, name="new_rubric"),
    path("reviews/rubrics/<uuid:pk>/", rubrics.rubric, name="rubric"),
    path("reviews/rubrics/<uuid:pk>/change/", rubrics.change_rubric, name="change_rubric"),
    path("reviews/<uuid:pk>/", reviews.review, name="review"),
    path("reviews/<uuid:pk>/claim/", reviews.claim, name="claim"),
    path("reviews/<uuid:pk>/draft/", reviews.draft, name="draft"),
    path("reviews/<uuid:pk>/decide/", reviews.decide, name="decide"),
    path("reviews/<uuid:pk>/preview/", reviews.preview, name="preview_review"),
    path("reviews/<uuid:pk>/release/", reviews.release, name="release"),
    path("reviews/<uuid:pk>/hand-over/", reviews.hand_over, name="hand_over_review"),
    path("reviews/<uuid:pk>/ask/", review_askings.ask, name="ask_reviewer"),
    path("reviews/<uuid:pk>/second-reader/", review_askings.ask_second, name="ask_second_reader"),
    path("portfolio/", portfolio.portfolio, name="portfolio"),
    path("reviews/<uuid:pk>/portfolio/", portfolio.judge, name="judge_portfolio"),
    path("peer-rounds/", peers.rounds, name="peer_rounds"),
    path("peer-rounds/open/", peers.open_round, name="open_peer_round"),
    path("peer-rounds/rule/", peers.set_rule, name="set_peer_rule"),
    path("peer-rounds/<uuid:pk>/", peers.peer_round, name="peer_round"),
    path("peer-rounds/<uuid:pk>/close/", peers.close_round, name="close_peer_round"),
    path("peer-reviews/<uuid:pk>/", peers.peer_review, name="peer_review"),
    path("peer-reviews/<uuid:pk>/save/", peers.save, name="save_peer_review"),
    path("peer-reviews/<uuid:pk>/hand-in/", peers.hand_in, name="hand_in_peer_review"),
    path("learners/<uuid:pk>/gates/", gates.gates, name="gates"),
    path("learners/<uuid:pk>/gates/<int:level>/", gates.decide_gate, name="decide_gate"),
]
