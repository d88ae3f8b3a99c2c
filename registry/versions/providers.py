"""What this room itself answers for at the gates: artefact, signature, lineage, use grant."""

from __future__ import annotations

from registry.data.rules import SnapshotStatus
from registry.inventory.queries import uses
from registry.versions.gates import Answer, Ask, providers
from registry.versions.models import UseGrant
from registry.versions.rules import Admission


def safe_artefact(ask: Ask) -> Answer:
    """Of a format that runs no code, opened in a sandbox, and admitted."""
    version = ask.version
    if version.admission == Admission.PENDING:
        return Answer("unmet", "Its inspection is not over yet.", url=version.get_absolute_url())
    if version.found is None or not version.found.admitted:
        why = version.found.detail if version.found else ""
        return Answer("unmet", f"The inspection refused it. {why}", url=version.get_absolute_url())
    if version.external:
        return Answer("not_applicable", "External: no artefact is held; its scored sample is judged.")
    return Answer(
        "met", f"{version.get_format_display()}, inspected in a process of its own.", (version.artefact,)
    )


def signature(ask: Ask) -> Answer:
    """Inputs and outputs are known."""
    found = ask.version.found
    if found is None or not found.admitted or not found.signature:
        return Answer("unmet", "No signature is known before the version is admitted.")
    inputs, outputs = found.signature["inputs"], found.signature["outputs"]
    if not inputs:
        return Answer("unmet", "No column of the scored sample has the role feature.")
    return Answer("met", f"{len(inputs)} inputs; outputs: {', '.join(outputs)}.")


def dataset_lineage(ask: Ask) -> Answer:
    """Every snapshot it names is held and released."""
    held = ask.version.snapshots
    if not held:
        return Answer("unmet", "The version names no snapshot.")
    bad = [item for item in held if item.status != SnapshotStatus.RELEASED]
    if bad:
        return Answer("unmet", f"Snapshot {bad[0].reference} is {bad[0].standing.get_state_display()}.")
    names = ", ".join(item.reference for item in held)
    return Answer(
        "met", f"Built, tested or scored on {names}.", tuple(item.content.data_digest for item in held)
    )


def use_grant(ask: Ask) -> Answer:
    """An active grant for every use asked for, or else for every use in effect."""
    grants = {grant.use_id: grant for grant in UseGrant.objects.filter(version=ask.version)}
    wanted = list(ask.uses or uses(ask.version.model))
    if not wanted:
        return Answer("unmet", "The model has no use in effect.")
    lacking = []
    for use in wanted:
        grant = grants.get(use.pk)
        standing = grant.standing(ask.on) if grant else "not granted"
        if standing != "active":
            lacking.append(f"{use}: {standing}")
    if lacking:
        return Answer("unmet", "; ".join(lacking) + ".")
    held = [grants[use.pk] for use in wanted]
    until = min(grant.expires for grant in held)
    names = tuple(grant.reference for grant in held)
    return Answer("met", f"For {len(wanted)} uses, until {until:%-d %b %Y} at the earliest.", names)


providers.register("safe_artefact", safe_artefact)
providers.register("signature", signature)
providers.register("dataset_lineage", dataset_lineage)
providers.register("use_grant", use_grant)
