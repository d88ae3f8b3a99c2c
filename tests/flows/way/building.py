"""The developer's part: data that is stopped and data that is taken, a pickle refused, a version admitted."""

from __future__ import annotations

import pickle

from mrm.demo import german
from tests.flows.robot import Robot
from tests.flows.way.company import Way


def data(way: Way) -> None:
    """The faulty copy is stopped; the right files are taken and described."""
    developer = way["developer"]
    developer.go("/datasets/")
    developer.follow("Open a dataset")
    developer.fill(Name="German credit", Source="UCI, doi 10.24432/C5NC77", Licence="CC BY 4.0")
    developer.press("Open the dataset")
    here = developer.path
    developer.follow("Declare codes")
    developer.upload("Code table", "codes.csv", german.codes())
    developer.fill(
        **{
            "Its column with the label as declared": "label_statlog",
            "Its column with the label of an independent reference": "label_corrected",
        }
    )
    developer.press("Upload the code table")
    developer.sees("differs")
    upload(way, here, "from a package", german.faulty_copy())
    developer.until("blocked")
    developer.sees("cannot be used", "dq.row_order")
    developer.look("snapshot blocked")
    rows = german.published().splitlines(keepends=True)
    train = way.fitted["training_rows"]
    parts = {
        "whole": german.published(),
        "train": b"".join(row for row, used in zip(rows, train, strict=True) if used),
        "test": b"".join(row for row, used in zip(rows, train, strict=True) if not used),
    }
    for name, content in parts.items():
        way.snapshots[name] = upload(way, here, f"{name} rows", content)
        developer.until("say what the columns are")
        roles(developer)
    developer.look("snapshot released")
    developer.go(here)
    developer.look("dataset")


def upload(way: Way, dataset: str, title: str, content: bytes) -> str:
    """A file becomes a snapshot; returns its reference."""
    developer = way["developer"]
    developer.go(dataset)
    developer.follow("Upload a snapshot")
    developer.upload("File", f"{title}.data".replace(" ", "-"), content)
    developer.fill(**{"Title": title, "Column names": ", ".join(german.COLUMNS)})
    developer.choose("Separated by", "space")
    developer.choose("First line", "no header")
    developer.look("upload a snapshot")
    developer.press("Upload")
    return developer.path.strip("/").rpartition("/")[2]


def roles(developer: Robot) -> None:
    """Inputs, outcome, and age and status code as protected attributes."""
    developer.follow("Say what the columns are")
    for name in german.INPUTS:
        developer.field(f"Role of {name}").select_option("feature")
    developer.field(f"Role of {german.TARGET}").select_option("y")
    developer.fill(**{"Event value of the outcome": german.BAD})
    developer.field("Protected attribute 1").select_option("age")
    developer.fill(**{"Protected attribute 1, up to and including": "25"})
    developer.field("Protected attribute 2").select_option("personal_status")
    developer.fill(**{"Protected attribute 2, reference group": "A93"})
    developer.look("roles of columns")
    developer.press("Save the roles")
    developer.sees("up to 25 against above")


def versions(way: Way) -> None:
    """A pickle in disguise is refused with the way out; the scorecard is taken."""
    developer = way["developer"]
    developer.go(way.model)
    if developer.page.get_by_role("button", name="Start development").count():
        developer.press("Start development")
        developer.go(way.model)
    developer.follow("Register a version")
    developer.choose("Format", "skops")
    lineage(way, "model.skops", pickle.dumps({"weights": [1.0, 2.0]}))
    developer.until("refused")
    developer.sees("pickle", "skops.io.dump")
    developer.look("version refused")
    developer.go(f"{way.model}versions/new/")
    developer.choose("Format", "scorecard")
    lineage(way, "scorecard.json", way.fitted["scorecard"])
    developer.until("admitted", fact="Admission")
    developer.look("version")
    developer.go("/")
    developer.look("desk of the developer")


def lineage(way: Way, name: str, artefact: bytes) -> None:
    """Artefact and data of a version."""
    developer = way["developer"]
    developer.upload("Artefact", name, artefact)
    developer.fill(**{"Title": name, "Split": "random 70/30, seed 7", "Code revision": "mrm/demo/fitting.py"})
    developer.choose("Training data", way.snapshots["train"])
    developer.choose("Test data", way.snapshots["test"])
    developer.look("register a version")
    developer.press("Register the version")
