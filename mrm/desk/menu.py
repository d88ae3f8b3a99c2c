"""This room's entries of the menu."""

from mrm.web import menu


def register() -> None:
    """The ledger; the desk comes first of all."""
    menu.item("desk", "", "Desk", "desk", order=10, letter="d")
    menu.item("ledger", "Oversight", "Ledger", "ledger", order=90, letter="l")
