"""The validation report: from a validation to the typed content of a paper that people sign, and what closes it."""

from validation.cases.report.closing import closing_of, closing_of_draft
from validation.cases.report.content import report_of
from validation.cases.report.figures import charts_of

__all__ = ["charts_of", "closing_of", "closing_of_draft", "report_of"]
