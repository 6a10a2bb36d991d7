from django.urls import path

from assessments.views import verifying

app_name = "certificates"
urlpatterns = [
    path("certificates/<slug:slug>/", verifying.issuer, name="issuer"),
    path("certificates/<slug:slug>/tenant.css", verifying.tenant_css, name="tenant_css"),
    path("certificates/<slug:slug>/jwks.json", verifying.keys, name="keys"),
    path("certificates/<slug:slug>/keys/<uuid:pk>/", verifying.key, name="key"),
    path("certificates/<slug:slug>/status/<int:number>/", verifying.status_list, name="status_list"),
    path("certificates/<slug:slug>/<str:token>/", verifying.verify, name="verify"),
    path("certificates/<slug:slug>/<str:token>/credential.jwt", verifying.credential, name="credential"),
    path("certificates/<slug:slug>/<str:token>/badge.svg", verifying.badge, name="badge"),
]
