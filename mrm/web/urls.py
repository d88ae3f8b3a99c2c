"""The part gallery, where debugging is on."""

from django.conf import settings
from django.urls import path

from mrm.web import gallery

gallery_patterns = [
    path("look/", gallery.Parts.as_view(), name="look"),
    path("look/job/<int:done>/", gallery.running_job, name="look-job"),
    path("look/table/", gallery.Table.as_view(), name="look-table"),
    path("look/error/<int:status>/", gallery.refused, name="look-error"),
]
urlpatterns = gallery_patterns if settings.DEBUG else []
