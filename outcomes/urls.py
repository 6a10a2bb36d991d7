from django.urls import path

from outcomes import views

app_name = "outcomes"
urlpatterns = [
    path("success/", views.success, name="success"),
    path("success/<slug:key>.csv", views.export, name="csv"),
    path("success/<slug:key>/", views.explain, name="explain"),
    path("learners/<uuid:pk>/placement/", views.place, name="record_placement"),
]
