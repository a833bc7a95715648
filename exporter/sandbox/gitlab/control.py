"""/-/sandbox: what texts set off, and the switches, for programs that cannot look into this process."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from werkzeug import Request, Response

from exporter.sandbox.gitlab.state import State, Switches
from exporter.sandbox.gitlab.wire import json_response

PATH = "/-/sandbox"


def respond(state: State, request: Request) -> Response:
    """GET shows all; PUT with a JSON object sets the switches that it names, and shows all."""
    if request.method == "PUT":
        try:
            state.switches = apply_switches(state.switches, json.loads(request.get_data()))
        except (ValueError, RecursionError) as exc:
            return json_response({"message": f"Nothing was switched: {exc}."}, 400)
    elif request.method not in ("GET", "HEAD"):
        return json_response({"message": "Use GET or PUT."}, 405, {"Allow": "GET, HEAD, PUT"})
    return json_response(
        {
            "switches": dataclasses.asdict(state.switches),
            "mentioned": state.mentions,
            "mails": [dataclasses.asdict(mail) for mail in state.mails],
            "fired_actions": [dataclasses.asdict(action) for action in state.fired_actions],
        }
    )


def apply_switches(switches: Switches, changes: Any) -> Switches:
    """The switches with `changes` applied.

    Raises: ValueError for what is no object, an unknown switch, or a value of another type.
    """
    if not isinstance(changes, dict):
        raise ValueError("the body has to be a JSON object")
    known = dataclasses.asdict(Switches())
    for name, value in changes.items():
        if name not in known:
            raise ValueError(f"there is no switch {name!r}; there are {', '.join(known)}")
        is_flag = isinstance(known[name], bool)
        is_count = type(value) is int and value >= 0
        if not (isinstance(value, bool) if is_flag else is_count or (value is None and known[name] is None)):
            raise ValueError(f"{name} has to be {'true or false' if is_flag else 'a number'}")
    return dataclasses.replace(switches, **changes)
