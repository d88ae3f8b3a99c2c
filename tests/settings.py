"""The house under test: the same settings, in a home that is made for this process and thrown away."""

import atexit
import os
import shutil
import tempfile

_home = tempfile.mkdtemp(prefix="countersign-test-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ["MRM_HOME"] = _home
os.environ.setdefault("MRM_LOG_LEVEL", "WARNING")

from mrm.config.settings import *  # noqa: E402, F403

# Passwords of tests need no stretching; everything else is as in service.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A file, not memory: threads and child processes of a test see the same database.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": f"{_home}/test.sqlite3"}  # noqa: F405
