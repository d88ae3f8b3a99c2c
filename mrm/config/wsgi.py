"""The web server's entry."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrm.config.settings")
application = get_wsgi_application()

from mrm.config.production import refuse_unfit  # noqa: E402 - needs the applications

refuse_unfit()
