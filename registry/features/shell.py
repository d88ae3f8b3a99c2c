"""What `manage.py features …` does; each answers with the lines to print.

A path in a definition is relative to the file of definitions, and is read here, by whoever may read it on this machine;
the database keeps no path in a definition. A source whose file has changed since is read again before it is used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mrm.access.actors import Actor, robot
from mrm.access.acts import can
from mrm.access.intake import Upload
from mrm.access.rules import Robot
from mrm.jobs import inline
from mrm.jobs.models import Job
from mrm.jobs.rules import JobState
from mrm.kernel.canonical import sha256
from mrm.kernel.clock import utc
from mrm.kernel.errors import BadInput, CountersignError, NotFound, RuleRefused
from registry.features import building, definitions, loading, named, queries, verbs
from registry.features.models import Catalogue, Definition, SourcePlace, StorePart, TrainingSet
from registry.features.rules import Kind, Verdict

if TYPE_CHECKING:
    import pyarrow as pa

OWN_NAME = "Shared features"


def apply(who: Actor, within: Catalogue | None, options: dict[str, Any]) -> Iterator[str]:
    """Register definitions; then read the sources of the file."""
    path = Path(options["file"])
    data = readable(path)
    catalogue = within or own_catalogue(who)
    applied = verbs.apply_definitions(who, catalogue=catalogue, file=Upload.of(path.name, data))
    for row in applied:
        yield f"{row.get_kind_display()} {row.label} is new"
    documents = definitions.read(data)
    known = {row.name for row in applied}
    if unchanged := [item.name for item in documents if item.name not in known]:
        yield f"{len(unchanged)} unchanged"
    for item in documents:
        if item.kind == Kind.SOURCE:
            source = named.definition_named(catalogue, Kind.SOURCE, item.name)
            if "path" in source.body:
                remember_place(source, path.resolve().parent / source.body["path"])
            if named.views_of_source(source):
                yield from refreshed(who, source, always="query" in source.body)


def load(who: Actor, within: Catalogue | None, options: dict[str, Any]) -> Iterator[str]:
    """Read a source again."""
    source = queries.found(who, Kind.SOURCE, options["source"], within=within)
    if options["file"]:
        remember_place(source, Path(options["file"]).resolve())
    yield from refreshed(who, source, always=True)


def build(who: Actor, within: Catalogue | None, options: dict[str, Any]) -> Iterator[str]:
    """A training set; with a person it is recorded, and can be rebuilt by its reference."""
    service = queries.service(who, options["service"], within=within)
    earlier = _earlier(who, service, options["rebuild"])
    if earlier is None:
        yield from refresh_all(who, service)
    else:
        service = earlier.service
    until = _until(options["known_until"], earlier)
    rows = loading.table_of(readable(Path(options["rows"])))
    made = building.build(
        service, rows, known_until=until, at_watermark=earlier.watermark if earlier else None
    )
    write(made.table, Path(options["out"]))
    yield f"{made.table.num_rows} rows, data digest {made.data_digest}"
    if earlier is not None:
        same = earlier.data_digest == made.data_digest
        yield f"{'identical to' if same else 'DIFFERS from'} {earlier.reference}"
        return
    if not who.robot:
        kept = verbs.Kept(made.rows_digest, rows.num_rows, until, made.watermark, made.data_digest)
        row = verbs.record_build(robot(Robot.WORKER, on_behalf_of=who.person), service=service, kept=kept)
        yield f"training set {row.reference} of {service.label}"


def materialise(who: Actor, within: Catalogue | None, options: dict[str, Any]) -> Iterator[str]:
    """Bring a service online; what serving reads is then known as of the watermark."""
    service = queries.service(who, options["service"], within=within)
    yield from refresh_all(who, service)
    job = done(
        verbs.materialise(who, service=service, until=moment(options["until"]) if options["until"] else None)
    )
    yield f"{service.label}: {job.result['rows']:,} entities online"
    yield f"watermark {job.result['until']}"


def read(who: Actor, within: Catalogue | None, options: dict[str, Any]) -> Iterator[str]:
    """What serving would read, and the watermark it holds for."""
    service = queries.service(who, options["service"], within=within)
    found = queries.read(service, loading.table_of(readable(Path(options["rows"]))))
    write(found.table, Path(options["out"]))
    yield f"watermark {utc(found.watermark) if found.watermark else 'unknown'}"


def skew(who: Actor, within: Catalogue | None, options: dict[str, Any]) -> Iterator[str]:
    """Compare served with known features now; without a person, the last comparison is shown."""
    service = queries.service(who, options["service"], within=within)
    if options["served"]:
        path = Path(options["served"])
        batch = verbs.record_served(who, service=service, file=Upload.of(path.name, readable(path)))
        yield f"{batch.rows:,} served rows recorded"
    if not who.robot:
        done(verbs.compare(who, service=service))
    found = queries.newest_comparison(service)
    if found is None:
        yield f"{service.label} was not compared yet"
        return
    for item in found.features:
        yield f"{item['feature']:<40} {Verdict(item['verdict']).label}: {item['said']}"
    yield f"{found.rows:,} served rows, {'SKEWED' if found.skewed else 'equal'}"


def _until(text: str | None, earlier: TrainingSet | None) -> datetime | None:
    if text:
        return moment(text)
    return earlier.known_until if earlier else None


def _earlier(who: Actor, service: Definition, reference: str | None) -> TrainingSet | None:
    if not reference:
        return None
    found: TrainingSet = TrainingSet.objects.select_related("service", "service__catalogue").one(
        who, reference=reference
    )
    if found.service.name != service.name:
        raise NotFound("not_found", f"{reference} is no training set of service {service.name}.")
    return found


def own_catalogue(who: Actor) -> Catalogue:
    """The one catalogue this person may act in; none yet: one is opened for their legal entity."""
    visible = list(queries.catalogues(who))
    acting = [row for row in visible if can(who, "feature_definition.apply", catalogue=row) is None]
    if len(acting) == 1:
        return acting[0]
    if acting or visible:
        raise BadInput(
            "catalogue_unclear",
            "Several feature catalogues could be meant."
            if acting
            else "You may read feature catalogues, but act in none.",
            f"Name one with --catalogue: {', '.join(row.reference for row in acting or visible)}."
            if acting
            else "Have a grant given on one of them, or open another.",
        )
    entities = list(queries.catalogue_entities(who))
    if len(entities) != 1:
        raise BadInput(
            "catalogue_unclear",
            "No feature catalogue is there, and several legal entities could open one."
            if entities
            else "No feature catalogue is there that you may see.",
            "Open one on the page Features.",
        )
    return verbs.open_catalogue(who, entity=entities[0], name=OWN_NAME)


def refresh_all(who: Actor, service: Definition) -> Iterator[str]:
    """Every source of a service whose file has changed is read again, by who may read it."""
    for item in named.plan(service):
        yield from refreshed(who, item.source)


def refreshed(who: Actor, source: Definition, *, always: bool = False) -> Iterator[str]:
    """Read a source when its file is not the one that was read last."""
    file = None
    if "path" in source.body:
        place = SourcePlace.objects.filter(source=source).first()
        if place is None or not (always or Path(place.path).exists()):
            return
        data = readable(Path(place.path))
        if not always and StorePart.objects.filter(source=source, file_digest=sha256(data)).exists():
            return
        file = Upload.of(Path(place.path).name, data)
    elif not always:
        return
    acting = who if not who.robot else None
    if acting is None or can(acting, "feature_source.load", source=source) is not None:
        yield f"source {source.label} was not read again: that is for who may act on it"
        return
    job = done(verbs.load_source(acting, source=source, file=file))
    new, held = job.result.get("rows", 0), job.result.get("skipped", 0)
    yield f"source {source.label} read: {new:,} rows new, {held:,} known already"


def done(job: Job) -> Job:
    """The job, done; a failed one speaks as the error it is."""
    ended = inline.finish(job.pk)
    if ended.state == JobState.FAILED:
        raise CountersignError(ended.error_code, ended.error_detail, ended.error_remedy)
    if ended.state == JobState.CANCELLED:
        raise RuleRefused("job_closed", "The job was cancelled.", "Ask for it again.")
    return ended


def remember_place(source: Definition, path: Path) -> None:
    """Where the file of a source lies on this machine."""
    SourcePlace.objects.update_or_create(source=source, defaults={"path": str(path)})


def readable(path: Path) -> bytes:
    """The bytes of a file on this machine."""
    try:
        return path.read_bytes()
    except OSError as trouble:
        raise BadInput(
            "source_file",
            f"The file {path.name} cannot be read: {os.strerror(trouble.errno or 0).lower()}.",
            "A path in a definition is relative to the file of definitions.",
        ) from trouble


def moment(text: str) -> datetime:
    """A time with its zone; a day is its first instant in UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or (found.tzinfo is None and len(text) > 10):
        raise BadInput("time_invalid", f"“{text}” is no time.", "Write 2026-01-31T09:30:00Z.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def write(table: pa.Table, path: Path) -> None:
    """A table as Parquet or CSV, whole or not at all."""
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    half = path.with_name(f".{path.name}.half")
    try:
        if path.suffix.lower() == ".csv":
            arrow_csv.write_csv(table, half, arrow_csv.WriteOptions(quoting_style="needed"))
        else:
            pq.write_table(table, half)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
