from django.urls import URLPattern, URLResolver, include, path

from organizations.health import health, ready

member_urls: list[URLPattern | URLResolver] = [
    path("", include("organizations.urls")),
    path("", include("curriculum.urls")),
    path("", include("cohorts.urls")),
    path("", include("assessments.urls")),
    path("", include("mentoring.urls")),
    path("", include("outcomes.urls")),
    path("api/", include("config.api_urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/", health, name="health"),
    path("ready/", ready, name="ready"),
    path("accounts/", include("allauth.urls")),
    path("", include("accounts.urls")),
    path("", include("notifications.urls")),
    path("", include("mentoring.feed_urls")),
    path("", include("outcomes.survey_urls")),
    path("", include("assessments.ci_urls")),
    path("", include("assessments.public_urls")),
    path("", include("outcomes.public_urls")),
    path("", include("outcomes.public_page_urls")),
    path("", include("home.urls")),
    path("o/<slug:organization>/", include(member_urls)),
]

handler400 = "config.api_urls.bad_request"
handler500 = "config.api_urls.server_error"
