"""Workato's Developer API, as much of it as wexport and Workato's own command line use."""

from exporter.sandbox.workato.service import Workato, token_of

__all__ = ["Workato", "token_of"]
