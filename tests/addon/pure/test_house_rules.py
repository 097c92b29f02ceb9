"""What Blender's extension platform and our own design ask of the add-on's sources and archive."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ADDON = Path(__file__).resolve().parents[3] / "addon"
SOURCES = sorted(ADDON.rglob("*.py"))

BANNED_MODULES = {
    "threading", "multiprocessing", "concurrent", "asyncio", "socket", "ssl", "http", "urllib",
    "requests", "pickle", "marshal", "shelve", "importlib.util", "runpy", "code", "torch", "numpy",
    "engine", "addon",
}  # fmt: skip
BANNED_CALLS = {"exec", "eval", "compile", "print", "__import__", "input"}


def by_name(path: Path) -> str:
    return str(path.relative_to(ADDON))


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", node.level


@pytest.mark.parametrize("path", SOURCES, ids=by_name)
def test_it_imports_the_standard_library_blender_and_its_own_parts_only(path: Path) -> None:
    allowed = set(sys.stdlib_module_names) | {"bpy", "mathutils"}
    for name, level in imported(ast.parse(path.read_text())):
        if level:
            continue
        assert name.split(".")[0] in allowed, f"{name}: parts of the add-on are imported relatively"
        assert not {name, name.split(".")[0]} & BANNED_MODULES, name


@pytest.mark.parametrize("path", SOURCES, ids=by_name)
def test_it_runs_no_code_from_text_prints_nothing_and_leaves_its_folder_alone(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in BANNED_CALLS, f"line {node.lineno}"
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                assert keyword.arg != "shell", f"line {node.lineno}"
        if isinstance(node, ast.Name):
            assert node.id != "__file__", f"line {node.lineno}"
        if isinstance(node, ast.Attribute):
            assert not (node.attr == "path" and getattr(node.value, "id", "") == "sys")


@pytest.mark.parametrize("path", SOURCES, ids=by_name)
def test_every_file_has_its_licence_a_docstring_and_a_readable_length(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("# SPDX-License-Identifier: GPL-3.0-or-later\n")
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 400


@pytest.mark.parametrize("path", sorted((ADDON / "core").glob("*.py")), ids=by_name)
def test_the_core_knows_no_blender(path: Path) -> None:
    names = {name.split(".")[0] for name, _ in imported(ast.parse(path.read_text()))}
    assert not names & {"bpy", "mathutils", "bmesh", "gpu"}


def test_the_core_can_be_imported_without_blender() -> None:
    modules = [f"addon.core.{path.stem}" for path in (ADDON / "core").glob("[a-z]*.py")]
    code = f"import sys; sys.modules['bpy'] = None; import {', '.join(modules)}"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ADDON.parent)


def classes_with(attribute: str) -> list[tuple[ast.ClassDef, dict[str, ast.expr]]]:
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                fields = {
                    target.id: item.value
                    for item in node.body
                    if isinstance(item, ast.Assign)
                    for target in item.targets
                    if isinstance(target, ast.Name)
                }
                if attribute in fields:
                    found.append((node, fields))
    return found


def test_operators_are_named_and_described_as_blender_asks() -> None:
    operators = [pair for pair in classes_with("bl_idname") if "_OT_" in pair[0].name]
    assert len(operators) >= 10
    for node, fields in operators:
        identifier, label = (
            ast.literal_eval(fields["bl_idname"]),
            ast.literal_eval(fields["bl_label"]),
        )
        assert identifier == node.name.replace("VERNISSAGE_OT_", "vernissage.")
        assert label == re.sub(r"\b(In|To|From)\b", lambda m: m[0].lower(), label.title())
        described = ast.get_docstring(node)
        assert described
        assert not described.endswith("."), "Blender adds the full stop"


def test_every_property_has_a_name_and_a_description() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and re.fullmatch(
                r"bpy\.props\.(?!Pointer)\w+Property", ast.unparse(node.func)
            ):
                given = {keyword.arg: keyword.value for keyword in node.keywords}
                if "HIDDEN" in ast.unparse(given.get("options", ast.Constant(""))):
                    continue
                assert {"name", "description"} <= set(given), f"{path}:{node.lineno}"
                for value in ast.walk(given["description"]):
                    if isinstance(value, ast.Constant):
                        assert not value.value.endswith("."), f"{path}:{node.lineno}"


def manifest() -> dict[str, object]:
    return tomllib.loads((ADDON / "blender_manifest.toml").read_text())


def test_the_manifest_says_what_the_platform_requires() -> None:
    stated = manifest()
    assert stated["schema_version"] == "1.0.0"
    assert stated["id"] == "vernissage"
    assert re.fullmatch(r"\d+\.\d+\.\d+", str(stated["version"]))
    assert stated["type"] == "add-on"
    assert stated["blender_version_min"] == "4.2.0"
    assert stated["license"] == ["SPDX:GPL-3.0-or-later"]
    tagline = str(stated["tagline"])
    assert len(tagline) <= 64
    assert tagline[-1].isalnum()
    assert stated["permissions"] == {"files": stated["permissions"]["files"]}  # type: ignore[index]
    for reason in stated["permissions"].values():  # type: ignore[attr-defined]
        assert len(reason) <= 64
        assert reason[-1].isalnum()
    assert all(value not in ("", [], {}) for value in stated.values())


def test_add_on_and_engine_are_of_one_release() -> None:
    from engine import __version__

    assert manifest()["version"] == __version__


def build(folder: Path) -> Path:
    tool = ADDON.parent / "tools" / "build_addon.py"
    done = subprocess.run(
        [sys.executable, str(tool), "--out", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    return Path(done.stdout.strip())


def test_the_archive_is_small_complete_and_the_same_every_time(tmp_path: Path) -> None:
    first, second = build(tmp_path / "a"), build(tmp_path / "b")
    assert first.name == f"vernissage-addon-{manifest()['version']}.zip"
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in (first, second)}) == 1
    assert first.stat().st_size < 2**20
    with zipfile.ZipFile(first) as bundle:
        names = set(bundle.namelist())
    assert {by_name(path) for path in SOURCES} | {"blender_manifest.toml", "LICENSE"} <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith(".")]


def test_an_archive_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("tool", ADDON.parent / "tools/build_addon.py")
    assert spec
    assert spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    tool.MOST_BYTES = 100
    with pytest.raises(SystemExit, match="larger than"):
        tool.build(ADDON, tmp_path)
    assert list(tmp_path.iterdir()) == []
