"""Acts on experiments and runs of clients."""

from __future__ import annotations

from mrm.access.acts import Act, verb
from mrm.access.models import Scope
from mrm.kernel.errors import BadInput, RuleRefused
from registry.mlflow.models import ClientRun, Experiment
from registry.mlflow.queries import versions_from
from registry.mlflow.rules import Lifecycle, RunStatus, wrong


@verb("experiment.create")
def create_experiment(
    act: Act, *, scope: Scope, name: str, origin: str = "", origin_key: str = ""
) -> Experiment:
    """Open an experiment: a folder for the runs of a client, in a legal entity's or a model's scope."""
    _free(scope, name)
    return act.save(
        Experiment(
            scope=scope,
            name=name,
            origin=origin,
            origin_key=origin_key,
            created_by=act.person,
            created_at=act.now,
            changed_at=act.now,
        )
    )


@verb("experiment.rename")
def rename_experiment(act: Act, *, experiment: Experiment, name: str) -> Experiment:
    """Rename an experiment."""
    if name != experiment.name:
        _free(experiment.scope, name)
    experiment.name, experiment.changed_at = name, act.now
    return act.save(experiment)


@verb("experiment.delete")
def delete_experiment(act: Act, *, experiment: Experiment) -> Experiment:
    """Put an experiment away; nothing is erased, and it can be brought back."""
    if versions_from(runs=ClientRun.objects.filter(experiment=experiment)):
        raise _under_version("The experiment")
    experiment.lifecycle, experiment.changed_at = Lifecycle.DELETED, act.now
    return act.save(experiment)


@verb("experiment.restore")
def restore_experiment(act: Act, *, experiment: Experiment) -> Experiment:
    """Bring an experiment back."""
    experiment.lifecycle, experiment.changed_at = Lifecycle.ACTIVE, act.now
    return act.save(experiment)


@verb("client_run.start")
def start_run(
    act: Act, *, experiment: Experiment, user: str, start_time: int, origin: str = "", origin_key: str = ""
) -> ClientRun:
    """Begin a run of a client."""
    if experiment.lifecycle != Lifecycle.ACTIVE:
        raise wrong(
            f"The experiment {experiment.reference} must be in the 'active' state.", "Restore it first."
        )
    return act.save(
        ClientRun(
            scope=experiment.scope,
            experiment=experiment,
            user=user,
            start_time=start_time,
            origin=origin,
            origin_key=origin_key,
            created_by=act.person,
            created_at=act.now,
        )
    )


@verb("client_run.finish")
def finish_run(
    act: Act, *, run: ClientRun, status: RunStatus, end_time: int | None = None, logged: str = ""
) -> ClientRun:
    """End a run, or take it up again; the entry states the digest of what was logged until then."""
    if run.lifecycle != Lifecycle.ACTIVE:
        raise RuleRefused(
            "run_not_active", f"The run {run.key} must be in the 'active' state.", "Restore it first."
        )
    run.status, run.end_time = status, end_time
    if logged:
        act.facts["logged"] = logged
    return act.save(run)


@verb("client_run.delete")
def delete_run(act: Act, *, run: ClientRun) -> ClientRun:
    """Put a run away; nothing is erased. Not while a version stands on it."""
    if versions_from(runs=ClientRun.objects.filter(pk=run.pk)):
        raise _under_version("The run")
    run.lifecycle = Lifecycle.DELETED
    return act.save(run)


@verb("client_run.restore")
def restore_run(act: Act, *, run: ClientRun) -> ClientRun:
    """Bring a run back."""
    run.lifecycle = Lifecycle.ACTIVE
    return act.save(run)


def _free(scope: Scope, name: str) -> None:
    if Experiment.objects.filter(scope=scope, name=name).exists():
        raise BadInput(
            "experiment_taken",
            f"Experiment(name={name}) already exists.",
            "Use it, choose another name, or restore it if it was deleted.",
        )


def _under_version(what: str) -> RuleRefused:
    return RuleRefused(
        "run_under_version",
        f"{what} stands under a registered version and cannot be deleted: it is part of the version's lineage.",
        "Archive the version instead; its lineage stays.",
    )
