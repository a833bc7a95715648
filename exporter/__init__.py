"""wexport: review, approve and promote Workato recipes."""

__version__ = "0.1.0"
