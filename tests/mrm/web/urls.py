"""The house's addresses with the part gallery, which is otherwise there only when debugging is on."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from mrm.config.urls import handler400, handler403, handler404, handler500  # noqa: F401
from mrm.config.urls import urlpatterns as house
from mrm.web.urls import gallery_patterns


def broken(request: HttpRequest) -> HttpResponse:
    """A view whose fault nobody foresaw."""
    raise ZeroDivisionError("a secret path /srv/bank/keys")


broken.open_to_all = True  # type: ignore[attr-defined]

urlpatterns = [
    *gallery_patterns,
    path("broken/", broken),
    path("api/broken/", broken),
    *house,
]
