"""Django's settings, made from the environment alone (see environment.py)."""

from __future__ import annotations

import os
from pathlib import Path

from mrm.config import environment

BASE_DIR = Path(__file__).resolve().parents[2]
MRM_HOME = Path(environment.read("MRM_HOME")).resolve()
MRM_HOME.mkdir(parents=True, exist_ok=True)
os.environ["MRM_HOME"] = str(MRM_HOME)  # child processes work in other folders
PRODUCTION = environment.read("MRM_MODE") == "production"
DEBUG = environment.flag("MRM_DEBUG")
SECRET_KEY = environment.read("MRM_SECRET_KEY") or environment.kept_secret(MRM_HOME / "keys" / "secret")
ALLOWED_HOSTS = [host for host in environment.read("MRM_HOSTS").split(",") if host]

ROOMS = [
    "mrm.web",
    "mrm.ledger",
    "mrm.access",
    "mrm.policy",
    "mrm.vault",
    "mrm.jobs",
    "mrm.evidence",
    "mrm.papers",
    "registry.data",
    "registry.inventory",
    "registry.features",
    "registry.versions",
    "registry.training",
    "registry.mlflow",
    "validation.findings",
    "validation.cases",
    "mrm.desk",
    "mrm.demo",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "guardian",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "csp",
    *ROOMS,
    "mrm.config",
]
MIDDLEWARE = [
    "mrm.web.errors.Middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "mrm.access.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "mrm.config.urls"
WSGI_APPLICATION = "mrm.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mrm.web.frame.context",
            ],
        },
    },
]

MRM_LEDGER_ORIGIN = environment.read("MRM_LEDGER_ORIGIN")
MRM_SIGNING_KEY = environment.read("MRM_SIGNING_KEY")
MRM_SEAL_KEY = environment.read("MRM_SEAL_KEY")
MRM_VAULT_URL = environment.read("MRM_VAULT_URL")
MRM_VAULT_ENDPOINT = environment.read("MRM_VAULT_ENDPOINT")
MRM_OFFLINE_URL = environment.offline(environment.read("MRM_OFFLINE_URL"))
MRM_OFFLINE_SECONDS = float(environment.read("MRM_OFFLINE_SECONDS"))
MRM_OFFLINE_ROWS = int(environment.read("MRM_OFFLINE_ROWS"))
MRM_OBJECT_BUCKETS = [
    name.strip() for name in environment.read("MRM_OBJECT_BUCKETS").split(",") if name.strip()
]
MRM_OBJECT_ENDPOINT = environment.read("MRM_OBJECT_ENDPOINT")
MRM_ONLINE_URL = environment.read("MRM_ONLINE_URL")
MRM_MLFLOW_IMPORT_URL = environment.web_address("MRM_MLFLOW_IMPORT_URL")
MRM_MLFLOW_IMPORT_TOKEN = environment.read("MRM_MLFLOW_IMPORT_TOKEN")
MRM_MLFLOW_IMPORT_ENTITY = environment.read("MRM_MLFLOW_IMPORT_ENTITY")
MRM_MLFLOW_IMPORT_RESPONSIBLE = environment.read("MRM_MLFLOW_IMPORT_RESPONSIBLE")
MRM_MLFLOW_IMPORT_MINUTES = max(1, int(environment.read("MRM_MLFLOW_IMPORT_MINUTES")))
MRM_MLFLOW_IMPORT_SECRET = environment.read("MRM_MLFLOW_IMPORT_SECRET")
MRM_FEATURE_KEY = environment.read("MRM_FEATURE_KEY") or environment.kept_secret(
    MRM_HOME / "keys" / "features"
)
DATABASES = {"default": environment.database(environment.read("MRM_DATABASE_URL"), MRM_HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ATOMIC_REQUESTS = False

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_USER_MODEL = "access.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
ANONYMOUS_USER_NAME = None
GUARDIAN_RAISE_403 = False
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "mrm.web.errors.locked_out"
CSRF_FAILURE_VIEW = "mrm.web.errors.csrf_failure"
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # rights are asked of mrm.access, not of guardian's backend

JOB_SECONDS = int(environment.read("MRM_JOB_SECONDS"))
JOB_MEMORY_MB = int(environment.read("MRM_JOB_MEMORY_MB"))
JOB_WORKERS = int(environment.read("MRM_JOB_WORKERS"))
globals().update(environment.broker(environment.read("MRM_BROKER_URL"), MRM_HOME))

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 10 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 31_536_000
if environment.flag("MRM_TRUSTED_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE = "en"
TIME_ZONE = environment.read("MRM_TIME_ZONE")
USE_TZ = True
USE_I18N = True
STATIC_URL = "/static/"
STATIC_ROOT = MRM_HOME / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # pictures of evidence: made once, named by the digest of what they show
    "charts": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": MRM_HOME / "cache" / "charts",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 5000},
    },
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": (),
    "DEFAULT_PERMISSION_CLASSES": ("mrm.access.tokens.SignedIn",),
    "EXCEPTION_HANDLER": "mrm.web.errors.rest_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Countersign",
    "DESCRIPTION": "The records and acts of the model risk system.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "mrm.web.errors.RequestIdFilter"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {request_id} {message}", "style": "{"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}
    },
    "root": {"handlers": ["console"], "level": environment.read("MRM_LOG_LEVEL")},
}
