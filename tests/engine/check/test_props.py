"""Real props that broke: each lost a level, a part or a budget before, and is held to all checks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.assets.glb import write_glb
from engine.assets.mesh_asset import field_asset
from engine.check.run import examine
from engine.data.mesh_item import build_item, read_field
from tests.engine.check.spoil import good

HARD = {
    "building/quaternius_medvillage__bell_tower.glb": "sheets grew together at 1,500 triangles",
    "food/kaykit_restaurant__stew_pot.glb": "was refused at 3,000 triangles",
    "vehicle/kaykit_spacebase__spacetruck.glb": "lost a thin part at 750 triangles",
}
FAR = 0.04
"""Of the diagonal: a level that is further off has lost something."""


@pytest.mark.parametrize("name", HARD)
def test_a_prop_that_broke_is_whole_in_every_level(
    name: str, data_folder: Path, tmp_path: Path
) -> None:
    source = data_folder / "props" / name
    if not source.is_file():
        pytest.skip(f"no {name} in the data here")
    build_item(source, tmp_path / "item.npz", 32)
    made = field_asset(
        read_field(tmp_path / "item.npz").astype(np.float32),
        name="it",
        height=1.0,
        texture=512,
        provenance=good().provenance,
    )
    write_glb(made, tmp_path / "it.glb")
    findings = {one.check: one for one in examine(tmp_path / "it.glb")}
    assert [one for one in findings.values() if one.holds is not True] == []
    assert len(made.lods) == 2
    assert findings["levels near"].value < FAR
