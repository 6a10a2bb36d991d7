from django.urls import path

from accounts import invitation_views, views

app_name = "accounts"
HERE = "o/<slug:organization>"
PERSON = f"{HERE}/people/<uuid:pk>"
urlpatterns = [
    path("organizations/", views.list_organizations, name="organizations"),
    path("organizations/new/", views.create_organization, name="create_organization"),
    path("profile/", views.edit_profile, name="profile"),
    path("profile/address/", views.trust_own_address, name="trust_own_address"),
    path("language/", views.set_language, name="set_language"),
    path("theme/", views.set_theme, name="set_theme"),
    path("shortcuts/", views.set_shortcuts, name="set_shortcuts"),
    path("invitations/<str:token>/", invitation_views.accept_invitation, name="accept_invitation"),
    path(f"{HERE}/people/", views.list_people, name="people"),
    path(f"{HERE}/people/invite/", views.invite, name="invite"),
    path(f"{PERSON}/", views.show_person, name="person"),
    path(f"{PERSON}/roles/", views.change_roles, name="change_roles"),
    path(f"{PERSON}/resend/", views.resend, name="resend"),
    path(f"{PERSON}/withdraw/", views.revoke, name="revoke"),
    path(f"{PERSON}/address/", views.trust_address_of, name="trust_address"),
    path(f"{PERSON}/close/", views.close_access, name="close_access"),
    path(f"{HERE}/settings/", views.edit_settings, name="settings"),
    path(f"{HERE}/settings/color/", views.preview_color, name="preview_color"),
]
