"""The rules of the house that no type checker holds: layout, imports, versions, paths, licences."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine import __version__
from engine.cli import app

ROOT = Path(__file__).resolve().parents[1]

# Imports run from a room to itself and to those before it, never to one further on.
ROOMS = (
    "data",
    "gan",
    "nets",
    "models",
    "shape",
    "assets",
    "check",
    "metrics",
    "zoo",
    "makers",
    "control",
    "light",
    "museum",
    "gallery",
    "viewer",
)
FOUNDATION = {"errors", "files", "request"}
VERBS = {
    "edit",
    "generate",
    "clad",
    "pictures",
    "train",
    "evaluate",
    "evaluate_pictures",
    "dataset",
    "dataset_sort",
    "bench",
    "bench_families",
    "bench_museum",
    "bench_pictures",
    "bench_train",
    "doctor",
    "judge",
    "playground",
    "playground_pictures",
    "project",
    "repair",
    "sweep",
    "worker",
}
FRONT = {
    *VERBS,
    "cli",
    "cli_check",
    "cli_control",
    "cli_dataset",
    "cli_families",
    "cli_generate",
    "cli_judge",
    "cli_museum",
    "cli_playground",
    "cli_project",
    "cli_pictures",
    "cli_repair",
    "cli_sweep",
    "cli_train",
    "cli_view",
    "console",
    "pages",
}

BLENDERS = ROOT / "engine/light/in_blender.py"
"""Blender's to run: the engine starts Blender with it, and imports it nowhere."""
MAX_LINES = 400
MAX_WEIGHT_BYTES = 8_000_000
MAX_FILE_BYTES = 2_000_000


def tracked(*patterns: str) -> list[Path]:
    """Files that git knows or would add, in a stable order."""
    if shutil.which("git") is None:
        pytest.skip("there is no git here")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this is no git checkout")
    return sorted({ROOT / name for name in done.stdout.split("\0") if (ROOT / name).is_file()})


def imports(path: Path) -> Iterator[str]:
    """Full names of the modules that a file imports anywhere, even inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(module: str) -> str | None:
    """The room of the engine that a dotted name lies in, such as 'gan' for 'engine.gan.ema'."""
    parts = module.split(".")
    return parts[1] if parts[0] == "engine" and len(parts) > 1 else None


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("here", ROOMS)
def test_imports_run_left_to_right_only(here: str) -> None:
    allowed = {*ROOMS[: ROOMS.index(here) + 1], *FOUNDATION}
    wrong = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in (ROOT / "engine" / here).rglob("*.py")
        for name in imports(path)
        if room(name) in {*ROOMS, *FRONT} - allowed
    }
    assert not wrong


def test_the_foundation_stands_on_nothing() -> None:
    for name in FOUNDATION:
        rooms = {room(module) for module in imports(ROOT / "engine" / f"{name}.py")}
        assert rooms - {None} <= FOUNDATION


def test_the_engine_never_imports_blender() -> None:
    files = [p for p in (ROOT / "engine").rglob("*.py") if p != BLENDERS]
    assert not [p for p in files if tops(p) & {"bpy", "addon"}]
    assert not [p for p in files if "engine.light.in_blender" in imports(p)]


def test_the_addon_never_imports_the_engine_nor_torch() -> None:
    banned = {"engine", "torch", "threading", "multiprocessing", "socket", "urllib", "requests"}
    assert not [
        (p.name, tops(p) & banned) for p in (ROOT / "addon").rglob("*.py") if tops(p) & banned
    ]


def test_the_addons_core_needs_no_blender() -> None:
    assert not [p for p in (ROOT / "addon/core").rglob("*.py") if tops(p) & {"bpy", "bpy_extras"}]


def test_nothing_is_unpickled_evaluated_or_run_by_a_shell() -> None:
    for path in tracked("engine/*.py", "addon/*.py", "tools/*.py"):
        assert not tops(path) & {"pickle", "cPickle", "dill", "marshal", "shelve"}, path
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "compile"), path
            if isinstance(node, ast.keyword) and node.arg == "shell":
                assert getattr(node.value, "value", True) is False, path


def test_no_python_file_is_longer_than_a_reader_likes() -> None:
    counts = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in tracked("*.py")}
    assert counts
    assert not {p.name: lines for p, lines in counts.items() if lines > MAX_LINES}


def test_every_folder_of_the_engine_says_in_one_line_what_lives_there() -> None:
    for path in tracked("engine/*.py"):
        folder = path.parent
        assert (folder / "__init__.py").is_file(), folder
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    # Spelt apart, so that this file does not find itself.
    machines = re.compile(
        rb"(?<![\w.~-])/(ro" + rb"ot|ho" + rb"me/(?!me/)\w+|wo" + rb"rk|Us" + rb"ers/\w+)/"
    )
    wrong = [
        (path.relative_to(ROOT).as_posix(), found.group().decode())
        for path in tracked()
        if path.suffix not in (".png", ".safetensors", ".vox", ".glb")
        if (found := machines.search(path.read_bytes()))
    ]
    assert not wrong


def test_no_large_file_but_weights_is_committed() -> None:
    for path in tracked():
        limit = MAX_WEIGHT_BYTES if path.suffix == ".safetensors" else MAX_FILE_BYTES
        assert path.stat().st_size <= limit, path


def test_the_version_has_one_source() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    manifest = tomllib.loads((ROOT / "addon/blender_manifest.toml").read_text())
    assert "version" not in project
    assert manifest["version"] == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_addon_is_gpl_and_the_rest_is_apache() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    manifest = tomllib.loads((ROOT / "addon/blender_manifest.toml").read_text())
    # The code, and the weights.
    assert project["license"] == "Apache-2.0 AND CC-BY-4.0 AND CC-BY-3.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    assert manifest["license"] == ["SPDX:GPL-3.0-or-later"]
    assert "GNU GENERAL PUBLIC LICENSE" in (ROOT / "addon/LICENSE").read_text()


def test_constraints_pin_every_direct_dependency_and_name_no_registry() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / "constraints.txt").read_text()
    pinned = {
        re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r"^([\w.-]+)==", text, re.M)
    }
    wanted = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    names = {re.sub(r"[-_.]+", "-", re.split(r"[\s<>=;\[!~]", line)[0]).lower() for line in wanted}
    assert names <= pinned
    for path in (
        ROOT / "constraints.txt",
        ROOT / "Makefile",
        ROOT / "tests/node/package-lock.json",
        ROOT / "engine/viewer/package-lock.json",
    ):
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links", path.read_text()), path


def test_what_the_engine_imports_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["pytorch3d"]]
    declared = {re.split(r"[\s<>=;\[]", line)[0].lower() for line in wanted}
    modules = {"libigl": "igl", "pillow": "pil", "scikit-image": "skimage"}
    allowed = {modules.get(name, name).replace("-", "_") for name in declared}
    for path in tracked("engine/*.py"):
        if path == BLENDERS:
            continue
        foreign = {top.lower() for top in tops(path)} - set(sys.stdlib_module_names) - {"engine"}
        assert foreign <= allowed, path


@pytest.mark.parametrize(
    ("library", "file"), [("pytorch3d", "mesh_ops_pytorch3d.py"), ("open3d", "rays.py")]
)
def test_what_may_not_load_is_imported_in_one_file(library: str, file: str) -> None:
    users = [path for path in tracked("engine/*.py") if library in tops(path)]
    assert [path.name for path in users] == [file]


CARDS = sorted((ROOT / "engine/zoo/cards").glob("*.json"))


def test_at_least_one_model_ships() -> None:
    assert CARDS


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_every_card_has_a_recipe_and_the_weights_it_describes(path: Path) -> None:
    card = json.loads(path.read_text(encoding="utf-8"))
    weights = ROOT / "engine/zoo/weights" / Path(card["weights"]).name
    data = weights.read_bytes()
    assert card["name"] == path.stem
    assert (len(data), hashlib.sha256(data).hexdigest()) == (card["bytes"], card["sha256"])
    assert list((ROOT / "engine/zoo/recipes").glob(f"{path.stem}*.toml"))
    assert card["licence"]
    assert card["attribution"]


def test_what_ships_is_not_ignored_by_git() -> None:
    shipped = [
        p
        for p in (ROOT / "engine/zoo").rglob("*")
        if p.suffix in (".toml", ".json", ".safetensors")
    ]
    assert set(shipped) <= set(tracked("engine/zoo"))


PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_relative_links_of_a_page_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:|#", target):
            assert (page.parent / target.split("#")[0]).exists(), target


def test_every_command_that_the_docs_show_exists() -> None:
    words = re.compile(r"vernissage ([a-z]+)(?: (list|show|generate|train)\b)?")
    shown = {
        tuple(filter(None, found))
        for page in PAGES
        for code in re.findall(r"`[^`]+`", page.read_text(encoding="utf-8"))
        for found in words.findall(code)
    }
    assert ("generate",) in shown
    for words_shown in shown:
        assert CliRunner().invoke(app, [*words_shown, "--help"]).exit_code == 0, words_shown
