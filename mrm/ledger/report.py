"""What a verification found, who asked, and the two ports through which rooms above take part."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mrm.kernel import notes
from mrm.kernel.ports import Port

PROVED, TAMPERED, CANNOT_TELL = 0, 1, 2
SHOWN = 200


@dataclass(frozen=True)
class Problem:
    """Evidence of tampering: where, and what is wrong there."""

    place: str
    detail: str

    def __str__(self) -> str:
        return f"{self.place}: {self.detail}"


@dataclass(frozen=True)
class Reader:
    """Who verifies: the keys they trust, whether these are the installation's own, the checkpoint they hold."""

    keys: tuple[notes.VerifierKey, ...] = ()
    own: bool = False
    held: str | None = None


@dataclass
class Report:
    """The findings of one verification. Tampering outweighs doubt, doubt outweighs proof."""

    target: str
    problems: list[Problem] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    unshown: int = 0

    def problem(self, place: str, detail: str) -> None:
        """Note tampering; past the first 200 places they are only counted, so that memory stays constant."""
        if len(self.problems) < SHOWN:
            self.problems.append(Problem(place, detail))
        else:
            self.unshown += 1

    def doubt(self, why: str) -> None:
        """Note why something cannot be told."""
        self.doubts.append(why)

    def remark(self, text: str) -> None:
        """Note what the reader should know and what changes no verdict."""
        self.remarks.append(text)

    @property
    def code(self) -> int:
        """0 proved, 1 tampered, 2 cannot tell."""
        if self.problems:
            return TAMPERED
        return CANNOT_TELL if self.doubts else PROVED

    def lines(self) -> Iterable[str]:
        """The report as a command prints it, the verdict last."""
        yield from self.remarks
        yield from (f"TAMPERED  {problem}" for problem in self.problems)
        if self.unshown:
            yield f"TAMPERED  … and {self.unshown:,} more places"
        yield from (f"CANNOT TELL  {doubt}" for doubt in self.doubts)
        yield f"{self.target}: {('proved', 'tampered', 'cannot tell')[self.code]}"


# name of a check → callable that yields where tables differ from what the leaves say
state_check: Port[Callable[[], Iterable[Problem]]] = Port("ledger.state_check")
# kind of target (`ledger`, `pack`, `pdf`) → callable that verifies the file at a path
verify_target: Port[Callable[[Path | None, Reader], Report]] = Port("verify.target")
