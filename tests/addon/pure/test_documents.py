"""The pages say what the code does: every error code, every operator, every message."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from addon.core import protocol as client
from engine import errors, protocol

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "addon.md").read_text()
MESSAGES = re.findall(r"^([→←]) (\{.*\})$", (ROOT / "docs" / "protocol.md").read_text(), re.M)

WORKERS = {"ProtocolError", "WorkerBusy", "OutOfMemory", "BadRequest", "VernissageError"}


def raised_by(path: str, name: str) -> set[str]:
    """The errors that the docstring of a function names; no torch is needed."""
    tree = ast.parse((ROOT / "engine" / path).read_text())
    (verb,) = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    text = (ast.get_docstring(verb) or "").split("Raises:")[1]
    return {name for name in re.findall(r"[A-Z]\w+", text) if hasattr(errors, name)}


def test_every_code_that_a_user_of_the_add_on_can_meet_is_explained() -> None:
    own = set(re.findall(r'"(E_[A-Z_]+)"', (ROOT / "addon" / "core" / "problems.py").read_text()))
    raised = raised_by("generate.py", "generate") | raised_by("gallery/make.py", "build_gallery")
    engines = {getattr(errors, name).code for name in raised | WORKERS}
    explained = set(re.findall(r"^\| `(E_[A-Z_]+)` \|", PAGE, re.M))
    assert explained == own | engines


def test_every_operator_is_listed() -> None:
    found = {
        node.value.value
        for path in (ROOT / "addon" / "ops").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "bl_idname"
        and isinstance(node.value, ast.Constant)
    }
    assert found == set(re.findall(r"`(vernissage\.\w+)\(", PAGE))


def test_every_message_shown_is_one_that_both_sides_understand() -> None:
    assert len(MESSAGES) >= 10
    for direction, line in MESSAGES:
        message = protocol.decode(line.encode())
        if direction == "←":
            client.read(line.encode())
            assert isinstance(message, protocol.Notification | protocol.Response | protocol.Failure)
        else:
            assert isinstance(message, protocol.Request | protocol.Notification)


def test_every_method_is_shown() -> None:
    shown = set(re.findall(r'"method":"([^"]+)"', " ".join(line for _, line in MESSAGES)))
    methods = {
        "HELLO",
        "MODELS",
        "GENERATE",
        "GALLERY",
        "WORKS",
        "PING",
        "PROGRESS",
        "HEARTBEAT",
        "CANCEL",
    }
    assert shown == {getattr(protocol, name) for name in methods}
