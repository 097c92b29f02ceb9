"""The shell as it is written: valid, complete, and every mark where the plan has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.gallery.charts import upright
from engine.gallery.labels import atlases
from engine.gallery.materials import Palette
from engine.gallery.shell import pieces_of, shell_glb, unfold
from engine.gallery.solid import split_glb
from engine.light.rays import Scene
from engine.museum.plan import plan
from engine.museum.schema import Museum
from engine.museum.spec import MuseumRequest
from engine.museum.themes import theme_names


@cache
def built(theme: str) -> tuple[Museum, bytes]:
    museum = plan(MuseumRequest(theme=theme, count=24, seed=1))
    pieces = list(pieces_of(museum))
    return museum, shell_glb(
        museum, pieces, unfold(museum, pieces), Palette(pieces), atlases(museum)
    )


@pytest.mark.parametrize("theme", theme_names())
def test_the_validator_has_no_complaint(
    theme: str, tmp_path: Path, validate_glb: Callable[[Path], dict[str, Any]]
) -> None:
    file = tmp_path / "shell.glb"
    file.write_bytes(built(theme)[1])
    issues = validate_glb(file)["issues"]
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"][:3]


def test_slots_spawns_and_doors_are_empty_nodes_at_their_places() -> None:
    museum, data = built("sculpture_court")
    scene, _ = split_glb(data, "shell.glb")
    nodes = [node for node in scene["nodes"] if "id" in node.get("extras", {})]
    count = Counter((n["extras"]["role"], n["extras"]["id"]) for n in nodes)
    assert max(count.values()) == 1
    by_id = {n["extras"]["id"]: n for n in nodes}
    for slot in museum.slots:
        node = by_id[slot.id]
        assert "mesh" not in node
        assert node["translation"] == pytest.approx(slot.position)
        x, y, z, w = node["rotation"]
        ahead = [2 * (x * z + w * y), 1 - 2 * (x * x + y * y)]  # +Z after the turn, on the ground
        yaw = np.radians(slot.yaw)
        assert ahead == pytest.approx([np.sin(yaw), np.cos(yaw)], abs=1e-9)
    assert {n["extras"]["id"] for n in nodes} >= {x.id for x in (*museum.spawns, *museum.doors)}


def test_what_a_lightmap_covers_has_coordinates_inside_it() -> None:
    _, data = built("baroque_enfilade")
    scene, binary = split_glb(data, "shell.glb")
    for node in scene["nodes"]:
        if node.get("extras", {}).get("role") not in ("architecture", "furniture"):
            continue
        for primitive in scene["meshes"][node["mesh"]]["primitives"]:
            accessor = scene["accessors"][primitive["attributes"]["TEXCOORD_1"]]
            view = scene["bufferViews"][accessor["bufferView"]]
            uv = np.frombuffer(binary, np.float32, 2 * accessor["count"], view["byteOffset"])
            assert 0 <= uv.min() <= uv.max() <= 1


def test_the_same_museum_gives_the_same_bytes() -> None:
    museum, data = built("white_cube")
    pieces = list(pieces_of(museum))
    assert (
        shell_glb(museum, pieces, unfold(museum, pieces), Palette(pieces), atlases(museum)) == data
    )


@pytest.mark.parametrize("theme", theme_names())
def test_nobody_sees_through_a_wall_or_the_back_of_one(theme: str) -> None:
    """From where visitors stand every ray meets the front of something, but for sky and entrance."""
    pytest.importorskip("open3d", exc_type=ImportError)
    museum, _ = built(theme)
    corners = [c.positions[c.faces] for p in pieces_of(museum) for c in p.charts]
    for door in museum.doors:
        if door.rooms[1] is None:  # a board before the entrance
            angle = np.radians(door.yaw)
            ahead = np.array([np.sin(angle), 0, np.cos(angle)])
            middle = np.array([door.center[0], 0, door.center[1]]) + 0.3 * ahead
            board = upright(middle, door.yaw + 180)
            ring = np.array([(-3, -1), (3, -1), (3, 4), (-3, 4)], float)
            corners.append(board.place(ring)[np.array([(0, 1, 2), (0, 2, 3)])])
    scene = Scene(np.concatenate(corners).astype(np.float32))
    rng = np.random.default_rng(0)
    for slot in museum.slots[::3]:
        way = rng.standard_normal((4_000, 3))
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        eye = np.tile([slot.stand[0], museum.hang.eye, slot.stand[1]], (len(way), 1))
        hits = scene.hits(eye.astype(np.float32), way.astype(np.float32))
        # Edges of triangles are met from either side; a hole would be met by many rays.
        assert hits.behind.mean() < 2e-3, (slot.room, way[hits.behind][:3])
        if not any(room.open_to_sky for room in museum.rooms):
            assert hits.left.mean() < 1e-3, slot.room
