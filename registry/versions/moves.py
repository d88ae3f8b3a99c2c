"""What an open act does with the place of a version: stages, promotion requests, and the aliases that follow them.

`champion` names the version that answers wherever anything of the model answers. While different versions are in
production for different uses there is none. `challenger` names the version whose promotion to production was asked
for last and is still open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mrm.access.acts import Act
from mrm.kernel.errors import BadInput, RuleRefused
from registry.inventory.effects import advance
from registry.inventory.models import Model, Use
from registry.inventory.queries import uses as uses_in_effect
from registry.inventory.rules import State
from registry.versions import gates
from registry.versions.aliases import CHALLENGER, CHAMPION
from registry.versions.models import Alias, PromotionRequest, StageRow, Version
from registry.versions.rules import STAGES, RequestState, Stage

WAY = (Stage.DEV, Stage.STAGING, Stage.PROD)
MAY_SERVE = (State.APPROVED, State.IN_USE)


def promote(
    act: Act, *, version: Version, to: str, uses: Sequence[Use] | None = None, reason: str = ""
) -> StageRow:
    """Move a version on to staging or production, through the gates; refused with every requirement that is unmet.

    A version of dev goes through staging on its way: it meets that gate as well. In production it takes over the
    uses named (all in effect when none is); who answered for them before goes back to staging when nothing is left.
    """
    stage = target(to)
    wanted = named(version.model, uses) if stage == Stage.PROD else []
    check_way(version, stage, wanted)
    gates.check(version, now=act.now, stage=stage, uses=wanted or None)
    here = Stage(version.stage)
    if stage == Stage.PROD:
        check_model(version.model)
        for other in in_production(version.model, but=version):
            leave(act, version=other, uses=wanted, reason=f"Replaced by version {version.number}.")
    for step in WAY[WAY.index(here) + 1 : WAY.index(stage)]:
        _arrive(act, version, step, reason=reason)
    serving = sorted({*version.serves, *(use.reference for use in wanted)})
    row = _arrive(act, version, stage, reason=reason, uses=serving)
    if stage == Stage.PROD:
        advance(act, model=version.model, to=State.IN_USE)
    close_requests(act, version=version, upto=stage)
    crown(act, version.model)
    return row


def leave(act: Act, *, version: Version, uses: Iterable[Use], reason: str) -> StageRow | None:
    """A version stops answering for these uses; with none left it stands in staging again."""
    gone = {use.reference for use in uses}
    serving = version.serves
    if not gone & set(serving):
        return None
    left = [reference for reference in serving if reference not in gone]
    row = _arrive(act, version, Stage.PROD if left else Stage.STAGING, reason=reason, uses=left)
    crown(act, version.model)
    return row


def archive(act: Act, *, version: Version, reason: str) -> StageRow:
    """Take a version out for good: its open request is withdrawn, its aliases go."""
    STAGES.check(version.stage, Stage.ARCHIVED, f"Version {version.number}")
    row = _arrive(act, version, Stage.ARCHIVED, reason=reason)
    close_requests(act, version=version, state=RequestState.WITHDRAWN, reason="The version was archived.")
    for alias in version.aliases.all():
        act.delete(alias)
    crown(act, version.model)
    return row


def request(
    act: Act, *, version: Version, to: str, uses: Sequence[Use] | None = None, reason: str
) -> PromotionRequest:
    """Ask for a promotion: what is unmet today is kept with the request, and need not be met to ask."""
    stage = target(to)
    wanted = named(version.model, uses) if stage == Stage.PROD else []
    check_way(version, stage, wanted)
    if version.requests.filter(state=RequestState.OPEN).exists():
        raise RuleRefused(
            "promotion_requested",
            f"Version {version.number} has an open promotion request already.",
            "Withdraw it first, or wait for it.",
        )
    made = act.save(
        PromotionRequest(
            scope=version.scope,
            version=version,
            stage=stage,
            uses=[use.reference for use in wanted],
            reason=reason,
            open_requirements=[
                {"key": item.key, "title": item.title, "sentence": item.sentence, "to": item.stage}
                for item in gates.unmet(version, now=act.now, stage=stage, uses=wanted or None)
            ],
            requested_by=act.person,
            requested_at=act.now,
        )
    )
    crown(act, version.model)
    return made


def withdraw(act: Act, *, request: PromotionRequest, reason: str) -> PromotionRequest:
    """Close an open request without a promotion."""
    if request.state != RequestState.OPEN:
        raise RuleRefused(
            "wrong_state",
            f"The request is {request.get_state_display()} already.",
            "Only an open request can be withdrawn.",
        )
    _close(act, request, RequestState.WITHDRAWN, reason)
    crown(act, request.version.model)
    return request


def close_requests(
    act: Act,
    *,
    version: Version,
    upto: str = Stage.PROD,
    state: RequestState = RequestState.DONE,
    reason: str = "",
) -> None:
    """Close the open requests of a version that its new stage has answered."""
    reached = WAY[: WAY.index(Stage(upto)) + 1]
    for item in version.requests.filter(state=RequestState.OPEN, stage__in=reached):
        _close(act, item, state, reason)


def crown(act: Act, model: Model) -> None:
    """Let the aliases of the workflow follow stages and requests."""
    serving = in_production(model)
    _point(act, model, CHAMPION, serving[0] if len(serving) == 1 else None)
    asked = (
        PromotionRequest.objects.filter(version__model=model, state=RequestState.OPEN, stage=Stage.PROD)
        .select_related("version")
        .order_by("-requested_at", "-id")
        .first()
    )
    _point(act, model, CHALLENGER, asked.version if asked else None)


def in_production(model: Model, *, but: Version | None = None) -> list[Version]:
    """The versions of a model that answer for a use, the newest first."""
    ever = StageRow.objects.filter(version__model=model, stage=Stage.PROD).values("version")
    rows = Version.objects.filter(pk__in=ever).select_related("model").prefetch_related("stages")
    return [row for row in rows.order_by("-number") if row.serves and (but is None or row.pk != but.pk)]


def target(to: str) -> Stage:
    """Staging or production."""
    if to not in {Stage.STAGING, Stage.PROD}:
        raise BadInput(
            "promotion_target",
            f"Nothing is promoted to “{to}”.",
            "Promote to staging or prod; archiving is an act of its own.",
        )
    return Stage(to)


def named(model: Model, uses: Sequence[Use] | None) -> list[Use]:
    """The uses asked for, each one in effect; all of them when none was named."""
    effective = list(uses_in_effect(model))
    if not uses:
        return effective
    strange = [use for use in uses if use not in effective]
    if strange:
        raise BadInput(
            "use_unknown",
            f"{strange[0].reference} is not a use of {model.name}.",
            "Name uses of this model that are in effect.",
        )
    return list(uses)


def check_way(version: Version, to: Stage, uses: Sequence[Use]) -> None:
    """A version moves forward, or takes up a further use in production."""
    here = Stage(version.stage)
    there = {use.reference for use in uses} <= set(version.serves) if here == Stage.PROD else False
    if here == to and (to == Stage.STAGING or there):
        raise RuleRefused(
            "promotion_pointless",
            f"Version {version.number} is in {here} already.",
            "Choose another version, stage or use.",
        )
    if here == Stage.ARCHIVED or (here in WAY and WAY.index(here) > WAY.index(to)):
        STAGES.check(here, Stage.ARCHIVED if here == Stage.ARCHIVED else to, f"Version {version.number}")
        raise RuleRefused(
            "promotion_pointless",
            f"Version {version.number} is in {here} already.",
            "It leaves production when another version replaces it, or by being archived.",
        )


def check_model(model: Model) -> None:
    """Only what was approved comes into use."""
    if model.state not in MAY_SERVE:
        raise RuleRefused(
            "wrong_state",
            f"{model.name} is {model.get_state_display()}; only an approved model comes into use.",
            f"Its page says what is next: {model.get_absolute_url()}",
        )


def _arrive(act: Act, version: Version, stage: str, *, reason: str, uses: Sequence[str] = ()) -> StageRow:
    last = version.stages.order_by("-number").values_list("number", flat=True).first()
    return act.save(
        StageRow(
            scope=version.scope,
            version=version,
            number=(last or 0) + 1,
            stage=stage,
            uses=list(uses),
            reason=reason,
            moved_by=act.person,
            moved_at=act.now,
        )
    )


def _close(act: Act, request: PromotionRequest, state: RequestState, reason: str) -> None:
    request.state, request.closed_reason = state, reason
    request.closed_by, request.closed_at = act.person, act.now
    act.save(request)


def _point(act: Act, model: Model, key: str, version: Version | None) -> None:
    """Let a workflow alias point at a version, or at none."""
    held: Alias | None = Alias.objects.filter(model=model, key=key).first()
    if version is None:
        if held is not None:
            act.delete(held)
        return
    if held is not None and held.version_id == version.pk:
        return
    point(act, model=model, name=key, key=key, version=version)


def point(act: Act, *, model: Model, name: str, key: str, version: Version) -> Alias:
    """Set or move an alias."""
    alias = Alias.objects.filter(model=model, key=key).first() or Alias(
        scope=model.scope, model=model, key=key
    )
    alias.name, alias.version = name, version
    alias.set_by, alias.set_at = act.person, act.now
    return act.save(alias)
