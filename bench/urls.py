from django.urls import path

from bench.limit import one_query, raw_json, raw_queue, raw_roster
from config.urls import urlpatterns as project

urlpatterns = [
    path("limit/<uuid:organization>/", one_query),
    path("limit/<uuid:organization>/<uuid:cohort>/", raw_roster),
    path("limit/<uuid:organization>/<uuid:cohort>/json/", raw_json),
    path("limit/<uuid:organization>/<uuid:reviewer>/queue/", raw_queue),
    *project,
]
