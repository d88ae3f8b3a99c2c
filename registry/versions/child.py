"""The sandboxed process: `python -m registry.versions.child FOLDER`. No Django, no database, no keys in its reach."""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from mrm.kernel.errors import CountersignError
from registry.versions import inspection


def bound(limits: dict[str, int]) -> None:
    """Bind this process before it reads a byte of the artefact: memory beyond what the libraries took, CPU, files."""
    if sys.platform == "linux":
        memory = mapped() + limits["memory_mb"] * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits["files"], limits["files"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"], limits["seconds"] + 2))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def mapped() -> int:
    """Bytes of address space this process has mapped."""
    pages = Path("/proc/self/statm").read_text().split()[0]
    return int(pages) * resource.getpagesize()


def answer(folder: Path, content: dict[str, Any]) -> None:
    """Write the answer whole or not at all."""
    draft = folder / "answer.part"
    draft.write_text(json.dumps(content))
    draft.rename(folder / "answer.json")


def main(name: str) -> int:
    """Do what the request asks."""
    folder = Path(name)
    request = json.loads((folder / "request.json").read_text())
    bound(request["limits"])
    os.chdir(folder)
    try:
        facts = inspection.TASKS[request["task"]](folder, request["facts"])
    except CountersignError as refused:
        shape = {"code": refused.code, "detail": refused.detail, "remedy": refused.remedy}
        answer(folder, {"refused": shape})
    except MemoryError:
        shape = {
            "code": "artefact_memory",
            "detail": f"The model needed more than the {request['limits']['memory_mb']} MB it may use.",
            "remedy": "Register a smaller model, or as external with a scored sample.",
        }
        answer(folder, {"refused": shape})
    else:
        answer(folder, {"facts": facts})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
