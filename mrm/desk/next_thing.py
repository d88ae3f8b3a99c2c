"""The one thing to do next for a model, said to whoever may do it and to whoever waits for it."""

from __future__ import annotations

from dataclasses import dataclass

from mrm.access.actors import Actor
from mrm.access.acts import can
from registry.inventory import queries as inventory
from registry.inventory.models import Model
from registry.inventory.rules import ENDED, State
from registry.versions.models import Version
from registry.versions.rules import Admission
from validation.cases.models import Validation
from validation.cases.queries import waits_for
from validation.cases.rules import ValidationState


@dataclass(frozen=True)
class Next:
    """What is next, in a sentence; the way there, when this reader may go it."""

    text: str
    detail: str = ""
    url: str = ""
    button: str = ""
    tone: str = "warn"


def next_thing(actor: Actor, model: Model, versions: list[Version], case: Validation | None) -> Next:
    """The next thing, by how far the model is."""
    if model.state == State.NON_MODEL:
        return _offer(
            actor,
            Next(
                "Nothing: this was agreed to be no model.",
                "When its use grows, take it back.",
                _page(model, "model-reconsider"),
                "Take it back",
                "",
            ),
            "model.reconsider",
            model=model,
        )
    if model.state in ENDED:
        return Next("Nothing: this entry is kept for reading only.", tone="")
    if model.state == State.CANDIDATE:
        return _register(actor, model)
    if case is not None and case.running:
        return _validate(actor, case)
    if not versions:
        return _offer(
            actor,
            Next(
                "Register the first version.",
                "Its data first: upload training and test data, then the artefact.",
                f"{model.get_absolute_url()}versions/new/",
                "Register a version",
            ),
            "version.register",
            model=model,
        )
    return _version(actor, model, versions[0], case)


def _register(actor: Actor, model: Model) -> Next:
    if inventory.open_claim(model) is not None:
        return _offer(
            actor,
            Next(
                "Decide whether this is a model.",
                "The first line claims that it is none.",
                _page(model, "model-non-model-decide"),
                "Read the claim",
            ),
            "model.decide_non_model",
            model=model,
        )
    lacking = inventory.missing_for_registration(model)
    if lacking:
        words = ", ".join(item.what.lower() for item in lacking)
        return _offer(
            actor,
            Next(
                f"{lacking[0].mend}.",
                f"A registered model still needs: {words}.",
                _page(model, lacking[0].url_name),
                lacking[0].mend,
            ),
            "model.describe",
            model=model,
        )
    return _offer(
        actor,
        Next(
            "Put the model on the register.",
            "Everything is there.",
            _page(model, "model-register"),
            "Register",
        ),
        "model.register",
        model=model,
    )


def _page(model: Model, url_name: str) -> str:
    from django.urls import reverse

    return reverse(url_name, args=[model.reference])


def _version(actor: Actor, model: Model, newest: Version, case: Validation | None) -> Next:
    here = newest.get_absolute_url()
    if newest.admission == Admission.PENDING:
        return Next(
            f"Wait for the inspection of version {newest.number}.", "It takes some seconds.", here, "See it"
        )
    if newest.admission == Admission.REFUSED:
        detail = f"{newest.found.detail} {newest.found.remedy}" if newest.found else ""
        return Next(
            f"Version {newest.number} was refused; register a mended one.", detail, here, "See why", "bad"
        )
    if case is not None and case.version_id == newest.pk and case.state == ValidationState.GRANTED:
        return Next(
            f"Nothing waits: version {newest.number} is approved.",
            f"By {case.reference}.",
            case.get_absolute_url(),
            "See the validation",
            "good",
        )
    return _offer(
        actor,
        Next(
            f"Open a validation of version {newest.number}.",
            "Policy decides its scope.",
            f"/validations/new/?model={model.reference}&version={newest.number}",
            "Open a validation",
        ),
        "validation.open",
        version=newest,
    )


def _validate(actor: Actor, case: Validation) -> Next:
    where = case.get_absolute_url()
    if waits_for(actor, case):
        return Next(
            f"Read and sign {case.reference}.",
            "It waits for your signature.",
            f"{where}sign/",
            "Read and sign",
        )
    words = {
        ValidationState.FROZEN: "waits for the validator’s signature.",
        ValidationState.SIGNED: "waits for the approvals of its tier.",
    }
    state = words.get(ValidationState(case.state), f"is {case.get_state_display()}.")
    return Next(f"Validation {case.reference} {state}", f"Due {case.due:%-d %b %Y}.", where, "Go to it")


def _offer(actor: Actor, step: Next, act: str, **arguments: object) -> Next:
    """The step with its button for whoever may do it; for others, who does."""
    why_not = can(actor, act, **arguments)
    if why_not is None:
        return step
    return Next(step.text, f"{step.detail} {why_not}".strip(), tone=step.tone)
