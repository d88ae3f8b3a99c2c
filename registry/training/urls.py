"""Addresses of recipes, runs and envelopes."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
