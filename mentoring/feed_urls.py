from django.urls import path

from mentoring.views import feeds

app_name = "calendar"
urlpatterns = [
    path("calendar/", feeds.calendar, name="settings"),
    path("calendar/<str:token>.ics", feeds.feed, name="feed"),
]
