from django.urls import path

from outcomes import check_in_views, employer_views, intent_views, report_views, survey_views, target_views, views

app_name = "outcomes"
urlpatterns = [
    path("success/", views.success, name="success"),
    path("success/targets/", target_views.targets, name="targets"),
    path("success/targets/<slug:key>/", target_views.change, name="change_target"),
    path("success/reputation/record/", target_views.rank, name="record_rank"),
    path("success/employers/", employer_views.employers, name="employers"),
    path("success/employers/add/", employer_views.add, name="add_employer"),
    path("success/employers/<uuid:pk>/remove/", employer_views.remove, name="remove_employer"),
    path("success/check-ins/", check_in_views.check_ins, name="check_ins"),
    path("success/reports/", report_views.reports, name="reports"),
    path("success/reports/graduates/", report_views.graduates, name="graduates"),
    path("success/reports/graduates.csv", report_views.graduates_csv, name="graduates_csv"),
    path("success/reports/workbook.xlsx", report_views.workbook, name="workbook"),
    path("success/reports/board.pdf", report_views.board, name="board"),
    path("success/reports/public/", report_views.public_page, name="public_page"),
    path("success/<slug:key>.csv", views.export, name="csv"),
    path("success/<slug:key>/", views.explain, name="explain"),
    path("surveys/", survey_views.surveys, name="surveys"),
    path("surveys/new/", survey_views.new_survey, name="new_survey"),
    path("surveys/answer/<uuid:pk>/", survey_views.answer_here, name="answer_survey"),
    path("surveys/waves/<uuid:pk>/call-off/", survey_views.call_off_wave, name="call_off_wave"),
    path("surveys/<uuid:pk>/", survey_views.survey, name="survey"),
    path("surveys/<uuid:pk>/edit/", survey_views.edit_survey, name="edit_survey"),
    path("surveys/<uuid:pk>/preview/", survey_views.preview, name="preview_survey"),
    path("surveys/<uuid:pk>/open/", survey_views.move_survey, {"to": "open"}, name="open_survey"),
    path("surveys/<uuid:pk>/close/", survey_views.move_survey, {"to": "closed"}, name="close_survey"),
    path("surveys/<uuid:pk>/waves/new/", survey_views.plan_wave, name="plan_wave"),
    path("surveys/<uuid:pk>/results/", survey_views.results, name="survey_results"),
    path("surveys/<uuid:pk>/results.csv", survey_views.results_csv, name="survey_csv"),
    path("after-the-program/", intent_views.own_intent, name="own_intent"),
    path("learners/<uuid:pk>/after-the-program/", intent_views.intent, name="intent"),
    path("learners/<uuid:pk>/placement/", views.place, name="record_placement"),
]
