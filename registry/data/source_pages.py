"""Pages that take a snapshot from a query or an object store, and that set what every snapshot must hold."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from mrm.access.pages import ActPage
from mrm.kernel.errors import CountersignError
from mrm.web.forms import Form
from registry.data import forms, offline, queries, querying, rule_forms, sourcing, verbs
from registry.data.pages import OnDataset


class QueryPage(OnDataset, ActPage):
    """Take a snapshot from a query, after a look at what it gives."""

    verb = sourcing.query_snapshot
    form_class = forms.Query
    title = "Take a snapshot from a query"
    button = "Take the snapshot"
    template_name = "data/query.html"
    preview: querying.Preview | None = None

    def initial(self) -> dict[str, Any]:
        """The limits of the installation, and this dataset's rows where it has some."""
        return {"rows": settings.MRM_OFFLINE_ROWS, "seconds": int(settings.MRM_OFFLINE_SECONDS)}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A look at the first rows, or the act."""
        if "preview" not in request.POST:
            return super().post(request, *args, **kwargs)
        form = self.form()
        if not form.is_valid() or self.why_not():
            return self.refuse(form, 422)
        return self.look(form)

    def look(self, form: Form) -> HttpResponse:
        """The form with what the query gives, or why it gives nothing."""
        try:
            self.preview = querying.preview(self.actor, form.cleaned_data["sql"])
        except CountersignError as error:
            form.add_error("sql", f"{error.detail} {error.remedy}".strip())
            return self.refuse(form, error.status)
        return self.render_to_response(self.get_context_data(form=form, **self.kwargs))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What may be read, and the preview."""
        where = offline.address()
        return super().get_context_data(
            engine=where,
            readable=queries.readable(self.actor) if where.embedded else [],
            preview=self.preview,
            **kwargs,
        )


class FetchPage(OnDataset, ActPage):
    """Take a snapshot from an object store."""

    verb = sourcing.fetch_snapshot
    form_class = forms.Fetch
    title = "Take a snapshot from an object store"
    button = "Take the snapshot"
    template_name = "data/fetch.html"

    def why_not(self) -> str:
        """Also where no bucket is allowed."""
        if not settings.MRM_OBJECT_BUCKETS:
            return "No bucket is allowed yet. An administrator of the machine names buckets in MRM_OBJECT_BUCKETS."
        return super().why_not()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Which buckets."""
        return super().get_context_data(buckets=settings.MRM_OBJECT_BUCKETS, **kwargs)


class RulesPage(OnDataset, ActPage):
    """Set the quality rules."""

    verb = verbs.set_rules
    form_class = rule_forms.Rules
    title = "Quality rules"
    button = "Set the rules"
    template_name = "data/rules.html"
    said = "The rules are set. Every snapshot that comes from now on is judged by them."

    def form_facts(self) -> dict[str, Any]:
        """Whose rules."""
        return {"dataset": self.dataset}

    def done(self, result: Any) -> str:
        """Back to the dataset."""
        del result
        return self.dataset.get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The columns there are, from the newest snapshot that was read."""
        newest = queries.snapshots(self.actor).filter(dataset=self.dataset, content__isnull=False).first()
        columns = list(newest.content.types) if newest else []
        return super().get_context_data(columns=columns, **kwargs)
