"""The installation's settings: environment variables alone, each documented, checked at start."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Setting:
    """One environment variable: its name, its default as text, and what it does."""

    name: str
    default: str
    says: str

    @property
    def value(self) -> str:
        """What the environment says, or the default."""
        return os.environ.get(self.name, self.default)


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("MRM_HOME", "var", "the one folder an embedded installation writes to"),
        Setting(
            "MRM_MODE", "embedded", "`embedded` (one machine) or `production` (refuses demo keys and debug)"
        ),
        Setting("MRM_DEBUG", "0", "`1` shows the part gallery at /look/; refused in production"),
        Setting(
            "MRM_DATABASE_URL", "", "`postgres://user:password@host:port/name`; default: SQLite in MRM_HOME"
        ),
        Setting("MRM_BROKER_URL", "", "`redis://…` or `amqp://…`; default: a folder in MRM_HOME"),
        Setting("MRM_VAULT_URL", "", "`s3://bucket/prefix`; default: a folder in MRM_HOME"),
        Setting("MRM_VAULT_ENDPOINT", "", "address of an S3-compatible store, if it is not Amazon's"),
        Setting(
            "MRM_OFFLINE_URL",
            "duckdb:",
            "engine of queries: `duckdb:` (snapshots in the vault), `duckdb:///file`, or `postgres://…` with a role that "
            "may only read",
        ),
        Setting("MRM_OFFLINE_SECONDS", "60", "time after which a query is stopped"),
        Setting("MRM_OFFLINE_ROWS", "1000000", "rows that a query may give"),
        Setting(
            "MRM_OBJECT_BUCKETS", "", "buckets, by comma, from which snapshots may be taken; default: none"
        ),
        Setting("MRM_OBJECT_ENDPOINT", "", "address of the S3-compatible store they are in, if not Amazon's"),
        Setting(
            "MRM_ONLINE_URL",
            "",
            "online features: `redis://…`, or `feast+http://…` of a running Feast; default: a table of the database",
        ),
        Setting(
            "MRM_FEATURE_KEY",
            "",
            "secret that hashes and seals the subjects of the feature store; default: made once in MRM_HOME/keys",
        ),
        Setting(
            "MRM_MLFLOW_IMPORT_URL",
            "",
            "address of the bank's own MLflow, whose registered models are taken over as candidates; default: none",
        ),
        Setting("MRM_MLFLOW_IMPORT_TOKEN", "", "token for it, or `user:password`; default: it asks for none"),
        Setting("MRM_MLFLOW_IMPORT_ENTITY", "", "code of the legal entity its models belong to"),
        Setting(
            "MRM_MLFLOW_IMPORT_RESPONSIBLE",
            "",
            "user name of who answers for what comes in until owners are named",
        ),
        Setting("MRM_MLFLOW_IMPORT_MINUTES", "15", "minutes between two polls of it"),
        Setting(
            "MRM_MLFLOW_IMPORT_SECRET",
            "",
            "secret of its webhook, which rings for a poll at /hooks/mlflow/; default: nobody may ring",
        ),
        Setting("MRM_SECRET_KEY", "", "secret of sessions and salts; default: made once in MRM_HOME/keys"),
        Setting(
            "MRM_SIGNING_KEY", "", "file of the ledger's Ed25519 key; default: made once in MRM_HOME/keys"
        ),
        Setting("MRM_SEAL_KEY", "", "folder of the paper seal's key and certificate; default: MRM_HOME/keys"),
        Setting("MRM_LEDGER_ORIGIN", "", "the ledger's name, fixed at the first migrate"),
        Setting("MRM_HOSTS", "localhost,127.0.0.1,[::1]", "host names the web process answers to"),
        Setting("MRM_TRUSTED_PROXY", "0", "`1` when a proxy in front sets X-Forwarded-Proto"),
        Setting("MRM_TIME_ZONE", "UTC", "zone in which pages show times when the reader has none"),
        Setting("MRM_LOG_LEVEL", "INFO", "least severe log line that is written"),
        Setting("MRM_JOB_MEMORY_MB", "6144", "address space a job's process may use beyond its start"),
        Setting("MRM_JOB_SECONDS", "1800", "time after which a job's process is stopped"),
        Setting("MRM_JOB_WORKERS", "2", "jobs that run at once on this machine"),
    )
}


def read(name: str) -> str:
    """The value of a documented setting."""
    return SETTINGS[name].value


def flag(name: str) -> bool:
    """A documented setting that is on or off."""
    return read(name).strip().lower() in {"1", "true", "yes", "on"}


def database(url: str, home: Path) -> dict[str, Any]:
    """Django's DATABASES entry for a database address."""
    if not url:
        return sqlite(home / "countersign.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite(Path(unquote(parts.path)))
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError(f"MRM_DATABASE_URL: {parts.scheme!r} is neither postgres nor sqlite")
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or query.get("port", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def offline(url: str) -> str:
    """The address of the engine for queries, if it is one."""
    parts = urlsplit(url)
    known = {"duckdb": not parts.netloc, "postgres": bool(parts.path.strip("/"))}
    known["postgresql"] = known["postgres"]
    if not known.get(parts.scheme, False):
        raise ValueError("MRM_OFFLINE_URL: neither duckdb:, duckdb:///file nor postgres://user@host/database")
    return url


def web_address(name: str) -> str:
    """A setting that is empty or an address of the web, without credentials in it."""
    url = read(name).strip().rstrip("/")
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.username):
        raise ValueError(
            f"{name}: an address like https://mlflow.bank.example, credentials apart, is expected"
        )
    return url


def broker(url: str, home: Path) -> dict[str, Any]:
    """Celery's settings for a broker address; without one, messages are files in the home and no server is needed."""
    common: dict[str, Any] = {
        "CELERY_TASK_IGNORE_RESULT": True,
        "CELERY_WORKER_PREFETCH_MULTIPLIER": 1,
        "CELERY_WORKER_ENABLE_REMOTE_CONTROL": False,
        "CELERY_WORKER_HIJACK_ROOT_LOGGER": False,
        "CELERY_WORKER_REDIRECT_STDOUTS": False,
        "CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP": True,
        "CELERY_BROKER_CONNECTION_MAX_RETRIES": None,
    }
    if url:
        patience = {"socket_connect_timeout": 2, "socket_timeout": 5} if url.startswith("redis") else {}
        return common | {"CELERY_BROKER_URL": url, "CELERY_BROKER_TRANSPORT_OPTIONS": patience}
    folders = {name: home / "broker" / name for name in ("messages", "control")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    return common | {
        "CELERY_BROKER_URL": "filesystem://localhost//",
        "CELERY_BROKER_TRANSPORT_OPTIONS": {
            "data_folder_in": str(folders["messages"]),
            "data_folder_out": str(folders["messages"]),
            "control_folder": str(folders["control"]),
            "polling_interval": 0.05,
        },
    }


def sqlite(path: Path) -> dict[str, Any]:
    """SQLite as one machine needs it: write-ahead log, a writer that says so at once, every commit on disk."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
            # REPLACE asks the delete triggers of append-only tables only then
            "PRAGMA recursive_triggers=ON;",
        },
    }


def kept_secret(path: Path, length: int = 50) -> str:
    """A secret made once and kept with mode 0400."""
    import secrets

    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = secrets.token_urlsafe(length)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        except FileExistsError:
            return path.read_text()
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
    return path.read_text()
