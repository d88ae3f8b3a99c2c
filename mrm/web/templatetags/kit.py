"""`{% load kit %}`: the parts of every page, numbers and dates.

Each tag draws one file of templates/parts/ and is documented by what it takes; the records are in
mrm.web.shapes. Block tags end in `end…`: `{% notice "warn" %}…{% endnotice %}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.forms import BoundField
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from mrm.kernel import numbers
from mrm.web import words
from mrm.web.forms import field_context
from mrm.web.marks import mark

register = template.Library()

Parts = dict[str, Any]


# Numbers, dates, words ------------------------------------------------------------------------------------


@register.filter
def stat(value: object, places: int = 3) -> str:
    """`.819`: a statistic without leading zero; `|stat:4` for four places."""
    return numbers.stat(value, places)


@register.filter
def share(value: object, places: int = 0) -> str:
    """`71 %`: a share of one; `|share:1` for one decimal."""
    return numbers.share(value, places)


@register.filter
def number(value: object, places: int | None = None) -> str:
    """`1,234.5`: thousands and true minus."""
    return numbers.plain(value, places)


@register.filter
def p(value: object) -> str:
    """A p-value: `.0010`, `.297`, `<.0001`."""
    return numbers.p_value(value)


@register.filter
def size(value: int) -> str:
    """`12 kB`."""
    return numbers.size(value)


@register.filter
def dash(value: object, word: str = words.NONE) -> object:
    """The value, or a word where there is none: `|dash:"not set"`. Never a blank."""
    return word if value is None or value == "" else value


@register.filter
def day(value: object) -> str:
    """`23 Nov 2026`."""
    return words.day(value)


@register.filter
def moment(value: object) -> str:
    """`23 Nov 2026, 09:04 CET`."""
    return words.moment(value)


@register.filter
def word(value: object) -> str:
    """The word of a state without its mark: `in use`."""
    return mark(value).word


# Small things ---------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of icons.svg. Without `label` it only repeats what a word beside it says."""
    if not name:
        return mark_safe("")
    aria = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    address = f"{static('web/icons.svg')}#{name}"
    return format_html('<svg class="icon" {}><use href="{}"/></svg>', aria, address)


@register.inclusion_tag("parts/chip.html")
def chip(state: object, word: str = "", tone: str = "", icon: str = "") -> Parts:
    """State, severity or verdict: mark and word. `state` is a TextChoices member or its value (mrm.web.marks)."""
    return {"mark": mark(state, str(word), tone, icon)}


@register.inclusion_tag("parts/tier.html")
def tier(number: int | None) -> Parts:
    """A tier: `{% tier 1 %}`; None says `no tier yet`."""
    return {"number": number}


@register.inclusion_tag("parts/id.html")
def id(reference: object, url: str = "") -> Parts:  # noqa: A001 - the part's name in the look
    """A display reference in mono; with `url` a link."""
    return {"reference": reference, "url": url}


@register.inclusion_tag("parts/digest.html")
def digest(value: str, full: bool = False, what: str = "digest") -> Parts:
    """A digest with its copy button: 8 and 4 characters, or whole where one signs (`full=True`)."""
    return {"value": value, "shown": value if full else words.short_digest(value), "what": what}


# Head of a page -------------------------------------------------------------------------------------------


@register.inclusion_tag("parts/nav.html")
def nav(sections: Sequence[Mapping[str, Any]], current: str = "") -> Parts:
    """The side menu: sections of mrm.web.menu, the key of the page that is open."""
    return {"sections": sections, "current": current}


@register.inclusion_tag("parts/crumbs.html")
def crumbs(items: Sequence[Any], here: str = "") -> Parts:
    """The place: `(label, url)` pairs from the top, then the words of this page."""
    return {"items": items, "here": here}


@register.simple_block_tag(takes_context=True)
def head(
    context: template.Context, content: str, title: str, sub: str = "", actions: Sequence[Any] = ()
) -> str:
    """Title, at most one primary action. The block holds a line (id, tier, chips) between title and `sub`."""
    facts = {"title": title, "sub": sub, "actions": actions, "content": content}
    return render_to_string("parts/head.html", facts | {"csrf_token": context.get("csrf_token", "")})


@register.inclusion_tag("parts/actions.html", takes_context=True)
def actions(context: template.Context, items: Sequence[Any]) -> Parts:
    """Buttons in a row: mrm.web.shapes.Action each."""
    return {"items": items, "csrf_token": context.get("csrf_token", "")}


@register.inclusion_tag("parts/facts.html")
def facts(items: Sequence[Any]) -> Parts:
    """Five or six facts of a record in one ruled line: Fact each."""
    return {"items": items}


@register.inclusion_tag("parts/details.html")
def details(items: Sequence[Any]) -> Parts:
    """All details of a record, two columns: Fact each."""
    return {"items": items}


@register.inclusion_tag("parts/tabs.html")
def tabs(items: Sequence[Any], label: str = "Views") -> Parts:
    """Views of one record, as links: Tab each."""
    return {"items": items, "label": label}


# Saying and doing -----------------------------------------------------------------------------------------

NOTICES = {"": "info", "good": "met", "warn": "warning", "bad": "warning"}


@register.simple_block_tag
def notice(content: str, kind: str = "", url: str = "", action: str = "", role: str = "") -> str:
    """One thing to do or know: kind empty, `good`, `warn` or `bad`; a button with `url` and `action`."""
    facts = {
        "kind": kind,
        "icon": NOTICES[kind],
        "content": content,
        "url": url,
        "action": action,
        "role": role,
    }
    return render_to_string("parts/notice.html", facts)


@register.simple_block_tag
def section(
    content: str, title: str, *, count: str = "", aside: str = "", url: str = "", anchor: str = ""
) -> str:
    """A section hangs from a heavy rule. At the right of its head: `count` in words, `aside` linking to `url`."""
    key = anchor or "s-" + "".join(c if c.isalnum() else "-" for c in title.lower()).strip("-")
    facts = {"title": title, "count": count, "aside": aside, "url": url, "key": key, "content": content}
    return render_to_string("parts/section.html", facts)


@register.inclusion_tag("parts/todo.html")
def todo(items: Sequence[Any]) -> Parts:
    """Work by date: Todo each; the date leads."""
    return {"items": items}


@register.inclusion_tag("parts/figures.html")
def figures(items: Sequence[Any]) -> Parts:
    """Four figures that open their lists: Figure each."""
    return {"items": items}


@register.inclusion_tag("parts/requirements.html")
def requirements(items: Sequence[Any]) -> Parts:
    """A gate or a list of findings: Requirement each."""
    return {"items": items}


@register.inclusion_tag("parts/requirement.html")
def requirement(item: Any) -> Parts:
    """One line of a gate, to be put into `<ul class="reqs">`: Requirement."""
    return {"item": item}


@register.inclusion_tag("parts/history.html")
def history(entries: Sequence[Any]) -> Parts:
    """Who did what, newest first: Entry each."""
    return {"entries": entries}


@register.inclusion_tag("parts/job.html", takes_context=True)
def job(context: template.Context, item: Any) -> Parts:
    """A job (mrm.web.shapes.Job): while it runs the part asks its `poll` address for itself each second.

    The address answers `render(request, "parts/job.html", {"job": Job(...)})`; when the job is finished the
    answer should carry `HX-Refresh: true` if the rest of the page shows its results.
    """
    return {"job": item, "csrf_token": context.get("csrf_token", "")}


@register.inclusion_tag("parts/empty.html")
def empty(title: str, text: str, url: str = "", action: str = "", kind: str = "") -> Parts:
    """Nothing yet: what would stand here, and the way to make it."""
    return {"title": title, "text": text, "url": url, "action": action, "kind": kind}


@register.inclusion_tag("parts/first_steps.html", takes_context=True)
def first_steps(context: template.Context, steps: Sequence[Any]) -> Parts:
    """Numbered first steps in an empty bank: Step each."""
    return {"steps": steps, "csrf_token": context.get("csrf_token", "")}


@register.inclusion_tag("parts/refusal.html")
def refusal(answer: Mapping[str, Any]) -> Parts:
    """A refusal: `{"what", "why", "remedy"}`."""
    return {"answer": answer}


@register.simple_block_tag
def dialog(content: str, key: str, title: str, footer: str = "") -> str:
    """A question before what cannot be undone; opened by `data-open="key"`. `footer` holds the buttons."""
    return render_to_string(
        "parts/dialog.html", {"key": key, "title": title, "content": content, "footer": footer}
    )


# Tables and forms -----------------------------------------------------------------------------------------


@register.inclusion_tag("parts/table.html")
def table(item: Any) -> Parts:
    """A table (mrm.web.tables.Table): filters, rows, pages, CSV, or its empty state."""
    return {"table": item}


@register.inclusion_tag("parts/field.html")
def field(bound: BoundField, inline: bool = False) -> Parts:
    """One form field: label, help, input, error. `inline=True` sets a few radios side by side."""
    return field_context(bound, inline)


@register.inclusion_tag("parts/form.html")
def fields(form: Any) -> Parts:
    """All of a form: what concerns the whole of it, hidden fields, every field in order."""
    return {"form": form}


# Validation, evidence, signing ----------------------------------------------------------------------------


@register.inclusion_tag("parts/chart.html")
def chart(item: Mapping[str, Any], width: int = 664) -> Parts:
    """A chart of evidence as a figure: what is seen, what is drawn, the picture, the data behind it.

    `item` is the chart of a battery result (mrm.web.charts); `width` is the width at which it will be shown.
    """
    from mrm.web import charts

    return {"chart": item, "svg": SafeString(charts.render(item, width=width)), "data": charts.table(item)}


@register.inclusion_tag("parts/scope.html")
def scope(groups: Sequence[Any]) -> Parts:
    """The items of a validation by area: ScopeGroup each."""
    return {"groups": groups}


SCOPE_TONES = {"good": "good", "warn": "warn", "bad": "bad", "grave": "bad"}


@register.simple_tag
def scope_mark(state: object) -> SafeString:
    """The mark alone, its word for those who do not see it."""
    found = mark(state)
    drawn = icon(found.icon or "st-registered", found.word)
    return format_html('<span class="{}">{}</span>', SCOPE_TONES.get(found.tone, "muted"), drawn)


@register.inclusion_tag("parts/result.html")
def result(items: Sequence[Any]) -> Parts:
    """The figures of one test, large: Fact each."""
    return {"items": items}


@register.simple_block_tag
def verdict(content: str, items: Sequence[Any] = (), label: str = "Verdict so far") -> str:
    """The bar that stays: Fact each, then the block: the one button."""
    return render_to_string("parts/verdict.html", {"items": items, "label": label, "content": content})


@register.inclusion_tag("parts/signature.html")
def signature(item: Any) -> Parts:
    """A signature, an open place, or a grey one with the difference that voided it: Signature."""
    return {"item": item}


@register.simple_block_tag
def paper(content: str, running: str, page: str = "", label: str = "What you sign") -> str:
    """What is read and signed, as a paper; the block holds its body."""
    return render_to_string(
        "parts/paper.html", {"running": running, "page": page, "label": label, "content": content}
    )
