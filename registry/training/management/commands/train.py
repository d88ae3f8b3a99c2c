"""`manage.py train RECIPE.yaml --as USER`: declare the recipe, run it here to the end, say what came out."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mrm.access import shell
from mrm.access.actors import Actor
from mrm.jobs import runner
from mrm.jobs.models import Job
from mrm.kernel.errors import CountersignError
from registry.inventory.models import Model
from registry.training import queries, verbs
from registry.training.models import Run
from registry.training.recipe import parsed


class Command(BaseCommand):
    """A run from the shell: the same checks as the page."""

    help = "train by a recipe: data → preprocess → train → evaluate → register"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The recipe, who acts, for which model."""
        parser.add_argument("recipe", type=Path, metavar="RECIPE.yaml")
        parser.add_argument("--as", dest="username", required=True, metavar="USERNAME")
        parser.add_argument(
            "--model",
            metavar="M-…",
            default="",
            help="the model, where the recipe's register.model names none",
        )
        parser.add_argument(
            "--known-until", metavar="TIME", default=None, help="for feature services (ISO, UTC)"
        )
        shell.add_password(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Declare, start, work, tell."""
        actor = shell.actor(options["username"], options)
        path: Path = options["recipe"]
        try:
            text = path.read_text(encoding="utf-8")
            recipe = parsed(text)
            model = model_of(actor, options["model"] or recipe.body["register"].get("model", ""))
            row = verbs.declare(actor, model=model, text=text)
            run = verbs.start(actor, recipe=row)
        except (OSError, UnicodeDecodeError) as trouble:
            raise CommandError(f"{path}: {trouble}", returncode=2) from None
        except CountersignError as error:
            raise CommandError(f"{error.code}: {error.detail} {error.remedy}") from None
        self.stdout.write(f"{run.reference}  {row.name}  {row.reference}  recipe {row.digest[:12]}")
        assert run.job is not None  # noqa: S101 - every run has its job
        runner.run(run.job)
        runner.drain()
        self._tell(run)

    def _tell(self, run: Run) -> None:
        done = queries.run(run.reference)
        made = done.made
        if made is None:
            job = Job.objects.get(pk=str(run.job))
            said = f"{job.error_code}: {job.error_detail} {job.error_remedy}" if job.error_code else job.state
            raise CommandError(f"{run.reference} {done.state}: {said}")
        for name, facts in made.metrics.items():
            value = facts.get("statistic")
            self.stdout.write(f"  {name:<40} {'not defined' if value is None else f'{value:.6g}'}")
        version = made.version
        if version is not None:
            self.stdout.write(
                f"{run.reference}  version {version.number}  {version.format}  {version.admission}"
            )
        self.stdout.write(f"predictions {made.predictions_digest}")


def model_of(actor: Actor, asked: str) -> Model:
    """The model by reference or name, among what the person may see."""
    rows = Model.objects.visible_to(actor)
    found: Model | None = rows.filter(reference=asked).first() or rows.filter(name=asked).first()
    if found is None:
        raise CommandError(
            f"there is no model “{asked}” that you may see: name it with --model M-… or in register.model"
        )
    return found
