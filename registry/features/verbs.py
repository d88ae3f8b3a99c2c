"""Acts of the feature store: open a catalogue, apply definitions, bring data in, keep what was built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mrm import vault
from mrm.access.acts import Act, verb
from mrm.access.intake import Upload
from mrm.access.models import LegalEntity
from mrm.access.rules import GrantLevel, ScopeKind
from mrm.jobs import effects as jobs
from mrm.jobs.fence import Fence
from mrm.jobs.models import Job
from mrm.kernel import ids
from mrm.kernel.canonical import digest, sha256
from mrm.kernel.clock import utc
from mrm.kernel.errors import BadInput, RuleRefused
from registry.features import definitions, feast, materialising, named, online, served, subjects
from registry.features.loading import Part
from registry.features.models import (
    Catalogue,
    Comparison,
    Definition,
    Delivery,
    ServedBatch,
    StorePart,
    Subject,
    TrainingSet,
)
from registry.features.rules import ORDER, SKEWED, FeatureName, Kind


@dataclass(frozen=True)
class Kept:
    """What fixes a build, ready to be recorded."""

    rows_digest: str
    rows: int
    known_until: datetime | None
    watermark: dict[str, int]
    data_digest: str


@dataclass(frozen=True)
class Compared:
    """What a comparison found, ready to be recorded."""

    first_batch: int
    last_batch: int
    rows: int
    watermark: dict[str, int]
    features: list[dict[str, Any]]


@verb("feature_catalogue.open")
def open_catalogue(act: Act, *, entity: LegalEntity, name: str, description: str = "") -> Catalogue:
    """Open a feature catalogue.

    It holds definitions and, in its store, rows about people: who may see it is granted apart from any model.
    """
    wanted = name.strip()
    if not wanted or Catalogue.objects.filter(entity=entity, name=wanted).exists():
        raise BadInput(
            "catalogue_name",
            f"{entity.name} has a feature catalogue “{wanted}” already."
            if wanted
            else "A catalogue needs a name.",
            "Choose a name that says whose features it holds.",
        )
    scope = act.new_scope(ScopeKind.DATASET, parent=entity.scope, label=wanted)
    if not act.actor.robot:
        act.grant(act.person, scope, GrantLevel.ACT)
    return act.save(Catalogue(scope=scope, entity=entity, name=wanted, description=description))


@verb("feature_definition.apply")
def apply_definitions(act: Act, *, catalogue: Catalogue, file: Upload) -> list[Definition]:
    """Apply feature definitions.

    YAML, one document each. The same again changes nothing; a changed definition is a new version. Answers with the
    definitions that are new.
    """
    documents = definitions.read(file.read())
    applied = []
    for kind in ORDER:
        for item in documents:
            if item.kind == kind:
                made = definitions.at(item.place, lambda item=item: _applied(act, catalogue, item))
                applied += [made] if made else []
    return applied


def _applied(act: Act, catalogue: Catalogue, item: definitions.Document) -> Definition | None:
    body = _resolved(catalogue, item)
    facts = {"kind": item.kind.value, "body": body, "owner": item.owner, "description": item.description}
    own = digest(facts)
    before = (
        Definition.objects.filter(catalogue=catalogue, kind=item.kind, name=item.name)
        .order_by("-number")
        .first()
    )
    if before is not None and before.digest == own:
        return None
    return act.save(
        Definition(
            scope=catalogue.scope,
            catalogue=catalogue,
            kind=item.kind,
            name=item.name,
            number=before.number + 1 if before else 1,
            body=body,
            digest=own,
            owner=item.owner,
            description=item.description,
            applied_by=act.person,
            applied_at=act.now,
        )
    )


def _resolved(catalogue: Catalogue, item: definitions.Document) -> dict[str, Any]:
    """The body with every name fixed to a version."""
    body = dict(item.body)
    if item.kind == Kind.VIEW:
        body["entity"] = named.definition_named(catalogue, Kind.KEY, body["entity"]).label
        body["source"] = named.definition_named(catalogue, Kind.SOURCE, body["source"]).label
    if item.kind == Kind.SERVICE:
        body["features"] = [str(name) for text in body["features"] for name in _features(catalogue, text)]
        _one_version_each(body["features"])
    return body


def _features(catalogue: Catalogue, text: str) -> list[FeatureName]:
    name = FeatureName.of(text)
    label = f"{name.view}@v{name.number}" if name.number else name.view
    view = named.definition_named(catalogue, Kind.VIEW, label)
    known = view.body["features"]
    if name.feature == "*":
        return [FeatureName(view.name, feature, view.number) for feature in known]
    if name.feature not in known:
        raise BadInput(
            "definition_unknown",
            f"View {view.label} has no feature “{name.feature}”.",
            f"It has: {', '.join(known)}.",
        )
    return [FeatureName(view.name, name.feature, view.number)]


def _one_version_each(features: list[str]) -> None:
    seen: dict[str, int | None] = {}
    for name in map(FeatureName.of, features):
        if seen.setdefault(name.view, name.number) != name.number:
            raise BadInput(
                "view_version_twice",
                f"The service names two versions of view “{name.view}”: v{seen[name.view]} and v{name.number}.",
                "A service holds one version of a view: choose one, or make a second service.",
            )
    if len(set(features)) < len(features):
        raise BadInput("definition_invalid", "The service names a feature twice.", "Name each feature once.")


@verb("feature_source.load")
def load_source(act: Act, *, source: Definition, file: Upload | None = None) -> Job:
    """Read a source into the store.

    A source with a path is delivered as a file, CSV or Parquet; one with a query is asked. A job hashes the keys, keeps
    what is new as one immutable part, and forgets the file.
    """
    if source.kind != Kind.SOURCE or ("query" in source.body) != (file is None):
        query = "query" in source.body
        raise BadInput(
            "source_query" if query else "source_file",
            f"Source {source.label} is a query: no file is delivered for it."
            if query
            else f"Source {source.label} needs its file.",
            "Load it without a file." if query else "Send CSV or Parquet with it.",
        )
    payload = {"source": str(source.pk)}
    if file is not None:
        payload["delivery"] = str(_delivered(source, file).pk)
    return jobs.enqueue(
        act,
        kind="features.load",
        scope=source.scope,
        payload=payload,
        title=f"Reading of source {source.name}",
    )


def _delivered(source: Definition, file: Upload) -> Delivery:
    data, key, own = file.read(), AESGCM.generate_key(256), ids.uuid7()
    row = Delivery(
        id=own,
        source=source,
        file_name=Path(file.name).name[-200:],
        file_digest=sha256(data),
        sealed=vault.put(subjects.seal(key, data, str(own))),
        key=subjects.wrap(key, str(own)),
    )
    row.save(force_insert=True)
    return row


@verb("feature_source.receive")
def receive_part(act: Act, *, source: Definition, part: Part, fence: Fence) -> StorePart:
    """Receive a part of a source into the store."""
    jobs.hold(act, fence)
    last = source.parts.order_by("-number").first()
    if part.first_seq != (last.last_seq + 1 if last else 0):
        raise RuleRefused(
            "source_busy",
            f"Another reading of source {source.label} was received meanwhile.",
            "Read it again: what is new is then found afresh.",
        )
    return act.save(
        StorePart(
            scope=source.scope,
            source=source,
            number=part.number,
            first_seq=part.first_seq,
            rows=part.rows,
            columns=part.columns,
            profile=part.profile,
            parquet=part.parquet,
            file_digest=part.file_digest,
            clock=part.clock,
            event_from=part.event_from,
            event_to=part.event_to,
            received_at=act.now,
        )
    )


@verb("feature_service.record_build")
def record_build(act: Act, *, service: Definition, kept: Kept) -> TrainingSet:
    """Record a training set."""
    return act.save(
        TrainingSet(
            scope=service.scope,
            service=service,
            rows_digest=kept.rows_digest,
            rows=kept.rows,
            known_until=kept.known_until,
            watermark=kept.watermark,
            data_digest=kept.data_digest,
            built_by=act.actor.on_behalf_of or act.person,
            built_at=act.now,
        )
    )


@verb("feature_service.materialise")
def materialise(act: Act, *, service: Definition, until: datetime | None = None) -> Job:
    """Bring a feature service online, up to a time.

    A job computes what serving reads from the same definitions as training sets; default: up to now.
    """
    if service.kind != Kind.SERVICE:
        raise BadInput("definition_unknown", f"{service.label} is no feature service.", "Name a service.")
    if feast.chosen():
        raise RuleRefused(
            "online_elsewhere",
            "Online features come from a Feast here, which fills its store itself.",
            "Run `feast materialize`, or set MRM_ONLINE_URL to a store of ours.",
        )
    upto = until or act.now
    materialising.check_until(service, upto, act.now)
    if Job.objects.open().filter(kind="features.materialise", payload__service=str(service.pk)).exists():
        raise RuleRefused(
            "wrong_state",
            f"Service {service.label} is being materialised already.",
            "Wait until that job has ended.",
        )
    return jobs.enqueue(
        act,
        kind="features.materialise",
        scope=service.scope,
        payload={"service": str(service.pk), "until": utc(upto)},
        title=f"Materialisation of {service.name}",
    )


@verb("feature_subject.erase")
def erase_subject(act: Act, *, catalogue: Catalogue, key: str, value: str, reason: str) -> str:
    """Erase a subject from the feature store.

    The sealed raw key and the key that opens it are deleted; its online rows too. What the store's parts hold under the
    hash answers nobody any more: every read treats the subject as unknown.
    """
    if not reason.strip():
        raise BadInput("definition_invalid", "An erasure needs its reason.", "Name the request it follows.")
    act.reason = reason
    feature_key = named.definition_named(catalogue, Kind.KEY, key)
    digest_of = subjects.hashed(catalogue, feature_key.name, subjects.spelled(value))
    Subject.objects.update_or_create(
        catalogue=catalogue,
        key_name=feature_key.name,
        hash=digest_of,
        defaults={"wrapped": None, "sealed": None},
    )
    services = Definition.objects.filter(catalogue=catalogue, kind=Kind.SERVICE)
    if not feast.chosen():
        online.store().forget(services, feature_key.name, digest_of)
    act.facts["subject"] = digest_of
    return digest_of


@verb("feature_service.record_served")
def record_served(act: Act, *, service: Definition, file: Upload) -> ServedBatch:
    """Record what serving read or was given.

    NDJSON, one line a decision: the key, `at`, `features` by `view__feature`, and the `watermark` it was read at, if known.
    Skew is judged on it within a minute.
    """
    batch = served.batch_of(service, file.read())
    last = ServedBatch.objects.filter(service=service).order_by("-number").first()
    return act.save(
        ServedBatch(
            scope=service.scope,
            service=service,
            number=last.number + 1 if last else 1,
            rows=batch.rows,
            parquet=batch.parquet,
            served_from=batch.served_from,
            served_to=batch.served_to,
            received_at=act.now,
        )
    )


@verb("feature_service.compare")
def compare(act: Act, *, service: Definition) -> Job:
    """Compare what was served with what was known.

    A job judges every feature on the batches that came last.
    """
    if not ServedBatch.objects.filter(service=service).exists():
        raise RuleRefused(
            "nothing_served",
            f"Nothing is known of what service {service.label} served.",
            "Send served features first: POST /api/v1/acts/feature_service.record_served.",
        )
    return jobs.enqueue(
        act,
        kind="features.compare",
        scope=service.scope,
        payload={"service": str(service.pk)},
        title=f"Skew of {service.name}",
    )


@verb("feature_service.record_comparison")
def record_comparison(act: Act, *, service: Definition, found: Compared, fence: Fence) -> Comparison:
    """Record a comparison of served with known features."""
    jobs.hold(act, fence)
    return act.save(
        Comparison(
            scope=service.scope,
            service=service,
            first_batch=found.first_batch,
            last_batch=found.last_batch,
            rows=found.rows,
            watermark=found.watermark,
            features=found.features,
            skewed=any(item["verdict"] in SKEWED for item in found.features),
            compared_at=act.now,
        )
    )
