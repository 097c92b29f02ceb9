"""Building a data set: it goes on after bad files, resumes, repeats itself, and can be read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from typer.testing import CliRunner

from engine import dataset
from engine.cli import app
from engine.data.mesh_dataset import MeshDataset, read_mesh_dataset
from engine.data.mesh_item import read_facts
from engine.data.mesh_labels import Labels
from engine.dataset import build
from engine.errors import BadDataset, BadRequest, Cancelled, NoMeshes
from engine.request import Progress


def models(folder: Path, count: int = 10) -> None:
    """Boxes of different proportions in two folders, one index and some that are broken."""
    for index in range(count):
        kind = ("flat", "tall")[index % 2]
        (folder / kind).mkdir(parents=True, exist_ok=True)
        size = (1, 1, 0.2 + 0.05 * index) if kind == "flat" else (0.3, 0.3 + 0.02 * index, 1)
        trimesh.creation.box(size).export(folder / kind / f"box_{index:02d}.ply")
    (folder / "flat" / "empty.glb").write_bytes(b"")
    (folder / "tall" / "text.stl").write_bytes(b"hello")
    (folder / "old.fbx").write_bytes(b"x")
    entry = {"file": "flat/box_00.ply", "cls": "slab", "author": "Me", "license": "CC0-1.0"}
    (folder / "index.json").write_text(json.dumps([entry, {"file": 3}, "noise"]))


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_build_goes_on_after_bad_files_and_says_why(tmp_path: Path) -> None:
    models(tmp_path / "in")
    seen: list[Progress] = []
    built = build(tmp_path / "in", tmp_path / "out", size=16, jobs=2, on_progress=seen.append)
    assert built.made == len(built.manifest["items"]) == 10
    assert set(built.manifest["refused"]) == {"flat/empty.glb", "tall/text.stl", "old.fbx"}
    assert built.manifest["refused"]["flat/empty.glb"] == "the file is empty"
    assert (seen[-1].done, seen[-1].total) == (12, 12)
    first = built.manifest["items"][0]
    assert (first["class"], first["author"], first["licence"]) == ("slab", "Me", "CC0-1.0")
    assert first["units_per_voxel"] == pytest.approx(1 / 12)
    assert first["size_units"] == pytest.approx([1, 1, 0.2])
    with Image.open(tmp_path / "out" / "pictures" / "flat" / "box_00.ply.png") as picture:
        pixels = np.asarray(picture).reshape(-1, 3)
    assert len(np.unique(pixels, axis=0)) > 20
    assert all(sheet.is_file() for sheet in built.sheets)


def test_a_second_build_makes_nothing_that_is_there_and_only_what_changed(tmp_path: Path) -> None:
    models(tmp_path / "in", 3)
    build(tmp_path / "in", tmp_path / "out", size=16, jobs=1)
    items = sorted((tmp_path / "out" / "items").rglob("*.npz"))
    for item in items:
        os.utime(item, (1, 1))
    trimesh.creation.icosphere(1).export(tmp_path / "in" / "flat" / "box_02.ply")
    items[2].write_bytes(items[2].read_bytes()[:99])
    built = build(tmp_path / "in", tmp_path / "out", size=16, jobs=1)
    assert built.made == 2
    fresh = {item.name for item in items if item.stat().st_mtime > 1}
    assert fresh == {"box_02.ply.npz", items[2].name}
    assert build(tmp_path / "in", tmp_path / "out", size=32, jobs=1).made == 3


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    models(tmp_path / "in", 4)
    for name, jobs in (("one", 1), ("two", 2)):
        build(tmp_path / "in", tmp_path / name, size=16, jobs=jobs)
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_a_build_that_is_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    models(tmp_path / "in", 6)
    with pytest.raises(Cancelled):
        build(tmp_path / "in", tmp_path / "out", size=16, jobs=1, is_cancelled=lambda: True)
    left = len(list((tmp_path / "out" / "items").rglob("*.npz")))
    assert left < 6
    built = build(tmp_path / "in", tmp_path / "out", size=16, jobs=1)
    assert built.made == 6 - left


def test_identical_models_are_kept_once(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.ply", "b.ply"):
        trimesh.creation.box((1, 2, 3)).export(tmp_path / "in" / name)
    built = build(tmp_path / "in", tmp_path / "out", size=16, jobs=1)
    assert built.manifest["refused"] == {"b.ply": "identical to a.ply"}


def test_a_file_that_kills_its_process_is_refused_and_the_others_are_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models(tmp_path / "in", 4)
    monkeypatch.setattr(dataset, "_make", deadly)
    built = build(tmp_path / "in", tmp_path / "out", size=16, jobs=2)
    assert "ended the process" in built.manifest["refused"]["flat/box_02.ply"]
    assert len(built.manifest["items"]) == 3


def deadly(task: dataset._Task) -> dataset._Result:
    """What a reader that crashes does, in the process of a builder."""
    if task.file == "flat/box_02.ply":
        os._exit(11)
    return REAL_MAKE(task)


REAL_MAKE = dataset._make


def test_a_larger_limit_adds_to_a_smaller_one(tmp_path: Path) -> None:
    models(tmp_path / "in")
    small = build(tmp_path / "in", tmp_path / "out", size=16, jobs=1, limit=4)
    large = build(tmp_path / "in", tmp_path / "out", size=16, jobs=1, limit=8)
    names = [{item["file"] for item in built.manifest["items"]} for built in (small, large)]
    assert names[0] < names[1]


def test_nothing_to_build_is_an_error_with_a_fix(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    with pytest.raises(NoMeshes, match="no mesh file") as caught:
        build(tmp_path / "bad", tmp_path / "out")
    assert ".glb" in caught.value.fix
    (tmp_path / "bad" / "a.glb").write_bytes(b"")
    with pytest.raises(NoMeshes, match=r"none of 1 files"):
        build(tmp_path / "bad", tmp_path / "out", jobs=1)
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["refused"]
    with pytest.raises(BadRequest, match="size 33"):
        build(tmp_path / "bad", tmp_path / "out", size=33)
    with pytest.raises(BadRequest, match="no folder"):
        build(tmp_path / "lost", tmp_path / "out")


def test_a_built_data_set_is_read_with_families_kept_together(tmp_path: Path) -> None:
    models(tmp_path / "in", 12)
    build(tmp_path / "in", tmp_path / "out", size=16, jobs=2)
    read = read_mesh_dataset(tmp_path / "out", validation=0.5)
    assert read.classes() == ("flat", "tall")
    assert {e.family for e in read.examples} == {"box_"}
    assert len({e.split for e in read.examples}) == 1
    split = read.examples[0].split
    fields = read.fields(split)
    assert fields.shape == (12, 4, 16, 16, 16)
    facts = read_facts(read.examples[3].item)
    assert facts is not None
    assert (fields[3, 0] > 0).sum() == facts["solid_voxels"]
    with pytest.raises(BadDataset):
        read_mesh_dataset(tmp_path / "in")


def test_links_to_models_elsewhere_are_labelled_where_they_are(tmp_path: Path) -> None:
    models(tmp_path / "store", 2)
    (tmp_path / "in" / "chosen").mkdir(parents=True)
    (tmp_path / "in" / "chosen" / "a.ply").symlink_to(tmp_path / "store" / "flat" / "box_00.ply")
    built = build(tmp_path / "in", tmp_path / "out", size=16, jobs=1)
    assert [item["category"] for item in built.manifest["items"]] == ["chosen"]


def test_files_without_a_folder_of_their_own_are_of_the_class_of_the_whole(tmp_path: Path) -> None:
    root = tmp_path / "my_meshes"
    root.mkdir()
    labels = Labels(root).of(root / "x1.glb")
    assert (labels["category"], labels["class"]) == ("my_meshes", "my_meshes")


def split_of(folder: Path, families: list[str], validation: float) -> MeshDataset:
    """A data set of one item under many names: as many as there are families."""
    models(folder / "in", 2)
    build(folder / "in", folder / "out", size=16, jobs=1)
    path = folder / "out" / "manifest.json"
    manifest = json.loads(path.read_text())
    item = manifest["items"][0]
    manifest["items"] = [item | {"family": family} for family in families]
    path.write_text(json.dumps(manifest))
    return read_mesh_dataset(folder / "out", validation)


@pytest.mark.parametrize("count", [8, 19, 20])
def test_few_examples_are_all_trained_on(tmp_path: Path, count: int) -> None:
    data = split_of(tmp_path, [f"model {index}" for index in range(count)], 0.4)
    assert bool(data.of("validation")) == (count >= 20)


@pytest.mark.parametrize("family", ["a", "c"])  # whose hashes fall on either side
def test_variants_of_one_model_are_trained_on_wherever_their_hash_falls(
    tmp_path: Path, family: str
) -> None:
    assert len(split_of(tmp_path, [family] * 24, 0.5).of("train")) == 24


def test_labels_come_from_the_nearest_index_on_the_way_up(tmp_path: Path) -> None:
    root = tmp_path / "all"
    (root / "a" / "b").mkdir(parents=True)
    (root / "index.json").write_text('[{"file": "a/b/x1.glb", "category": "outer"}]')
    (root / "a" / "index.json").write_text('[{"file": "b/x1.glb", "category": "inner"}]')
    assert Labels(root).of(root / "a" / "b" / "x1.glb")["category"] == "inner"
    other = Labels(root).of(root / "a" / "b" / "x2.glb")
    assert (other["category"], other["class"], other["family"]) == ("a", "a", "x")
    # A part of a data set finds the index of the whole.
    assert Labels(root / "a").of(root / "a" / "b" / "x1.glb")["category"] == "inner"
    (root / "a" / "index.json").write_text("{broken")
    assert Labels(root / "a").of(root / "a" / "b" / "x1.glb")["category"] == "outer"


def test_the_command_prints_what_was_built(tmp_path: Path) -> None:
    models(tmp_path / "in", 3)
    arguments = ["dataset", "build", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*arguments, "--size", "16", "--jobs", "1", "--json"])
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    assert (printed["items"], printed["made"], len(printed["refused"])) == (3, 3, 3)
    spoken = CliRunner().invoke(app, [*arguments, "--size", "16", "--jobs", "1"])
    assert "3 models are ready, 0 of them made now" in spoken.stdout
    assert "flat/empty.glb: the file is empty" in spoken.stdout
    assert CliRunner().invoke(app, [*arguments, "--size", "5"]).exit_code == 2


def test_real_props_pass_with_labels_and_licences(data_folder: Path, tmp_path: Path) -> None:
    built = build(data_folder / "props", tmp_path, size=32, jobs=1, limit=6)
    assert not built.manifest["refused"]
    for item in built.manifest["items"]:
        assert item["licence"]
        assert item["author"]
        assert item["solid_voxels"] > 50
