"""Charts of evidence as SVG: a battery chart (data, no picture) becomes one picture for pages and for papers.

A chart is `{"name", "title", "subtitle", "kind", "data": [rows], "options"}`: the title says what is seen, the
subtitle what is drawn, n and the source. What each kind reads from its rows (in brackets: not necessary) and
from its options:

| kind | rows | options |
| --- | --- | --- |
| roc | fpr, tpr, [series], [low, high] | |
| calibration | grade, predicted, observed, low, high, [n, d] | [x]: what a grade is |
| forest | group, [attribute, reference], low, high, and the field that `value` names | value, [one]: parity, [limit], [x] |
| bars | name, value, [group] | [limit], [x], [format], [signed], [towards, away] |
| beeswarm | feature, shap, [position: 0 to 1 among the feature's values] | [x] |
| dependence | value, shap, [series] | x, [y, numeric] |
| distribution | low, high, share, [n], [outcome] | x, [cut] |
| psi_bins | bin, expected, actual, [contribution] | [x], [labels: (expected, actual)] |
| lime_stability | p, stability | [x] |
| iv_bars | name, value | [limits] |
| steps | step, value, [series] | [y] |
| ks_curve | value, events, non_events | at, x |

A row may carry more: the table behind the chart shows what it carries.
"""

from mrm.web.charts.data import table
from mrm.web.charts.drawing import KINDS, render

__all__ = ["KINDS", "render", "table"]
