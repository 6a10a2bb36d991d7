from django.urls import path

from bench.limit import raw_roster
from config.urls import urlpatterns as project

urlpatterns = [path("limit/<uuid:organization>/<uuid:cohort>/", raw_roster), *project]
