"""Where text goes: whole files or none, colour only where it is wanted, no secrets on stderr."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from exporter.cli.output import PIPE_WIDTH, tell, wants_color, width_of, write_file, write_signs_plainly
from exporter.errors import WexportError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_only_on_a_terminal_that_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert wants_color(Terminal())
    assert not wants_color(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_color(Terminal())
    monkeypatch.setenv("NO_COLOR", "")
    assert wants_color(Terminal())
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_color(Terminal())


def test_a_closed_stream_is_no_terminal() -> None:
    stream = Terminal()
    stream.close()
    assert not wants_color(stream)
    assert width_of(stream) == PIPE_WIDTH


def test_a_pipe_has_the_same_width_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "33")
    assert width_of(io.StringIO()) == PIPE_WIDTH
    assert width_of(Terminal()) == 33


def test_a_file_is_written_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "diff.txt"
    target.write_text("before")
    write_file(target, "日本 \ud800\n")
    assert target.read_text(encoding="utf-8") == "日本 \\ud800\n"
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("before")
    link = tmp_path / "link.txt"
    link.symlink_to("real.txt")
    write_file(link, "after")
    assert link.is_symlink()
    assert (tmp_path / "real.txt").read_text() == "after"


def test_a_device_is_written_to_as_it_is() -> None:
    write_file(Path(os.devnull), "x")
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("name", ["no/such/folder/x", ".", "a\0b"])
def test_what_cannot_be_written_is_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WexportError, match="Cannot write"):
        write_file(Path(name), "x")
    assert list(tmp_path.iterdir()) == []


def test_messages_hold_no_token_and_no_escape(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WEXPORT_PROD_TOKEN", "a-secret-token")
    monkeypatch.setenv("SHORT_TOKEN", "e")
    tell("refused: a-secret-token \x1b[2J\nsecond line")
    assert capsys.readouterr().err == "refused: [WEXPORT_PROD_TOKEN] \\x1b[2J\nsecond line\n"


def test_a_terminal_without_our_signs_gets_plain_ones_and_escapes_for_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    write_signs_plainly()
    stream.write("✓ 受注 → [Step 2 · Search ▸ Name] …\n")
    stream.flush()
    assert raw.getvalue() == rb"+ \u53d7\u6ce8 -> [Step 2 - Search > Name] ..." + b"\n"
