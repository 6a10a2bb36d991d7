from django.urls import path

from cohorts.views import crediting, enrolling, following, moving, pacing, planning, risk, specializing

app_name = "cohorts"
urlpatterns = [
    path("cohorts/", planning.list_cohorts, name="list"),
    path("cohorts/new/", planning.create, name="create"),
    path("cohorts/<slug:cohort>/", following.overview, name="overview"),
    path("cohorts/<slug:cohort>/roster.csv", following.roster_csv, name="roster_csv"),
    path("cohorts/<slug:cohort>/milestones/", planning.milestones, name="milestones"),
    path("cohorts/<slug:cohort>/import/", enrolling.import_learners, name="import_learners"),
    path("cohorts/<slug:cohort>/status/", planning.change_status, name="change_status"),
    path("cohorts/<slug:cohort>/settings/", planning.settings, name="settings"),
    path("cohorts/<slug:cohort>/breaks/", planning.breaks, name="breaks"),
    path("cohorts/<slug:cohort>/version/", moving.move_cohort, name="move_cohort"),
    path("cohorts/<slug:cohort>/version/undo/", moving.undo_cohort_move, name="undo_cohort_move"),
    path("learners/<uuid:pk>/", following.learner, name="learner"),
    path("learners/<uuid:pk>/version/", moving.move_learner, name="move_learner"),
    path("learners/<uuid:pk>/version/undo/", moving.undo_learner_move, name="undo_learner_move"),
    path("learners/<uuid:pk>/earlier/", moving.earlier, name="earlier"),
    path("learners/<uuid:pk>/status/", enrolling.record_status, name="record_status"),
    path("learners/<uuid:pk>/mentor/", enrolling.assign_mentor, name="assign_mentor"),
    path("learners/<uuid:pk>/progress/", following.correct_progress, name="correct_progress"),
    path("learners/<uuid:pk>/credit/", crediting.credit, name="credit"),
    path("learners/<uuid:pk>/credit/take-back/", crediting.take_back_credit, name="take_back_credit"),
    path("learners/<uuid:pk>/snooze/<slug:key>/", risk.snooze, name="snooze"),
    path("learners/<uuid:pk>/snooze/<slug:key>/end/", risk.end_snooze, name="end_snooze"),
    path("risk/", risk.risk_settings, name="risk_settings"),
    path("learners/<uuid:pk>/track/", specializing.set_track, name="set_track"),
    path("curriculum/pace/", pacing.planner, name="pace"),
    path("path/", following.path, name="path"),
    path("path/earlier/", moving.own_earlier, name="own_earlier"),
    path("path/topics/<uuid:pk>/", following.mark_topic, name="mark_topic"),
    path("path/tracks/", specializing.tracks, name="tracks"),
    path("path/tracks/<uuid:pk>/", specializing.choose, name="choose_track"),
    path("path/hours/", following.log_study, name="log_study"),
]
