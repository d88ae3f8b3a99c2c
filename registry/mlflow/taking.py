"""What a poll does: registered models that changed there since the last one, with their versions and the runs of these.

Oldest change first, and the mark follows model by model, so that a poll that dies is continued by the next. Each row is
looked up by its origin before it is made: the same poll twice changes nothing. A model or version that a rule refuses
is told and does not stop the others; a server that falls silent does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from mrm.access.actors import Actor, robot
from mrm.access.models import LegalEntity, Person, User
from mrm.access.rules import Robot
from mrm.kernel.errors import BadInput, CountersignError, RuleRefused, Unavailable
from registry.inventory.models import Model
from registry.inventory.rules import name_key
from registry.mlflow import elsewhere, files, importing, queries, telemetry, verbs
from registry.mlflow import source as sources
from registry.mlflow.elsewhere import Elsewhere
from registry.mlflow.models import ClientRun, Experiment, Imported, Metric, PollMark
from registry.mlflow.protocol import Sent
from registry.mlflow.rules import BATCH_METRICS, NAME_LENGTH, TAG_LENGTH, RunStatus
from registry.mlflow.source import MLMODEL
from registry.versions.aliases import WORKFLOW
from registry.versions.danger import MAX_ARTEFACT

log = logging.getLogger("registry.mlflow")
OVERLAP = 60_000
LONGEST_NAME = 120
Tell = Callable[[int, int, str], None]


def not_set(what: str) -> RuleRefused:
    """The settings do not say all of it."""
    return RuleRefused(
        "import_not_set",
        f"The settings of the import from another MLflow are not complete: {what}.",
        "Set MRM_MLFLOW_IMPORT_URL, MRM_MLFLOW_IMPORT_ENTITY and MRM_MLFLOW_IMPORT_RESPONSIBLE.",
    )


def target() -> tuple[LegalEntity, Person]:
    """Where imported models belong and who answers for them, as the settings say."""
    entity = LegalEntity.objects.filter(code=settings.MRM_MLFLOW_IMPORT_ENTITY).first()
    if entity is None:
        raise not_set(f"there is no legal entity “{settings.MRM_MLFLOW_IMPORT_ENTITY}”")
    account = User.objects.filter(username=settings.MRM_MLFLOW_IMPORT_RESPONSIBLE).first()
    if account is None:
        raise not_set(f"there is no account “{settings.MRM_MLFLOW_IMPORT_RESPONSIBLE}”")
    return entity, account.person


@dataclass
class Taking:
    """One poll of one other MLflow."""

    there: Elsewhere
    entity: LegalEntity
    responsible: Person
    importer: Actor
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("models", "versions", "runs"), 0))
    troubles: list[str] = field(default_factory=list)

    def everything(self, tell: Tell, stopped: Callable[[], bool]) -> dict[str, Any]:
        """Take over what is new; how many of each, and what was refused."""
        mark, _ = PollMark.objects.get_or_create(origin=self.there.origin)
        changed = self.changed(mark.seen)
        for number, said in enumerate(changed):
            if stopped():
                break
            name = said.text("name", limit=300)
            tell(number, len(changed), name[:80])
            self.apart(name, lambda said=said: self.model(said))  # type: ignore[misc]
            PollMark.objects.filter(pk=mark.pk).update(seen=said.whole("last_updated_timestamp", 0))
        return {**self.counts, "origin": self.there.origin, "refused": self.troubles[:50]}

    def changed(self, seen: int) -> list[Sent]:
        """The models that changed since, the oldest change first."""
        found = []
        for said in self.there.models():
            if said.whole("last_updated_timestamp", 0) < seen - OVERLAP:
                break
            found.append(said)
        return found[::-1]

    def apart(self, what: str, do: Callable[[], Any]) -> None:
        """Do it; what a rule refuses is told, and the rest goes on."""
        try:
            do()
        except Unavailable:
            raise
        except CountersignError as error:
            log.warning("not taken over from %s: %s", self.there.origin, error.code)
            self.troubles.append(f"{what[:120]}: {error.detail}")

    def model(self, said: Sent) -> None:
        """A registered model, with each version that is not here yet."""
        name = said.needed("name", limit=300)
        known = Imported.objects.filter(origin=self.there.origin, name=name)
        versions = self.there.versions(name)
        row = known.filter(number="").select_related("model__scope").first()
        model = row.model if row else self.candidate(said, name)
        here = set(known.values_list("number", flat=True))
        aliases = [(item.text("alias"), item.text("version")) for item in said.rows("aliases")]
        for version in versions:
            number = version.needed("version", limit=20)
            if number not in here and version.text("status") in {"READY", ""}:
                names = [alias for alias, at in aliases if at == number]
                self.apart(
                    f"{name}, version {number}",
                    lambda v=version, names=names: self.version(model, name, v, names),  # type: ignore[misc]
                )

    def candidate(self, said: Sent, name: str) -> Model:
        """A new entry of the inventory; a name that is taken or reserved here gets the origin before it."""
        key = name_key(name)
        reserved = (
            key in WORKFLOW or key.startswith("mrm.") or queries.REFERENCE.fullmatch(name.strip().upper())
        )
        taken = Model.objects.filter(entity=self.entity, name_key=key[:240]).exists()
        if reserved or taken or len(name) > LONGEST_NAME or any(mark in name for mark in "/:"):
            clean = name.replace("/", " ").replace(":", " ")
            host = self.there.origin.replace(":", " ")
            name = f"{clean[: LONGEST_NAME - len(host) - 8]} (from {host})"
        made: Model = importing.import_model(
            self.importer,
            entity=self.entity,
            name=name,
            responsible=self.responsible,
            origin=self.there.origin,
            name_there=said.needed("name", limit=300),
            purpose=said.text("description", limit=TAG_LENGTH),
            there={"created": said.whole("creation_timestamp", 0), "tags": facts_of(said, "tags")},
        )
        self.counts["models"] += 1
        return made

    def version(self, model: Model, name: str, said: Sent, aliases: list[str]) -> None:
        """One version: its run, its files, then the act."""
        number = said.needed("version", limit=20)
        run = self.run(said.text("run_id", limit=64))
        folder = f"imported/{model.reference}/{number}"
        place, notes = self.kept(name, number, run.experiment if run else self.shelf(), folder)
        importing.import_version(
            self.importer,
            model=model,
            said=Imported(
                origin=self.there.origin,
                name=name,
                number=number,
                there={
                    "aliases": aliases,
                    "stage": said.text("current_stage", limit=40),
                    "user": said.text("user_id", limit=250),
                    "created": said.whole("creation_timestamp", 0),
                    "tags": facts_of(said, "tags"),
                },
            ),
            source=said.text("source", limit=1000) or f"models:/{name}/{number}"[:1000],
            place=place,
            run=run,
            run_key=said.text("run_id", limit=64),
            notes="\n\n".join(filter(None, (said.text("description", limit=TAG_LENGTH), notes))),
        )
        self.counts["versions"] += 1

    def kept(self, name: str, number: str, experiment: Experiment, folder: str) -> tuple[str, str]:
        """The place of a version's files once they are here and admissible, or a note why they are not."""
        place = f"{experiment.reference}/{folder}"
        try:
            self.fetch(name, number, place)
            sources.bundle(self.importer, place)
        except BadInput as refused:
            experiment.files.filter(path__startswith=f"{folder}/").delete()
            return "", f"Its files were not taken over. {refused.detail} {refused.remedy}".strip()
        return place, ""

    def fetch(self, name: str, number: str, place: str) -> None:
        """Bring the files over; what MLmodel says is judged before anything else is read."""
        behind = self.there.place(name, number)
        found = self.there.files(behind) if behind else []
        if not found:
            raise BadInput(
                "source_empty",
                f"{self.there.origin} does not hand out this version's files.",
                "Let that server proxy its artefacts, or log the model through this door.",
            )
        for file in sorted(found, key=lambda file: file.path != MLMODEL):
            if file.size > MAX_ARTEFACT:
                raise BadInput(
                    "artefact_too_large",
                    f"The file “{file.path[:80]}” has {file.size / 2**20:.0f} MB; {MAX_ARTEFACT // 2**20} are allowed.",
                    "Register a smaller model, or as external with a scored sample.",
                )
            with self.there.read(file) as stream:
                row = files.put(self.importer, f"{place}/{file.path}", stream)
            if file.path == MLMODEL:
                sources.flavour(sources.described(row))

    def shelf(self) -> Experiment:
        """The experiment that holds what belongs to none."""
        return self.opened("", lambda _: f"Imported from {self.there.origin}")

    def opened(self, key: str, named: Callable[[str], str]) -> Experiment:
        """The experiment of that origin, made when it is not here yet."""
        rows = Experiment.objects.filter(origin=self.there.origin, origin_key=key)
        found = rows.select_related("scope").order_by("id").first()
        if found is not None:
            return found
        name = named(key)[: NAME_LENGTH - 220]
        if Experiment.objects.filter(scope=self.entity.scope, name=name).exists():
            name = f"{name} (from {self.there.origin})"
        return verbs.create_experiment(
            self.importer, scope=self.entity.scope, name=name, origin=self.there.origin, origin_key=key
        )

    def run(self, key: str) -> ClientRun | None:
        """The run under a version with all it logged; one that was still going there is read again."""
        said = self.there.run(key) if key else None
        if said is None:
            return None
        info, data = said.inner("info"), Sent(said.facts.get("data") or {})
        home = info.needed("experiment_id", limit=64)
        experiment = self.opened(home, self.there.experiment)
        row = ClientRun.objects.filter(experiment=experiment, origin_key=key).first()
        if row is None:
            row = verbs.start_run(
                self.importer,
                experiment=experiment,
                user=info.text("user_id", limit=250),
                start_time=info.whole("start_time", 0),
                origin=self.there.origin,
                origin_key=key,
            )
            self.counts["runs"] += 1
        elif row.status != RunStatus.RUNNING:
            return row
        self.logged(row, key, data, Sent(said.facts.get("inputs") or {}))
        status = info.text("status")
        if status in RunStatus.values and status != RunStatus.RUNNING:
            row = verbs.finish_run(
                self.importer,
                run=row,
                status=RunStatus(status),
                end_time=info.whole("end_time", 0) or None,
                logged=telemetry.logged_digest(row),
            )
        return row

    def logged(self, row: ClientRun, key: str, data: Sent, inputs: Sent) -> None:
        """Parameters, tags, every value of every metric, and inputs; what an earlier poll wrote is replaced."""
        Metric.objects.filter(run=row).delete()
        telemetry.log(
            row,
            telemetry.Batch(
                params=[telemetry.param(item) for item in data.rows("params", 10**5)],
                tags=[telemetry.tag(item) for item in data.rows("tags", 10**5)],
            ),
        )
        for metric in data.rows("metrics", 10**5):
            points = [telemetry.point(item) for item in self.there.history(key, metric.needed("key"))]
            for start in range(0, len(points), BATCH_METRICS):
                telemetry.log(row, telemetry.Batch(points=points[start : start + BATCH_METRICS]))
        telemetry.keep_inputs(
            row, [telemetry.dataset_input(item) for item in inputs.rows("dataset_inputs", 10**4)]
        )


def facts_of(said: Sent, name: str) -> dict[str, str]:
    """Tags as plain facts."""
    return {item.text("key")[:250]: item.text("value")[:500] for item in said.rows(name)[:50]}


def begin() -> Taking:
    """A poll as the settings say."""
    there = elsewhere.configured()
    if there is None:
        raise not_set("no address")
    entity, responsible = target()
    return Taking(there, entity, responsible, robot(Robot.IMPORTER))
