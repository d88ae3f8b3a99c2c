"""What the validator of the demonstration writes, item by item. Figures come from the evidence that is cited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mrm.kernel import numbers

Headlines = Mapping[str, Mapping[str, Any]]

JUDGEMENTS: dict[str, tuple[str, str]] = {
    "purpose.uses": (
        "1",
        (
            "Both uses were checked with the owner: the card decides on consumer instalment loans up to the stated "
            "amount, and sets the price band of those it accepts. The answers to the rubric were repeated by the "
            "validator and give the same tier."
        ),
    ),
    "data.quality": (
        "1",
        (
            "No value is missing, no row stands twice, and every column is attached to its rows. A copy of this file "
            "that circulates has one column in sorted blocks; it was uploaded first and stopped by the row-order test. "
            "All that follows rests on the file as published."
        ),
    ),
    "data.codes": (
        "3",
        (
            "The declared labels of status, credit history, purpose, savings, property and housing contradict the "
            "corrected table (Grömping 2019), and foreign worker is reversed. Scores do not change; reasons told to an "
            "applicant would be wrong. No reason may be told before the table is mended."
        ),
    ),
    "data.target": (
        "3",
        (
            "Bads were oversampled: {event_rate} of the sample against {population} in the population. Ranking can be "
            "judged on this sample, the level of PD cannot."
        ),
    ),
    "data.period": (
        "not_concluded",
        (
            "The data bear no dates; they were gathered from 1973 to 1975. Nothing can be concluded about stability over "
            "time. A sample with application and outcome dates would answer it."
        ),
    ),
    "concept.theory": (
        "2",
        (
            "Weights of evidence with one logistic regression are the customary and simplest method for this purpose; a "
            "boosted challenger was built on the same rows and stands beside it as version 2. Only granted loans "
            "are in the sample: applicants who were refused are not represented."
        ),
    ),
    "concept.variables": (
        "2",
        (
            "The checking account carries most of the information. All inputs are known at application. Four inputs are "
            "scores of classes rather than quantities and are used as such. Age is used as an input, which the fairness "
            "section takes up."
        ),
    ),
    "performance.discrimination": (
        "1",
        (
            "On {n} applicants that were not used for fitting the AUC is {auc}, 95 % interval {auc_low} to {auc_high}. "
            "That is well above the limit of the policy, also at the lower end of the interval."
        ),
    ),
    "performance.calibration": (
        "not_concluded",
        (
            "On this sample estimates agree with outcomes grade by grade. Since bads were oversampled, that says nothing "
            "about the population; the level of PD is not concluded until the card is calibrated to it."
        ),
    ),
    "performance.stability": (
        "1",
        (
            "Scores of the development and test samples are distributed alike; the index lies below what chance alone "
            "produces at these sample sizes."
        ),
    ),
    "outcomes.benchmarks": (
        "1",
        (
            "The gap of AUC between the development rows and unseen applicants is {gap}. A plain logistic regression on "
            "the same rows ranks as well within the uncertainty of the difference; the card is kept for its points."
        ),
    ),
    "outcomes.sensitivity": (
        "not_concluded",
        (
            "Points are constant within a bin and step at its edges, the checking account’s steps being the largest. How "
            "answers move under disturbed inputs was not tested; the item is not mandatory for this tier’s use."
        ),
    ),
    "explainability.drivers": (
        "1",
        (
            "Points add up to the score exactly, so Shapley values are closed-form and additive to rounding. LIME shares "
            "{agreement} of the four leading inputs of a decision with them and gives the same answer when run again."
        ),
    ),
    "explainability.reasons": (
        "3",
        (
            "Reasons are the points lost against the best bin. They share {reasons} of the first four with the Shapley "
            "values. As long as the table of codes is not mended, reasons are right in substance and wrong in words."
        ),
    ),
    "fairness.disparate_impact": (
        "3",
        (
            "Applicants aged 25 or under are approved at {air} of the rate of older ones; effect and significance both "
            "fail. Age itself is an input. A card without it, fitted on the same rows, reaches a ratio of {air_without} and an "
            "AUC of {auc_without} on the test rows against {auc_with} (document at the finding). Status codes are shown and judged as codes; sex cannot be recovered from them."
        ),
    ),
    "implementation.use": (
        "2",
        (
            "The artefact of this version is the one whose digest the evidence names. Every decline of an applicant aged "
            "25 or under goes to a person for as long as the condition stands."
        ),
    ),
    "monitoring.plan": (
        "2",
        (
            "The plan names score shift, ratio by age and overrides each week, with limits and an owner. Accuracy follows "
            "when outcomes mature after twelve months; until then early arrears stand in."
        ),
    ),
    "limitations.known": (
        "2",
        (
            "Amounts are German marks of the 1970s; only granted loans were seen; the population rate is declared, not "
            "observed. The conditions confine the use accordingly."
        ),
    ),
}
DEFAULT = (
    "2",
    "Examined with the evidence cited; nothing was seen that restricts the approved use beyond the conditions.",
)

SEX_FINDING = {
    "title": "Sex cannot be recovered from personal_status",
    "text": "Code A92 holds women who are not single together with single men, as the attached document shows. Age and "
    "the status code can be tested for disparate impact; sex cannot. No statement on equal treatment of women and men "
    "may be made from these data.",
    "impact": "A disparity by sex would stay unseen. It concerns every applicant; its size cannot be stated.",
}
DOCUMENT = (
    "groemping-2019-note.txt",
    (
        "Note on U. Grömping, South German Credit Data: Correcting a Widely Used Data Set, Report 4/2019, Beuth University "
        "Berlin.\n\nThe published coding of personal_status (Statlog attribute 9) merges single men and women who are not "
        "single in the code A92; A91, A93 and A94 hold the remaining combinations. The sex of an applicant can therefore "
        "not be read from the data.\n"
    ),
)
ANSWERS: dict[str, tuple[str, str]] = {
    "label_conflict": (
        "agreed",
        "Agreed. The table will be replaced by the corrected one; no reason is told until then.",
    ),
    "oversampled_target": (
        "agreed",
        "Agreed. The card will be calibrated to the population before a level is used.",
    ),
    "no_dates": ("agreed", "Agreed. New applications are recorded with their dates from the start of use."),
    "unresolved_disparity": (
        "disputed",
        (
            "Age is predictive of arrears. We accept the condition and will search for an alternative, but dispute that "
            "the difference is without justification."
        ),
    ),
    "": ("agreed", "Agreed. We will not make a statement by sex."),
}
PLANS = {
    "label_conflict": "Replace the code table by the corrected labels, and test the wording of each reason.",
    "unresolved_disparity": "Build a version without age on the same rows; every decline at 25 or under goes to a person.",
}
DISPARITY_CONDITION = {
    "text": "Every applicant aged 25 or under whom the card would decline is decided by a person.",
    "check": "Each week: share of such declines with a person’s decision on file; must be 100 %.",
    "justification": "Age is predictive of arrears on unseen applicants, and the card is used for small amounts only.",
    "alternatives": "A card without age: ratio {air_without}, AUC {auc_without} against {auc_with} on the test rows.",
}
STATUS_CONDITION = {
    "text": "The ratio of approval by status code is watched each week, and a person reviews declines of the codes below "
    "the limit.",
    "check": "Each week: ratios by status code on file; share of such declines with a person’s review must be 100 %.",
    "justification": "A status code joins people whom the data cannot tell apart; what drives it is not understood.",
    "alternatives": "The code carries little information; a version without it is planned together with that without age.",
}
LABEL_CONDITION = {
    "text": "No reason for a decline is told from the code labels until the corrected table is in force.",
    "check": "The table of codes in force agrees with the reference (dq.labels is green).",
}
LEVEL_CONDITION = {
    "text": "The card is used for ranking and cut-off only; its PD enters no price, provision or capital figure.",
    "check": "Each quarter: no consumer of the PD besides the decision itself is registered.",
}
PERIOD_CONDITION = {
    "text": "Stability over time is judged after twelve months of dated applications.",
    "check": "A periodic validation with an out-of-time sample is opened by that date.",
}
OPINION = {
    "summary": "The card ranks applicants well and can be explained to the point. Its labels are wrong, its level of "
    "risk is not concluded, and it refuses applicants aged 25 or under more often. Fit for deciding on small "
    "instalment loans under four conditions; not fit for pricing.",
    "text": "Ranking is good on unseen applicants and robust against a challenger. What the data cannot answer, level "
    "and stability over time, is kept out of the approved use by conditions. The disparity by age is real; a person "
    "decides on those concerned until an alternative is in force.",
    "aggregation": "Each item carries the rating its evidence supports; the whole is that of its worst mandatory "
    "section. Red lights of the data tests became findings; no light was outvoted by others.",
    "residual_risk": "Wrong reasons if the first condition is not kept; a shift that nobody could have seen in data "
    "without dates.",
}
FIT_TEXT = "Ranks well; confined to small amounts, with a person deciding where the disparity was found."
UNFIT_TEXT = "A price band needs the level of PD, which cannot be concluded from an oversampled sample."


def judgement(key: str, seen: Headlines, without_age: Mapping[str, float]) -> tuple[str, str]:
    """Rating and text for one scope item, with the figures of the evidence in their places."""
    rating, text = JUDGEMENTS.get(key, DEFAULT)
    return rating, text.format_map({**figures(seen), **alternative(without_age)})


def figures(seen: Headlines) -> dict[str, str]:
    """The figures the texts speak of, in words where a test is not defined."""
    auc, air = seen.get("disc.auc", {}), seen.get("fair.air age", {})
    target = seen.get("dq.target", {})
    low, high = (auc.get("ci") or [None, None])[:2]
    return {
        "n": str(auc.get("n") or "the"),
        "auc": numbers.stat(auc.get("statistic")),
        "auc_low": numbers.stat(low),
        "auc_high": numbers.stat(high),
        "air": numbers.stat(air.get("statistic")),
        "gap": numbers.stat(seen.get("sound.overfit", {}).get("statistic")),
        "agreement": numbers.share(seen.get("explain.agreement", {}).get("statistic")),
        "reasons": numbers.share(seen.get("explain.reasons", {}).get("statistic")),
        "event_rate": numbers.share(target.get("statistic"), 0),
        "population": numbers.share(target.get("population_rate"), 0),
    }


def alternative(without_age: Mapping[str, float]) -> dict[str, str]:
    """What the developer found without age, as the texts print it."""
    return {name: numbers.stat(value) for name, value in without_age.items()}
