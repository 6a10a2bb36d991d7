from django.urls import path

from mentoring.views import availability, sessions, week

app_name = "mentoring"
urlpatterns = [
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/book/", sessions.book, name="book"),
    path("sessions/<uuid:pk>/move/", sessions.move, name="move"),
    path("sessions/<uuid:pk>/cancel/", sessions.cancel, name="cancel"),
    path("sessions/<uuid:pk>/settle/", sessions.settle, name="settle"),
    path("week/", week.week, name="week"),
    path("availability/", availability.availability, name="availability"),
    path("availability/preview/", availability.preview, name="preview"),
]
