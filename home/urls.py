from django.urls import path

from home import mail_views, notification_views, views

app_name = "home"
NOTIFICATIONS = "o/<slug:organization>/notifications"
urlpatterns = [
    path("mailbox/", mail_views.mailbox, name="mailbox"),
    path("", views.index, name="index"),
    path("o/<slug:organization>/", views.start, name="start"),
    path("o/<slug:organization>/home/", views.learner, name="learner"),
    path(f"{NOTIFICATIONS}/", notification_views.list_notifications, name="notifications"),
    path(f"{NOTIFICATIONS}/bell/", notification_views.bell, name="bell"),
    path(f"{NOTIFICATIONS}/read/", notification_views.read_notifications, name="read_notifications"),
    path(f"{NOTIFICATIONS}/settings/", notification_views.edit_preferences, name="notification_settings"),
    path(f"{NOTIFICATIONS}/<uuid:pk>/", notification_views.open_notification, name="open_notification"),
    path("o/<slug:organization>/messages/", mail_views.list_messages, name="messages"),
]
