from django.urls import path

from outcomes import employer_views, target_views, views

app_name = "outcomes"
urlpatterns = [
    path("success/", views.success, name="success"),
    path("success/targets/", target_views.targets, name="targets"),
    path("success/targets/<slug:key>/", target_views.change, name="change_target"),
    path("success/reputation/record/", target_views.rank, name="record_rank"),
    path("success/employers/", employer_views.employers, name="employers"),
    path("success/employers/add/", employer_views.add, name="add_employer"),
    path("success/employers/<uuid:pk>/remove/", employer_views.remove, name="remove_employer"),
    path("success/<slug:key>.csv", views.export, name="csv"),
    path("success/<slug:key>/", views.explain, name="explain"),
    path("learners/<uuid:pk>/placement/", views.place, name="record_placement"),
]
