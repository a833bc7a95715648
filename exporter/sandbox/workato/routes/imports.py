"""The handler of package imports."""

from __future__ import annotations

from werkzeug import Response

from exporter.sandbox.workato import wire
from exporter.sandbox.workato.errors import conflict, unprocessable
from exporter.sandbox.workato.importing import ImportOptions, import_package
from exporter.sandbox.workato.records import Package
from exporter.sandbox.workato.reply import json_reply
from exporter.sandbox.workato.routes.call import Call, found
from exporter.sandbox.workato.unpacking import read_package


def import_into_folder(call: Call) -> Response:
    """Takes effect at once; the package tells so after the set number of looks. One at a time."""
    environment = call.environment
    folder = found(environment.folders, call.id())
    if any(package.operation == "import" and package.polls_left > 0 for package in environment.packages.values()):
        raise conflict("Another package import is in progress. Wait until it has finished and try again.")
    home_folder_id = call.number("folder_id_for_home_assets")
    if home_folder_id is not None:
        found(environment.folders, home_folder_id)
    options = ImportOptions(folder.id, call.flag("restart_recipes"), call.flag("include_tags"), home_folder_id)
    try:
        outcome = import_package(environment, read_package(call.request.get_data()), options, call.now)
    except (RecursionError, UnicodeEncodeError):  # valid JSON that nests too deeply, or holds half a surrogate pair
        raise unprocessable("The package holds files that can not be stored", {}) from None
    package = Package(
        environment.next_id("package"),
        "import",
        call.workato.settings.import_polls,
        recipe_status=outcome.recipe_status,
    )
    environment.packages[package.id] = package
    return json_reply(wire.package(package, call.workato.storage.sign))
