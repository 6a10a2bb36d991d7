from django.urls import path

from curriculum.views import auditing, comparing, editing, versions

app_name = "curriculum"
urlpatterns = [
    path("curriculum/", versions.list_versions, name="list"),
    path("curriculum/import/", versions.import_plan, name="import"),
    path("curriculum/<uuid:pk>/", versions.version, name="version"),
    path("curriculum/<uuid:pk>/plan.<slug:suffix>", versions.download, name="download"),
    path("curriculum/<uuid:pk>/publish/", versions.publish, name="publish"),
    path("curriculum/<uuid:pk>/draft/", editing.draft, name="draft"),
    path("curriculum/<uuid:pk>/discard/", editing.discard, name="discard"),
    path("curriculum/<uuid:pk>/edit/", editing.edit, name="edit"),
    path("curriculum/<uuid:pk>/edit/add/", editing.add, name="add_node"),
    path("curriculum/<uuid:pk>/edit/undo/", editing.undo, name="undo"),
    path("curriculum/<uuid:pk>/edit/redo/", editing.redo, name="redo"),
    path("curriculum/<uuid:pk>/edit/fix/", editing.fix, name="fix"),
    path("curriculum/<uuid:pk>/edit/<uuid:node>/", editing.change_node, name="change_node"),
    path("curriculum/<uuid:pk>/compare/", comparing.compare, name="compare"),
    path("curriculum/<uuid:pk>/audit/", auditing.audit, name="audit"),
    path("curriculum/<uuid:pk>/audit/accept/", auditing.accept, name="accept"),
    path("curriculum/<uuid:pk>/audit/take-back/", auditing.take_back, name="take_back"),
    path("curriculum/<uuid:pk>/audit/accept-again/", auditing.accept_again, name="accept_again"),
]
