"""What happens by itself: each second, and once in every period."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from mrm.access import denials
from mrm.access.models import SigningTicket
from mrm.jobs.context import JobContext
from mrm.jobs.handlers import Handler, handlers
from mrm.jobs.processes import Limits
from mrm.jobs.scheduler import Periodic
from mrm.ledger import sealing
from registry.features.jobs import plan_comparison
from registry.mlflow.polling import plan_poll
from registry.training import due

EVERY_SECOND = (sealing.seal, denials.close_windows, due.each_minute, plan_comparison, plan_poll)
PERIODIC = (
    Periodic(
        kind="house.tidy",
        title="Expired sessions and signing tickets are cleared",
        period=lambda moment: moment.date().isoformat(),
    ),
)


def tidy(context: JobContext) -> None:
    """Delete what has expired and is no record."""
    now = timezone.now()
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    tickets, _ = SigningTicket.objects.filter(proved_at__lt=now - timedelta(days=1)).delete()
    context.result = {"sessions": sessions, "tickets": tickets}


def offer() -> None:
    """Register the handlers of the house's own work."""
    handlers.register("house.tidy", Handler(tidy, Limits(seconds=120)))
