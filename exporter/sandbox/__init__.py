"""A small emulator of Workato and GitLab on 127.0.0.1, for the demo, for tests, and for trying things out."""

from exporter.sandbox.server import Sandbox, print_env_lines, start_sandbox

__all__ = ["Sandbox", "print_env_lines", "start_sandbox"]
