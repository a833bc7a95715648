"""Text that a terminal can show: what would move the cursor, change colours, reorder or hide text is written
as an escape. Recipes, configuration files and servers' answers are other people's text.
"""

from __future__ import annotations

import re

# Controls (C0, DEL, C1 with its one-byte CSI), soft hyphen, Arabic letter mark, zero-width space, directional
# marks, line and paragraph separators, embeddings, overrides, isolates, word joiner and invisible operators,
# BOM, interlinear marks, surrogates without a partner, and tag characters. The joiners U+200C and U+200D stay:
# Persian and emoji are written with them.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str, *, keep: str = "") -> str:
    """The text on one line, with escapes (\\n, \\x1b, \\u202e) for what a terminal would act on or hide.

    `keep` lists characters that stay as they are, such as "\\n" for text that may have lines.
    """
    return _HIDDEN.sub(lambda match: match[0] if match[0] in keep else _escape(match[0]), text)


def ascii_only(text: str) -> str:
    """The text with every character outside ASCII as an escape, to tell look-alikes apart."""
    return "".join(char if " " <= char <= "~" else _escape(char) for char in text)


def json_escaped(text: str) -> str:
    """JSON text whose strings hold hidden characters only as JSON escapes; line ends between values stay."""
    return _HIDDEN.sub(lambda match: match[0] if match[0] == "\n" else _json_escape(match[0]), text)


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place]:02x}{units[place + 1]:02x}" for place in range(0, len(units), 2))


def _escape(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
