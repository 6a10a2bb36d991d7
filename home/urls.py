from django.urls import path

from home import views

app_name = "home"
urlpatterns = [
    path("", views.index, name="index"),
    path("o/<slug:organization>/", views.start, name="start"),
]
