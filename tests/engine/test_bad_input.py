"""Bad meshes at every door: refused or repaired with a sentence, never a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image
from typer.testing import CliRunner

from engine.cli import app
from engine.data.mesh_item import build_item, read_field
from engine.errors import BadMesh
from engine.repair import repair
from tests.engine.check.spoil import rewritten
from tests.engine.data.test_mesh_files import broken

BROKEN = {name: made for name, made in broken().items() if name != "million.stl"}  # 150 MB


@pytest.mark.parametrize("name", BROKEN)
def test_repair_refuses_what_no_data_set_takes_and_writes_nothing(
    name: str, tmp_path: Path
) -> None:
    says, write = BROKEN[name]
    write(tmp_path / name)
    with pytest.raises(BadMesh, match=says):
        repair(tmp_path / name, out=tmp_path / "out.glb")
    assert not (tmp_path / "out.glb").exists()
    said = CliRunner().invoke(app, ["repair", str(tmp_path / name)])
    assert said.exit_code == 2
    assert "Traceback" not in said.output


def test_a_textured_model_without_uvs_has_the_colour_of_its_corner_texel(tmp_path: Path) -> None:
    ball = trimesh.creation.icosphere(2)
    material = trimesh.visual.material.PBRMaterial(
        baseColorTexture=Image.new("RGB", (4, 4), (200, 30, 30)), baseColorFactor=[1.0] * 4
    )
    ball.visual = trimesh.visual.TextureVisuals(uv=ball.vertices[:, :2], material=material)

    def drop(doc: dict[str, Any]) -> None:
        doc["meshes"][0]["primitives"][0]["attributes"].pop("TEXCOORD_0")

    path = tmp_path / "ball.glb"
    path.write_bytes(rewritten(ball.export(file_type="glb"), drop))
    build_item(path, tmp_path / "item.npz", 16)
    field = read_field(tmp_path / "item.npz").astype(np.float64)
    shade = (field[1:, field[0] > 0].mean(1) + 1) * 127.5
    assert np.allclose(shade, (200, 30, 30), atol=1)
    assert repair(path).report["watertight"]


def test_a_budget_below_what_a_ring_allows_keeps_it_and_says_the_least(tmp_path: Path) -> None:
    trimesh.creation.torus(1.0, 0.3).export(tmp_path / "ring.ply")
    report = repair(tmp_path / "ring.ply", triangles=8).report
    assert report["triangles"] == 2048
    (sentence,) = report["failed"]
    assert "8 triangles are too few" in sentence
    least = int(sentence.split("Ask for ")[1].split()[0])
    assert repair(tmp_path / "ring.ply", triangles=least).report["triangles"] == least
