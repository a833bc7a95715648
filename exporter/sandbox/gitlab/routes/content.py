"""Files of the repository, issue templates, uploads, and Markdown rendered on request."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import quote

from werkzeug import Response

from exporter.sandbox.gitlab import access, errors
from exporter.sandbox.gitlab.call import Call, Route, created, no_content
from exporter.sandbox.gitlab.linker import PageLinker
from exporter.sandbox.gitlab.markdown import render_markdown
from exporter.sandbox.gitlab.state import GUEST, MAINTAINER, REPORTER, Project, Upload
from exporter.sandbox.gitlab.wire import json_response, timestamp

TEMPLATE_FOLDER = ".gitlab/issue_templates/"
_NOT_IN_FILE_NAME = re.compile(r"[^\w.\-]+")


# --- repository files and templates ---


def _readable_project(call: Call) -> Project:
    """A project whose repository the caller may read: a Guest of a private project may not."""
    project = call.project()
    if project.visibility == "private" and access.access_level(call.state, call.user, project) < REPORTER:
        raise errors.forbidden()
    return project


def _file(call: Call) -> bytes:
    content = _readable_project(call).files.get(call.path["file_path"])
    if content is None:
        raise errors.not_found("File")
    return content


def show_raw_file(call: Call) -> Response:
    return Response(_file(call), content_type="text/plain; charset=utf-8")


def show_file(call: Call) -> Response:
    content, path = _file(call), call.path["file_path"]
    return json_response(
        {
            "file_name": path.rpartition("/")[2],
            "file_path": path,
            "size": len(content),
            "encoding": "base64",
            "content_sha256": hashlib.sha256(content).hexdigest(),
            "ref": call.params.text("ref") or "main",
            "content": base64.b64encode(content).decode(),
        }
    )


def list_templates(call: Call) -> Response:
    project = _readable_project(call)
    names = sorted(
        path.removeprefix(TEMPLATE_FOLDER).removesuffix(".md")
        for path in project.files
        if path.startswith(TEMPLATE_FOLDER) and path.endswith(".md")
    )
    return call.page(names, lambda name: {"key": name, "name": name})


def show_template(call: Call) -> Response:
    name = call.path["name"]
    content = _readable_project(call).files.get(f"{TEMPLATE_FOLDER}{name}.md")
    if content is None:
        raise errors.not_found("Template")
    return json_response({"name": name, "content": content.decode()})


# --- uploads ---


def create_upload(call: Call) -> Response:
    project = call.project(GUEST)
    sent = call.request.files.get("file")
    if sent is None:
        raise errors.missing("file")
    content = sent.read()
    limit = call.state.switches.max_upload_bytes
    if len(content) > limit:
        raise errors.ApiError(413, {"message": "413 Request Entity Too Large"})
    filename = _NOT_IN_FILE_NAME.sub("_", (sent.filename or "upload").replace("\\", "/").rpartition("/")[2]) or "upload"
    upload_id = call.state.next_id("upload")
    secret = hashlib.sha256(f"upload {upload_id}".encode()).hexdigest()[:32]
    upload = Upload(upload_id, secret, filename, content, sent.mimetype, call.user.id, call.now)
    project.uploads[secret] = upload
    return created(call.shapes.upload(upload, project))


def list_uploads(call: Call) -> Response:
    project = call.project(MAINTAINER)
    return call.page(
        list(project.uploads.values()),
        lambda upload: {
            "id": upload.id,
            "size": len(upload.content),
            "filename": upload.filename,
            "created_at": timestamp(upload.created_at),
            "uploaded_by": call.shapes.user_by_id(upload.author_id),
        },
    )


def _upload(call: Call, project: Project) -> Upload:
    if "upload_id" in call.path:
        wanted = call.number("upload_id")
        found = next((upload for upload in project.uploads.values() if upload.id == wanted), None)
    else:
        found = project.uploads.get(call.path["secret"])
        if found is not None and found.filename != call.path["filename"]:
            found = None
    if found is None:
        raise errors.not_found()
    return found


def show_upload(call: Call) -> Response:
    return upload_response(_upload(call, call.project(MAINTAINER)))


def delete_upload(call: Call) -> Response:
    project = call.project(MAINTAINER)
    del project.uploads[_upload(call, project).secret]
    return no_content()


def upload_response(upload: Upload) -> Response:
    """The file itself. Only pictures are shown; everything else is downloaded, so that no upload runs as a page."""
    is_picture = upload.content_type in ("image/png", "image/jpeg", "image/gif", "image/webp")
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
    if not is_picture:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(upload.filename)}"
    return Response(
        upload.content, headers=headers, content_type=upload.content_type if is_picture else "application/octet-stream"
    )


# --- Markdown ---


def render_text(call: Call) -> Response:
    project = call.state.project_at(call.params.text("project") or "")
    if project is not None and not access.can_see_namespace(call.state, call.user, project):
        project = None
    html = render_markdown(call.params.required_text("text"), PageLinker(call.state, call.base_url, project))
    return created({"html": html})


ROUTES = (
    Route("GET", "projects/:id/repository/files/:file_path", show_file),
    Route("GET", "projects/:id/repository/files/:file_path/raw", show_raw_file),
    Route("GET", "projects/:id/templates/issues", list_templates),
    Route("GET", "projects/:id/templates/issues/:name", show_template),
    Route("GET", "projects/:id/uploads", list_uploads),
    Route("POST", "projects/:id/uploads", create_upload),
    Route("GET", "projects/:id/uploads/:upload_id", show_upload),
    Route("DELETE", "projects/:id/uploads/:upload_id", delete_upload),
    Route("GET", "projects/:id/uploads/:secret/:filename", show_upload),
    Route("DELETE", "projects/:id/uploads/:secret/:filename", delete_upload),
    Route("POST", "markdown", render_text),
)
