from django.urls import path

from curriculum import views

app_name = "curriculum"
urlpatterns = [
    path("curriculum/", views.list_versions, name="list"),
    path("curriculum/import/", views.import_plan, name="import"),
    path("curriculum/<uuid:pk>/", views.version, name="version"),
    path("curriculum/<uuid:pk>/plan.<slug:suffix>", views.download, name="download"),
    path("curriculum/<uuid:pk>/publish/", views.publish, name="publish"),
]
