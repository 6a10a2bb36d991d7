from django.urls import path

from home import mail_views, rule_views, search_views, views

app_name = "home"
urlpatterns = [
    path("mailbox/", mail_views.mailbox, name="mailbox"),
    path("", views.index, name="index"),
    path("o/<slug:organization>/", views.start, name="start"),
    path("o/<slug:organization>/today/", views.today, name="today"),
    path("o/<slug:organization>/home/", views.learner, name="learner"),
    path("o/<slug:organization>/search/", search_views.search, name="search"),
    path("o/<slug:organization>/messages/", mail_views.list_messages, name="messages"),
    path("o/<slug:organization>/messages/resend/", mail_views.resend_messages, name="resend_messages"),
    path("o/<slug:organization>/messages/rules/", rule_views.edit_rules, name="rules"),
    path("o/<slug:organization>/messages/<uuid:pk>/resend/", mail_views.resend_message, name="resend_message"),
]
