"""The commented wexport.yaml that `wexport init` writes. What it says must load without a change."""

from __future__ import annotations

import json
from collections.abc import Mapping

_HEAD = """\
# wexport: review, approve and promote Workato recipes.
# `wexport doctor` checks this file, the tokens and their privileges; `wexport config show` prints what is in force.
# Tokens never stand here. They come from environment variables, one Workato token per environment.

environments:
"""

_ENVIRONMENT = """\
  {name}:
    {address_key}: {address}{address_comment}
    # The environment variable with the API client token of this environment.
    # token_variable: {variable}
    # The workspace that the token must belong to; `wexport doctor` prints the id.
    # A token does not say where it belongs, so this is what notices swapped tokens.
    # workspace_id: 1234
"""

_ENVIRONMENT_OPTIONS = """\
    # Only these projects, and not those (names, with * and ?):
    # include: ["Order *"]
    # exclude: ["Sandbox *"]
    # Requests a minute that wexport allows itself; Workato's limit for packages is 60.
    # requests_per_minute: 50
    # Rows of lookup and data tables too (they may hold personal data):
    # table_data: false
    # Assets outside of all projects:
    # home_assets: true
"""

_SNAPSHOTS = """
snapshots:
  # The snapshot repository: a Git repository of its own, made on first use. Relative to this file.
  path: snapshots
  # Where `wexport snapshot --push` pushes to:
  # remote: git@gitlab.com:your-group/workato-snapshots.git
  # branch: main
  # author: "wexport <wexport@localhost>"
  # If more than this share of an environment's assets vanish at once, nothing is stored without --prune.
  # max_vanished_share: 0.25
"""

_GITLAB = """
gitlab:
  url: {url}
  # token_variable: WEXPORT_GITLAB_TOKEN
  # The project of the change issues, so that `--post 123` is enough.
  {project}
"""

_POLICY = """
policy:
  # Which approvals a change needs.
  preset: handbook
"""

_EQUIVALENT = """
# What is meant to differ between the environments, a row each: a diff leaves it out, and shouts where a name of
# another environment arrives. See docs/equivalent.md.
# equivalent:
#   connections:
#     - {{{names}}}
#   values:  # hosts, channel ids, mail addresses, … as they stand in values
#     - {{{hosts}}}
"""


def render_template(
    environments: Mapping[str, str], *, gitlab_url: str = "https://gitlab.com", gitlab_project: str = ""
) -> str:
    """The text of a wexport.yaml. `environments` maps each name to a data center ("eu") or a base URL."""
    parts = [_HEAD]
    for place, (name, address) in enumerate(environments.items()):
        is_url = "://" in address
        parts.append(
            _ENVIRONMENT.format(
                name=_quoted(name),
                address_key="base_url" if is_url else "data_center",
                address=_quoted(address),
                address_comment="" if is_url else "  # us, eu, jp, sg, au, …; or base_url: https://…",
                variable=f"WEXPORT_{name.upper().replace('-', '_')}_TOKEN",
            )
        )
        if place == 0:
            parts.append(_ENVIRONMENT_OPTIONS)
    project = f"project: {_quoted(gitlab_project)}" if gitlab_project else "# project: your-group/your-project"
    parts += [_SNAPSHOTS, _GITLAB.format(url=_quoted(gitlab_url), project=project), _POLICY]
    if len(environments) > 1:
        parts.append(_equivalent(tuple(environments)))
    return "".join(parts)


def _equivalent(environments: tuple[str, ...]) -> str:
    names = ", ".join(f"{_quoted(name)}: NetSuite {name.upper()}" for name in environments)
    hosts = ", ".join(f'{_quoted(name)}: "https://{name}.example.com"' for name in environments)
    return _EQUIVALENT.format(names=names, hosts=hosts)


def _quoted(text: str) -> str:
    """The text as YAML takes it for text: bare where that is safe, otherwise as a JSON string, which is YAML."""
    is_word = text.replace("-", "").replace("_", "").isalnum() and text.isascii() and text[:1].isalpha()
    is_url = text.startswith(("https://", "http://")) and not set(text) & set("#\"'{}[],&*!|>%@` \t\n")
    yaml_words = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
    return text if (is_word and text.lower() not in yaml_words) or is_url else json.dumps(text)
