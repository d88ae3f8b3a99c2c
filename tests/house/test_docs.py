"""What the README says of commands, settings, acts, jobs and errors is what the code has."""

from __future__ import annotations

import pytest
from drf_spectacular.generators import SchemaGenerator

from mrm.kernel.errors import declared
from tests.house import reference
from tests.house.routes import ACTS
from tests.house.source import text


def test_the_reference_is_what_the_code_says() -> None:
    written = reference.README.read_text(encoding="utf-8").partition(reference.MARK)[2].lstrip("\n")
    assert written == reference.markdown(), f"refresh it: {reference.REFRESH}"


def test_no_error_code_escapes_the_reference() -> None:
    assert set(declared()) <= set(reference.errors()), "declare(code, when) takes two literals"


def test_the_schema_of_the_api_is_made_without_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    schema = SchemaGenerator().get_schema(public=True)
    assert {f"/api/v1/acts/{name}" for name in ACTS} <= set(schema["paths"])
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", ""), "each read of the API says its parameters and its answer"


@pytest.mark.parametrize("usage", [usage for usage, _ in reference.commands()])
def test_a_command_says_how_it_is_called_and_what_it_does(usage: str) -> None:
    assert usage.startswith("`manage.py "), (
        "the first line of a command's file: `manage.py NAME …`: what it does."
    )
    assert dict(reference.commands())[usage]


def test_every_setting_is_read() -> None:
    from mrm.config.environment import SETTINGS
    from tests.house.source import files

    code = "\n".join(text(path) for path in files() if path.name != "environment.py")
    assert [name for name in SETTINGS if name not in code] == []
