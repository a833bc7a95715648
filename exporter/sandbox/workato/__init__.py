"""Workato's Developer API, as much of it as wexport and Workato's own command line use.

`state` holds the workspaces (`records` are their values), `wire` knows the JSON shapes, `routes` the addresses,
`errors` the refusals. `selection` and `package` make what an export holds, `unpacking` and `importing` take it in.
"""

from exporter.sandbox.workato.service import Workato, token_of

__all__ = ["Workato", "token_of"]
