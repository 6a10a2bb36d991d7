from django.urls import path

from curriculum.views import auditing, comparing, versions

app_name = "curriculum"
urlpatterns = [
    path("curriculum/", versions.list_versions, name="list"),
    path("curriculum/import/", versions.import_plan, name="import"),
    path("curriculum/<uuid:pk>/", versions.version, name="version"),
    path("curriculum/<uuid:pk>/plan.<slug:suffix>", versions.download, name="download"),
    path("curriculum/<uuid:pk>/publish/", versions.publish, name="publish"),
    path("curriculum/<uuid:pk>/compare/", comparing.compare, name="compare"),
    path("curriculum/<uuid:pk>/audit/", auditing.audit, name="audit"),
    path("curriculum/<uuid:pk>/audit/accept/", auditing.accept, name="accept"),
    path("curriculum/<uuid:pk>/audit/take-back/", auditing.take_back, name="take_back"),
    path("curriculum/<uuid:pk>/audit/accept-again/", auditing.accept_again, name="accept_again"),
]
