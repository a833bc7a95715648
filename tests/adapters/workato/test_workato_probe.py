from __future__ import annotations

from typing import Any

import httpx


def test_a_token_that_may_do_all_passes_every_probe(rig: Any) -> None:
    for path in ("connections", "custom_connectors"):
        rig.service.answers[f"GET /api/{path}"] = [httpx.Response(200, json=[])]
    rig.service.answers["GET /api/properties"] = [httpx.Response(200, json={})]
    probes = rig.workato(workspace_id=7).probe()
    assert all(probe.is_ok for probe in probes)
    assert probes[0].detail == "workspace 7 (Acme (DEV)) at app.eu.workato.com"
    assert all(request.method == "GET" for request in rig.service.requests)


def test_a_missing_privilege_is_named_with_what_to_do(rig: Any) -> None:
    rig.service.answers["GET /api/export_manifests/0"] = [httpx.Response(403)]
    (probe,) = [probe for probe in rig.workato().probe() if not probe.is_ok and probe.name == "use manifests"]
    assert "HTTP 403" in probe.detail
    assert "Export manifests: create, show, delete" in probe.fix
    assert "WEXPORT_DEV_TOKEN" in probe.fix


def test_what_an_export_does_not_need_is_no_failure(rig: Any) -> None:
    rig.service.answers["GET /api/properties"] = [httpx.Response(403)]
    (probe,) = [probe for probe in rig.workato().probe() if probe.name == "list properties"]
    assert probe.is_ok
    assert "not permitted" in probe.detail


def test_a_refused_token_ends_the_questions(rig: Any) -> None:
    rig.service.answers["GET /api/users/me"] = [httpx.Response(401)]
    (probe,) = rig.workato().probe()
    assert not probe.is_ok
    assert len(rig.service.requests) == 1


def test_a_swapped_token_ends_the_questions(rig: Any) -> None:
    (probe,) = rig.workato(workspace_id=8).probe()
    assert "but 8 is pinned" in probe.detail


def test_an_unreachable_endpoint_is_an_answer_too(rig: Any) -> None:
    rig.service.answers["GET /api/projects"] = [httpx.ConnectError("refused")] * 5
    (probe,) = [probe for probe in rig.workato().probe() if probe.name == "list projects"]
    assert not probe.is_ok
    assert "did not answer" in probe.detail
