"""The calls of the door, by what they are about; importing them registers them."""

from registry.mlflow.calls import experiments, logged_models, registered, runs, versions

__all__ = ["experiments", "logged_models", "registered", "runs", "versions"]
