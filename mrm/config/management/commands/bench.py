"""`manage.py bench [NAME…] [--scale S] --json FILE`: each benchmark beside its peer, in homes of its own; prints ratios."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

FOLDER = Path("tests") / "bench"


class Command(BaseCommand):
    """Run benchmarks, each in a process of its own; nothing of this installation is read or written."""

    help = (
        "Measure each kind of work beside its peer in the same run, where the peer is installed (make peers)."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Names, size, file."""
        parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks to run (default: all)")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to this file")
        parser.add_argument(
            "--scale", type=float, default=1.0, help="size of the data; 1 is what the README states"
        )
        parser.add_argument(
            "--list", action="store_true", dest="only_names", help="name the benchmarks and stop"
        )

    def handle(
        self, *args: Any, names: list[str], json: Path | None, scale: float, only_names: bool, **options: Any
    ) -> None:
        """Figures as they come; exit code 1 when a benchmark broke or did not agree with its peer."""
        known = found()
        if only_names:
            self.stdout.write("\n".join(known))
            return
        if strange := [name for name in names if name not in known]:
            raise CommandError(f"There is no benchmark {strange[0]}; there are: {', '.join(known)}.")
        if not 0 < scale <= 1:
            raise CommandError("The scale lies above 0 and is at most 1.")
        answers, broken = [], []
        with tempfile.TemporaryDirectory(prefix="countersign-bench-") as folder:
            for name in names or known:
                answer = measured(name, scale, Path(folder))
                if isinstance(answer, str):
                    broken.append(name)
                    self.stdout.write(f"\n{name}: broke or did not agree with its peer\n{answer}")
                else:
                    answers.append({"name": name, **answer})
                    self.stdout.write(f"\n{name}: {answer['work']}")
                    for figure in answer["figures"]:
                        self.stdout.write("\n".join(lines(figure, judged=scale == 1)))
                self.stdout.flush()
        if json:
            json.write_text(text(answers, broken, scale))
        if broken:
            raise CommandError(f"Broken: {', '.join(broken)}.")


def found() -> list[str]:
    """The names of all benchmarks."""
    folder = Path(settings.BASE_DIR) / FOLDER
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith(("_", "test_")))


def measured(name: str, scale: float, folder: Path) -> dict[str, Any] | str:
    """The figures of one benchmark, or what its process said when it broke.

    It sees none of this installation's settings and keeps everything in a home that goes with it.
    """
    answer, home = folder / f"{name}.json", folder / name
    home.mkdir()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MRM_")}
    environment |= {"MRM_HOME": str(home), "MRM_LOG_LEVEL": "ERROR", "BENCH_FOLDER": str(folder)}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench.kit", name, str(scale), str(answer)],
        cwd=settings.BASE_DIR, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode or not answer.exists():
        return ran.stderr[-4000:]
    figures: dict[str, Any] = json.loads(answer.read_text())
    return figures


def lines(figure: dict[str, Any], *, judged: bool) -> list[str]:
    """A figure as it is printed; bounds are judged at full size alone."""
    ours, theirs, asked = figure["ours"], figure["theirs"], figure["asked"]
    said = [f"  {figure['what']}", f"    {'Countersign':<44} {cost(ours)}{memory(figure)}"]
    if theirs:
        said.append(f"    {figure['peer']:<44} {cost(theirs)}")
        said.append(f"    {'ratio':<44} {theirs['wall'] / ours['wall']:>10.3g}")
    elif figure["peer"]:
        said.append(f"    {figure['peer']}")
    if asked:
        bounds = ", ".join(f"{word} {asked[word]:g}" for word in ("must", "aim") if asked[word])
        verdict = figure["verdict"] if judged else "not judged at this scale"
        said.append(f"    {asked['kind']}: {bounds}; {verdict or 'nothing to compare with'}")
    said += [f"    {figure[key]}" for key in ("agrees", "note") if figure[key]]
    return said


def cost(of: dict[str, Any]) -> str:
    """Wall and processor time in a readable unit."""
    factor, unit = next(
        (f, u) for f, u in ((1, "s"), (1e3, "ms"), (1e6, "µs")) if of["wall"] * f >= 1 or u == "µs"
    )
    return f"{of['wall'] * factor:>10.3g} {unit:<2}  cpu {of['cpu'] * factor:.3g} {unit}  ({of['rounds']} rounds)"


def memory(figure: dict[str, Any]) -> str:
    """The memory at its peak, where it was measured."""
    return f"  {figure['memory_mb']:.0f} MB" if figure["memory_mb"] else ""


def text(answers: list[dict[str, Any]], broken: list[str], scale: float) -> str:
    """Everything as JSON, with the machine's kind."""
    whole = {"scale": scale, "cores": os.cpu_count(), "benchmarks": answers, "broken": broken}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
