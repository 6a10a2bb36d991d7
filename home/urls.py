from django.urls import path

from home import mail_views, notification_views, preview_views, rule_views, search_views, views, webhook_views

app_name = "home"
NOTIFICATIONS = "o/<slug:organization>/notifications"
WEBHOOKS = "o/<slug:organization>/settings/webhooks"
WEBHOOK = f"{WEBHOOKS}/<uuid:pk>"
DELIVERY = f"{WEBHOOK}/deliveries/<uuid:delivery>"
PREVIEWS = "o/<slug:organization>/messages/preview"
urlpatterns = [
    path("mailbox/", mail_views.mailbox, name="mailbox"),
    path("", views.index, name="index"),
    path("o/<slug:organization>/", views.start, name="start"),
    path("o/<slug:organization>/today/", views.today, name="today"),
    path("o/<slug:organization>/today/changes/", views.changes, name="changes"),
    path("o/<slug:organization>/today/due/", views.due, name="due"),
    path("o/<slug:organization>/home/", views.learner, name="learner"),
    path(f"{NOTIFICATIONS}/", notification_views.list_notifications, name="notifications"),
    path(f"{NOTIFICATIONS}/bell/", notification_views.bell, name="bell"),
    path(f"{NOTIFICATIONS}/read/", notification_views.read_notifications, name="read_notifications"),
    path(f"{NOTIFICATIONS}/settings/", notification_views.edit_preferences, name="notification_settings"),
    path(f"{NOTIFICATIONS}/<uuid:pk>/", notification_views.open_notification, name="open_notification"),
    path(f"{PREVIEWS}/", preview_views.preview_first, name="previews"),
    path(f"{PREVIEWS}/<slug:kind>/", preview_views.preview, name="preview"),
    path(f"{PREVIEWS}/<slug:kind>/<slug:language>/", preview_views.preview_page, name="preview_page"),
    path("o/<slug:organization>/search/", search_views.search, name="search"),
    path("o/<slug:organization>/messages/", mail_views.list_messages, name="messages"),
    path("o/<slug:organization>/messages/resend/", mail_views.resend_messages, name="resend_messages"),
    path("o/<slug:organization>/messages/rules/", rule_views.edit_rules, name="rules"),
    path("o/<slug:organization>/cohorts/<slug:cohort>/reminders/", rule_views.edit_cohort_rules, name="cohort_rules"),
    path("o/<slug:organization>/messages/<uuid:pk>/resend/", mail_views.resend_message, name="resend_message"),
    path(f"{WEBHOOKS}/", webhook_views.list_webhooks, name="webhooks"),
    path(f"{WEBHOOKS}/new/", webhook_views.add_webhook, name="add_webhook"),
    path(f"{WEBHOOK}/", webhook_views.show_webhook, name="webhook"),
    path(f"{WEBHOOK}/edit/", webhook_views.edit_webhook, name="edit_webhook"),
    path(f"{WEBHOOK}/switch/", webhook_views.switch_webhook, name="switch_webhook"),
    path(f"{WEBHOOK}/secret/", webhook_views.change_secret, name="change_secret"),
    path(f"{WEBHOOK}/test/", webhook_views.test_webhook, name="test_webhook"),
    path(f"{WEBHOOK}/remove/", webhook_views.remove_webhook, name="remove_webhook"),
    path(f"{WEBHOOK}/replay/", webhook_views.replay_webhook, name="replay_webhook"),
    path(f"{DELIVERY}/", webhook_views.show_delivery, name="delivery"),
    path(f"{DELIVERY}/replay/", webhook_views.replay_delivery, name="replay_delivery"),
]
