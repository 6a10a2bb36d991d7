"""All settings, read from the environment. A bad value refuses to boot (docs/configuration.md)."""

import re
import zoneinfo
from pathlib import Path
from typing import Any

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import Env, EnvValidationError, ValidationError, validate
from kombu import Queue

BASE_DIR = Path(__file__).resolve().parent.parent

# Zones come from the pinned tzdata package, whatever the system has.
zoneinfo.reset_tzpath(to=())

env = Env(eager=False)


def _long(keys: list[str]) -> None:
    if any(len(key) < 32 for key in keys):
        raise ValidationError("Set SEALING_KEYS to keys of at least 32 random characters each.")


# -- where we run ------------------------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str(
    "SECRET_KEY", validate=validate.Length(min=32, error="Set SECRET_KEY to at least 32 random characters.")
)
# What secrets in the database are encrypted with: the first seals, all of them open (docs/deployment.md).
_sealing_keys: list[str] = env.list("SEALING_KEYS", [], validate=_long)
SITE_URL = env.str("SITE_URL", "http://localhost:8000", validate=validate.URL(require_tld=False))
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
HTTPS = env.bool("HTTPS", False)
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0, validate=validate.Range(min=0))

# -- servers -----------------------------------------------------------------------------------------------------------

# The application's role: row-level security binds it. Migrations run under OWNER_DATABASE_URL (docs/tenancy.md).
_database: dict[str, Any] = env.dj_db_url("DATABASE_URL", conn_max_age=600, conn_health_checks=True) or {}
OWNER_DATABASE: dict[str, Any] = env.dj_db_url("OWNER_DATABASE_URL", "postgresql:///") or {}
REDIS_URL = env.str("REDIS_URL", validate=validate.URL(schemes={"redis", "rediss", "unix"}, require_tld=False))
EMAIL: dict[str, Any] = env.dj_email_url("EMAIL_URL", "smtp://localhost:1025") or {}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Gilde <gilde@localhost>")
# Seconds. Not above 300: health checks call a beat that is silent for longer than that dead.
REMINDERS_EVERY = env.int("REMINDERS_EVERY", 300, validate=validate.Range(min=1, max=300))
DELIVERY_EVERY = env.int("DELIVERY_EVERY", 30, validate=validate.Range(min=1, max=300))
# Messages a minute to the mail host, all workers together; 0 is as fast as it takes them.
MAIL_RATE = env.int("MAIL_RATE", 0, validate=validate.Range(min=0, max=1_000_000))
# Seconds after which others take over what a killed worker was about to send.
DELIVERY_LEASE = env.int("DELIVERY_LEASE", 120, validate=validate.Range(min=8, max=3600))
# Minutes before each next attempt, a quarter more at most; after the last one a message is given up.
RETRY_MINUTES: list[float] = env.list(
    "RETRY_MINUTES", [1, 5, 15, 60, 240, 720], subcast=float, validate=validate.Length(min=1, max=20)
)


def _hosts(pairs: list[str]) -> None:
    for pair in pairs:
        if not re.fullmatch(r"[a-z0-9.-]+=(github|gitlab|gitea)\+https?://[^\s@?#]+", pair):
            raise ValidationError(f"{pair} is not like git.example=gitlab+https://git.example/api/v4.")


def _tokens(pairs: list[str]) -> None:
    for pair in pairs:  # told by its place: it holds a secret
        if not re.fullmatch(r"[a-z0-9.-]+=[!-~]+", pair):
            raise ValidationError(f"Number {pairs.index(pair) + 1} is not like git.example=token.")


# Where facts about repositories are asked, by the host's name in links: whose API it speaks, and the API's address.
_repository_hosts: list[str] = env.list(
    "REPOSITORY_HOSTS",
    [
        "github.com=github+https://api.github.com",
        "gitlab.com=gitlab+https://gitlab.com/api/v4",
        "codeberg.org=gitea+https://codeberg.org/api/v1",
    ],
    validate=_hosts,
)
_repository_tokens: list[str] = env.list("REPOSITORY_TOKENS", [], validate=_tokens)
DEMO = env.bool("DEMO", False)
MAILBOX_DIR = env.path("MAILBOX_DIR", Path("var/mail"))

try:
    env.seal()
except EnvValidationError as problem:
    reasons: Any = problem.error_messages
    lines = [f"{name}: {' '.join(texts)}" for name, texts in sorted(reasons.items())]
    raise ImproperlyConfigured("The environment is not right (docs/configuration.md).\n" + "\n".join(lines)) from None

REPOSITORY_HOSTS = dict(pair.split("=", 1) for pair in _repository_hosts)
REPOSITORY_TOKENS = dict(pair.split("=", 1) for pair in _repository_tokens)
if _unnamed := sorted(REPOSITORY_TOKENS.keys() - REPOSITORY_HOSTS.keys()):
    raise ImproperlyConfigured(f"REPOSITORY_TOKENS has one for {_unnamed[0]}, which REPOSITORY_HOSTS does not name.")
SEALING_KEYS: list[str] = _sealing_keys or [SECRET_KEY]

#: Every join here compares organizations too, so that looking for the best order of eight tables took PostgreSQL 50 ms
#: to save one; up to five at a time it takes 3.
_planning = {"options": "-c join_collapse_limit=5"}
DATABASES = {
    "default": {
        **_database,
        "ATOMIC_REQUESTS": True,
        "TIME_ZONE": "UTC",
        "OPTIONS": {**_planning, **_database.get("OPTIONS", {})},
    }
}
EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = EMAIL["EMAIL_HOST"], EMAIL["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_USER"], EMAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL["EMAIL_USE_TLS"], EMAIL["EMAIL_USE_SSL"]
EMAIL_FILE_PATH = EMAIL["EMAIL_FILE_PATH"]
# The four answers that one message waits for come within half a DELIVERY_LEASE.
EMAIL_TIMEOUT = min(20, DELIVERY_LEASE // 8)
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# -- applications ------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "home",
    "outcomes",
    "mentoring",
    "assessments",
    "cohorts",
    "curriculum",
    "accounts",
    "notifications",
    "organizations",
    "design",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "rest_framework",
    "django_htmx",
    "lucide",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.preferences_middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.organization_middleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEST_RUNNER = "django.test.runner.DiscoverRunner"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.viewer",
                "home.navigation.navigation",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "design.templatetags.design",
            ],
        },
    }
]
FORM_RENDERER = "design.forms.DesignRenderer"

# -- people ------------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home:index"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = False
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "accounts.second_steps.SecondStepAdapter"
MFA_FORMS = {"activate_totp": "accounts.forms.ActivateAuthenticatorForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_TOTP_ISSUER = "Gilde"

# -- security ----------------------------------------------------------------------------------------------------------

SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "style-src": [SELF],
        "script-src": [SELF],
        "font-src": [SELF, "data:"],  # data: is the font inside an exported picture of a chart
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# -- languages and time ------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("nl", _("Dutch"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True

# -- files -------------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or DEMO

# -- background work ---------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
# A worker without --queues takes from all four in turn; docker-compose.yml has one that takes urgent work alone, and
# one for what waits for other people's servers.
CELERY_TASK_QUEUES = [Queue("urgent"), Queue("default"), Queue("bulk"), Queue("hooks")]
CELERY_TASK_DEFAULT_QUEUE = "default"
# What sends messages is queued by lane, in notifications/tasks.py.
CELERY_TASK_ROUTES = {
    "accounts.tasks.send_account_mail": {"queue": "urgent"},
    "notifications.tasks.send_all_due": {"queue": "urgent"},
    "notifications.tasks.post_*": {"queue": "hooks"},
    "notifications.tasks.forget_old_deliveries": {"queue": "hooks"},
    "assessments.tasks.*": {"queue": "bulk"},
    "mentoring.tasks.continue_*": {"queue": "bulk"},
    "outcomes.tasks.*": {"queue": "bulk"},
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 15 * 60
CELERY_TASK_SOFT_TIME_LIMIT = 14 * 60
# Above the time limit: a task that still runs is never given to a second worker.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 60 * 60}
# How long a worker lets its tasks go on after SIGQUIT; docker-compose.yml waits a little longer before it kills.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 45
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "queue reminders": {"task": "notifications.tasks.queue_all_reminders", "schedule": float(REMINDERS_EVERY)},
    "send what is due": {"task": "notifications.tasks.send_all_due", "schedule": float(DELIVERY_EVERY)},
    "post what is due": {"task": "notifications.tasks.post_all_due", "schedule": float(DELIVERY_EVERY)},
    "forget old deliveries": {
        "task": "notifications.tasks.forget_old_deliveries",
        "schedule": crontab(hour="4", minute="25"),
    },
    "gates that are met": {"task": "assessments.tasks.notice_all_open_gates", "schedule": crontab(minute="40")},
    "planned statuses take effect": {"task": "cohorts.tasks.refresh_all_statuses", "schedule": crontab(minute="10")},
    "offers of seats expire": {"task": "cohorts.tasks.settle_all_offers", "schedule": crontab(minute="*/10")},
    "rounds of peer review": {"task": "assessments.tasks.settle_all_peer_rounds", "schedule": crontab(minute="*/10")},
    "who needs a person": {"task": "cohorts.tasks.refresh_all_flags", "schedule": crontab(minute="20")},
    "reviews are passed on": {"task": "assessments.tasks.pass_all_reviews_on", "schedule": crontab(minute="40")},
    "series of 1-on-1s go on": {
        "task": "mentoring.tasks.continue_all_series",
        "schedule": crontab(hour="3", minute="20"),
    },
    "surveys are held": {"task": "outcomes.tasks.hold_all_surveys", "schedule": crontab(minute="*/10")},
    "nightly snapshots": {"task": "outcomes.tasks.take_all_snapshots", "schedule": crontab(hour="2", minute="15")},
}
if not DEMO:  # whose people and repositories are invented: hosts are not to be asked about them
    CELERY_BEAT_SCHEDULE["links are looked at again"] = {
        "task": "assessments.tasks.recheck_all_links",
        "schedule": crontab(minute="50"),
    }

# -- API and logs ------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["organizations.api.Session"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["organizations.api.JsonParser"],
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": "600/min", "certificates": "60/min", "outcomes": "60/min"},
    "NUM_PROXIES": ALLAUTH_TRUSTED_PROXY_COUNT,
    "EXCEPTION_HANDLER": "organizations.problems.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {name: {"level": "WARNING"} for name in ("django.server", "httpx", "fontTools")},
}
