"""Acts on schedules: runs that start by themselves."""

from __future__ import annotations

from mrm.access.acts import Act, verb
from mrm.kernel.errors import BadInput
from registry.data.models import Snapshot
from registry.training import effects, inputs
from registry.training.models import Recipe, Run, Schedule
from registry.training.rules import Rhythm


@verb("schedule.set")
def set_schedule(act: Act, *, recipe: Recipe, rhythm: Rhythm) -> Schedule:
    """Let runs of a recipe start by themselves: in a rhythm, or at each new snapshot of its dataset."""
    asked = recipe.body["data"]
    if "dataset" not in asked:
        raise BadInput(
            "schedule_wrong",
            "A recipe that names one snapshot would train on the same rows each time.",
            "Let its data name a dataset with “snapshot: newest”.",
        )
    dataset = inputs.dataset(act.actor, asked["dataset"])
    known: Schedule | None = Schedule.objects.filter(recipe=recipe).first()
    row = known or Schedule(scope=recipe.scope, model=recipe.model, recipe=recipe)
    row.dataset, row.rhythm, row.active = dataset, rhythm, True
    row.set_by, row.set_at = act.person, act.now
    # What is there already has been trained on, or not, by hand: the schedule begins with what comes next.
    newest = Snapshot.objects.filter(dataset=dataset).order_by("-id").first()
    row.last_key = newest.reference if newest and rhythm == Rhythm.SNAPSHOT else ""
    return act.save(row)


@verb("schedule.stop")
def stop_schedule(act: Act, *, schedule: Schedule) -> Schedule:
    """Stop runs of a recipe from starting by themselves."""
    schedule.active = False
    return act.save(schedule)


@verb("schedule.run")
def run_due(act: Act, *, schedule: Schedule, key: str, snapshot: Snapshot | None, trigger: str) -> Run | None:
    """Start a run that is due by its schedule, once for each key."""
    if not schedule.active or schedule.last_key == key:
        return None
    schedule.last_key = key
    act.save(schedule)
    rows = snapshot or inputs.newest(schedule.dataset)
    _, roles = rows.usable()
    return effects.start(
        act,
        recipe=schedule.recipe,
        snapshot=rows,
        roles=roles,
        held_out=None,
        trigger=trigger,
        started_by=schedule.set_by,
    )
