"""What people and jobs do with recipes, runs, schedules and envelopes."""

from registry.training.verbs.envelopes import decide_envelope, end_envelope, propose_envelope
from registry.training.verbs.runs import (
    Made,
    declare,
    finish,
    import_run,
    record_repetition,
    reproduce,
    start,
)
from registry.training.verbs.schedules import run_due, set_schedule, stop_schedule

__all__ = [
    "Made",
    "decide_envelope",
    "declare",
    "end_envelope",
    "finish",
    "import_run",
    "propose_envelope",
    "record_repetition",
    "reproduce",
    "run_due",
    "set_schedule",
    "start",
    "stop_schedule",
]
