from django.urls import path

from mentoring.views import availability, coverage, hand_over, matching, pairs, proposals, session, sessions, week

app_name = "mentoring"
urlpatterns = [
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/book/", sessions.book, name="book"),
    path("sessions/<uuid:pk>/", session.session, name="session"),
    path("sessions/<uuid:pk>/move/", sessions.move, name="move"),
    path("sessions/<uuid:pk>/cancel/", sessions.cancel, name="cancel"),
    path("sessions/<uuid:pk>/settle/", session.settle, name="settle"),
    path("sessions/<uuid:pk>/agenda/", session.write_agenda, name="write_agenda"),
    path("sessions/<uuid:pk>/notes/", session.write_notes, name="write_notes"),
    path("sessions/<uuid:pk>/private/", session.write_private, name="write_private"),
    path("sessions/<uuid:pk>/actions/", session.add_action, name="add_action"),
    path("sessions/<uuid:pk>/rating/", session.rate, name="rate"),
    path("sessions/actions/<uuid:pk>/", session.tick_action, name="tick_action"),
    path("sessions/proposals/<uuid:pk>/", proposals.proposal, name="proposal"),
    path("week/", week.week, name="week"),
    path("availability/", availability.availability, name="availability"),
    path("availability/preview/", availability.preview, name="preview"),
    path("availability/off/<uuid:pk>/", hand_over.time_off_sessions, name="time_off_sessions"),
    path("learners/<uuid:pk>/book/", pairs.book_for, name="book_for"),
    path("learners/<uuid:pk>/series/", pairs.series, name="series"),
    path("series/<uuid:pk>/stop/", pairs.stop_series, name="stop_series"),
    path("mentors/", matching.mentors, name="mentors"),
    path("mentors/matching/", matching.match, name="match"),
    path("mentors/<uuid:pk>/", matching.expertise, name="expertise"),
    path("mentors/<uuid:pk>/hand-over/", hand_over.hand_over, name="hand_over"),
    path("coverage/", coverage.coverage, name="coverage"),
    path("coverage/hours.csv", coverage.hours_csv, name="hours_csv"),
    path("coverage/<uuid:pk>/propose/", proposals.propose, name="propose"),
]
