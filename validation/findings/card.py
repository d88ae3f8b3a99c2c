"""What findings and conditions tell on the model card of a version."""

from __future__ import annotations

from django.db.models import Q

from mrm.access.actors import Actor
from mrm.web import words
from registry.versions.card import Part, Said, parts
from registry.versions.models import Version
from validation.findings.models import Condition, Finding


def limits(actor: Actor, version: Version) -> Part:
    """Open findings on the version, and on its model as a whole."""
    rows = Finding.objects.visible_to(actor).open()
    about = rows.filter(Q(version=version) | Q(version__isnull=True), model=version.model)
    lines = [
        Said(
            f"{row.reference}, {row.get_severity_display()}",
            row.title,
            f"{row.impact} {row.get_state_display()}{f', due {words.day(row.due)}' if row.due else ''}.".strip(),
            row.get_absolute_url(),
            plain={
                "finding": row.reference,
                "severity": row.severity,
                "state": row.state,
                "evidence": row.evidence,
            },
        )
        for row in about.order_by("raised_at")
    ]
    return Part(lines, "" if lines else "No finding on this version is open.")


def conditions(actor: Actor, version: Version) -> Part:
    """The conditions of use that stand."""
    rows = Condition.objects.visible_to(actor).filter(version=version).standing()
    lines = [
        Said(
            row.reference,
            row.text,
            ", ".join(
                filter(
                    None,
                    (
                        row.standing_now.replace("_", " "),
                        f"due {words.day(row.due)}" if row.due else "",
                        f"ends {words.day(row.ends)}" if row.ends else "",
                        f"from {row.validation_reference}",
                    ),
                )
            ),
            row.get_absolute_url(),
            plain={"condition": row.reference, "state": row.standing_now, "due": row.due, "ends": row.ends},
        )
        for row in rows
    ]
    return Part(lines, "" if lines else "No condition of use was imposed on this version.")


parts.register("limits", limits)
parts.register("conditions", conditions)
