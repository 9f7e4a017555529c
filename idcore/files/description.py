"""A JSON file that describes something by names and values, as `config.json` does."""

import json
from typing import Any

from idcore.errors import FileError


def read_description(content: bytes, name: str) -> dict[str, Any]:
    """name: of the file, for what is said. Raises FileError where it is no JSON object in UTF-8."""
    text = read_text(content, name)
    try:
        described = json.loads(text)
    except (ValueError, RecursionError):
        raise FileError(f"Its {name} is damaged: it is not JSON.") from None
    if not isinstance(described, dict):
        raise FileError(f"Its {name} is damaged: it describes nothing.")
    return described


def read_text(content: bytes, name: str) -> str:
    """A text that stands beside a description. Raises FileError where it is not UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise FileError(f"Its {name} is damaged: it is not UTF-8.") from None
