"""Which handler answers which path of Workato's API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from werkzeug import Response
from werkzeug.routing import Map, Rule

from exporter.sandbox.workato.routes import deployments, imports, listings, packages, recipes
from exporter.sandbox.workato.routes.call import Call

Handler = Callable[[Call], Response]

_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/api/users/me", listings.show_user),
    ("GET", "/api/projects", listings.list_projects),
    ("GET", "/api/folders", listings.list_folders),
    ("POST", "/api/folders", listings.create_folder),
    ("GET", "/api/folders/<int:id>", listings.show_folder),
    ("GET", "/api/connections", listings.list_connections),
    ("GET", "/api/custom_connectors", listings.list_custom_connectors),
    ("GET", "/api/custom_connectors/<int:id>/code", listings.show_custom_connector_code),
    ("GET", "/api/lookup_tables", listings.list_lookup_tables),
    ("GET", "/api/data_tables", listings.list_data_tables),
    ("GET", "/api/tags", listings.list_tags),
    ("GET", "/api/properties", listings.list_properties),
    ("POST", "/api/properties", listings.upsert_properties),
    ("GET", "/api/recipes", recipes.list_recipes),
    ("GET", "/api/recipes/<int:id>", recipes.show_recipe),
    ("GET", "/api/recipes/<int:id>/versions", recipes.list_versions),
    ("GET", "/api/recipes/<int:id>/versions/<int:version_id>", recipes.show_version),
    ("GET", "/api/recipes/<int:id>/test_cases", recipes.list_test_cases),
    ("PUT", "/api/recipes/<int:id>/start", recipes.start_recipe),
    ("PUT", "/api/recipes/<int:id>/stop", recipes.stop_recipe),
    ("GET", "/api/export_manifests/folder_assets", packages.list_folder_assets),
    ("POST", "/api/export_manifests", packages.create_manifest),
    ("GET", "/api/export_manifests/<int:id>", packages.show_manifest),
    ("PUT", "/api/export_manifests/<int:id>", packages.update_manifest),
    ("DELETE", "/api/export_manifests/<int:id>", packages.delete_manifest),
    ("POST", "/api/packages/export/<int:id>", packages.export_package),
    ("GET", "/api/packages/<int:id>", packages.show_package),
    ("GET", "/api/packages/<int:id>/download", packages.download_package),
    ("POST", "/api/packages/import/<int:id>", imports.import_into_folder),
    ("POST", "/api/projects/<id>/build", deployments.build_project),
    ("POST", "/api/projects/<id>/deploy", deployments.deploy_project),
    ("GET", "/api/project_builds/<int:id>", deployments.show_build),
    ("POST", "/api/project_builds/<int:id>/deploy", deployments.deploy_build),
    ("GET", "/api/deployments", deployments.list_deployments),
    ("GET", "/api/deployments/<int:id>", deployments.show_deployment),
)

HANDLERS: Mapping[str, Handler] = MappingProxyType({f"{method} {path}": handler for method, path, handler in _ROUTES})


def route_map() -> Map:
    """Paths -> keys of HANDLERS. A path or method that is not here is not emulated."""
    rules = [Rule(path, methods=[method], endpoint=f"{method} {path}") for method, path, _ in _ROUTES]
    return Map(rules, strict_slashes=False)
