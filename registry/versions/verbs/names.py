"""Acts on aliases and tags."""

from __future__ import annotations

from mrm.access.acts import Act, verb
from mrm.kernel.errors import CountersignError, RuleRefused
from registry.inventory.models import Model
from registry.inventory.queries import uses
from registry.versions import moves
from registry.versions.aliases import (
    CHALLENGER,
    CHAMPION,
    alias_key,
    check_alias,
    check_tag,
    refuse_reserved,
)
from registry.versions.models import Alias, Tag, Version
from registry.versions.rules import Stage


@verb("alias.set")
def set_alias(act: Act, *, version: Version, name: str) -> Alias:
    """Let a name of the model point at this version.

    Setting `champion` promotes the version to production, setting `challenger` requests it.
    """
    key = check_alias(name)
    model = version.model
    if key == CHAMPION:
        _one_use(model)
        moves.promote(act, version=version, to=Stage.PROD, reason="The alias champion was set.")
        return Alias.objects.get(model=model, key=key)
    if key == CHALLENGER:
        moves.request(act, version=version, to=Stage.PROD, reason="The alias challenger was set.")
        return Alias.objects.get(model=model, key=key)
    refuse_reserved(name)
    return moves.point(act, model=model, name=name.strip(), key=key, version=version)


def _one_use(model: Model) -> None:
    count = uses(model).count()
    if count > 1:
        raise RuleRefused(
            "champion_per_use",
            f"{model.name} has {count} uses, and each may have a champion of its own.",
            f"Promote the version for its uses on its page: {model.get_absolute_url()}",
        )


@verb("alias.remove")
def remove_alias(act: Act, *, model: Model, name: str) -> Model:
    """Take a name away from a model's version."""
    refuse_reserved(name)
    alias = Alias.objects.filter(model=model, key=alias_key(name)).first()
    if alias is None:
        raise _unknown(f"{model.name} has no alias “{name[:60]}”.")
    act.delete(alias)
    return model


@verb("version.tag")
def tag_version(act: Act, *, version: Version, key: str, value: str = "") -> Version:
    """Set a tag of a version; a value it had before is replaced."""
    _tag(act, version.model, version, key, value)
    return version


@verb("version.untag")
def untag_version(act: Act, *, version: Version, key: str) -> Version:
    """Remove a tag of a version."""
    _untag(act, version.model, version, key)
    return version


@verb("model.tag")
def tag_model(act: Act, *, model: Model, key: str, value: str = "") -> Model:
    """Set a tag of a model; a value it had before is replaced."""
    _tag(act, model, None, key, value)
    return model


@verb("model.untag")
def untag_model(act: Act, *, model: Model, key: str) -> Model:
    """Remove a tag of a model."""
    _untag(act, model, None, key)
    return model


def _tag(act: Act, model: Model, version: Version | None, key: str, value: str) -> None:
    wanted = check_tag(key, value)
    held = Tag.objects.filter(model=model, version=version, key=wanted).first()
    tag = held or Tag(scope=model.scope, model=model, version=version, key=wanted)
    tag.value = value
    act.save(tag)


def _untag(act: Act, model: Model, version: Version | None, key: str) -> None:
    held = Tag.objects.filter(model=model, version=version, key=check_tag(key)).first()
    if held is None:
        raise _unknown(f"There is no tag “{key[:60]}”.")
    act.delete(held)


def _unknown(detail: str) -> CountersignError:
    return RuleRefused("name_unknown", detail, "Check its spelling.").as_status(404)
