"""Voxel people as training data: placed, split, varied, encoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from engine.data.vox import write_vox
from engine.data.voxel_augment import join, redress, skin_of, variant, wardrobe
from engine.data.voxel_dataset import LEAST, family, read_dataset, stand
from engine.data.voxel_field import REACH, decode, encode
from engine.data.voxels import VoxelGrid
from engine.errors import BadDataset, OneFamily
from engine.gan.rng import Streams
from engine.models.voxel_characters import VoxelCharacters
from tests.engine.data.people import SKIN, person


def crowd(folder: Path, count: int = 12) -> None:
    for index in range(count):
        grid = person(hair=(10 * index, 40, 80), shirt=(200, 10 * index, 20), hat=index % 3)
        write_vox(folder / f"p{index}x{index}.vox", grid)


def test_feet_stand_in_the_middle_whatever_is_worn_on_top() -> None:
    bare, hatted = stand(person(), 16), stand(person(hat=4), 16)
    assert np.array_equal(bare.solid[:2], hatted.solid[:2])
    feet = np.argwhere(bare.solid[0])
    assert feet[:, 1].min() + feet[:, 1].max() == 15
    assert bare.solid.sum() == person().solid.sum()


def test_a_giant_is_refused_with_its_size() -> None:
    with pytest.raises(ValueError, match="20 voxels"):
        stand(person(hat=10), 16)


def test_a_folder_becomes_examples_and_a_manifest_of_reasons(tmp_path: Path) -> None:
    crowd(tmp_path)
    write_vox(tmp_path / "zz_twin.vox", person(hair=(0, 40, 80), shirt=(200, 0, 20)))
    write_vox(tmp_path / "giant.vox", person(hat=10))
    (tmp_path / "broken.vox").write_bytes(b"VOX ")
    dataset = read_dataset(tmp_path, 16)
    assert len(dataset.examples) == 12
    assert dataset.refused["zz_twin.vox"] == "identical to p0x0.vox"
    assert set(dataset.refused) == {"zz_twin.vox", "giant.vox", "broken.vox"}
    assert {e["split"] for e in dataset.manifest()["used"]} <= {"train", "validation"}


def test_too_few_files_are_refused_with_the_least_number(tmp_path: Path) -> None:
    crowd(tmp_path, 3)
    with pytest.raises(BadDataset) as caught:
        read_dataset(tmp_path, 16)
    assert str(LEAST) in caught.value.fix


def test_variants_share_a_family_and_a_split(tmp_path: Path) -> None:
    assert family("chr_army1a") == family("chr_army3") == "chr_army"
    assert family("chr_base") == "chr_base"
    crowd(tmp_path)
    before = {e.name: e.split for e in read_dataset(tmp_path, 16, validation=0.5).examples}
    write_vox(tmp_path / "newcomer.vox", person(hair=(1, 2, 3)))
    after = {e.name: e.split for e in read_dataset(tmp_path, 16, validation=0.5).examples}
    assert before.items() <= after.items()


def numbered(folder: Path, stem: str, validation: float) -> VoxelCharacters:
    for index in range(LEAST):
        write_vox(folder / f"{stem}{index}.vox", person(hair=(10 * index, 40, 80)))
    model = VoxelCharacters({"widths": (8, 8), "pool": 4, "validation": validation})
    model.load(folder, Streams(0))
    return model


def test_figures_that_are_only_numbered_train_with_nothing_held_out(tmp_path: Path) -> None:
    model = numbered(tmp_path, "figure", 0.5)
    assert model.held_out(8) is None
    assert len(model.examples()[0]) == LEAST


def test_figures_that_are_only_numbered_and_all_held_out_say_what_to_change(tmp_path: Path) -> None:
    with pytest.raises(OneFamily, match="person") as caught:
        numbered(tmp_path, "person", 0.5)
    assert "validation = 0" in caught.value.fix
    assert numbered(tmp_path, "person", 0.0).held_out(8) is None


def test_the_face_is_skin_not_eyes_or_hair() -> None:
    assert skin_of(stand(person(), 16)).tolist() == list(SKIN)


def test_figures_without_a_head_are_varied_as_well() -> None:
    people = [stand(person(shirt=(c, 99, 0)), 16) for c in (60, 90, 120)]
    low = [VoxelGrid(p.solid & (np.arange(16) < 5)[:, None, None], p.colors) for p in people]
    assert skin_of(low[0]).tolist() == [60, 99, 0]
    made = variant([low], wardrobe(low), np.random.default_rng(0), 1.0)
    assert np.array_equal(made.solid, low[0].solid)


def test_a_head_moves_to_another_body_and_brings_its_skin_to_the_hands() -> None:
    dark = (100, 48, 0)
    body, head = stand(person(shirt=(1, 2, 3)), 16), stand(person(skin=dark, hair=(9, 9, 9)), 16)
    joined = join(body, head, 6)
    assert joined is not None
    assert np.array_equal(joined.colors[6:], head.colors[6:])
    assert (joined.colors[3] == dark).all(-1).any()
    assert not (joined.colors == SKIN).all(-1).any()


def test_a_head_that_does_not_fit_is_refused() -> None:
    body, head = stand(person(), 16), stand(person(), 16)
    wide = head.solid.copy()
    wide[5:8] = True
    assert join(body, VoxelGrid(wide, head.colors), 6) is None


def test_redress_changes_colours_and_never_the_shape() -> None:
    people = [stand(person(hair=(c, 0, 0), shirt=(0, c, 0)), 16) for c in (60, 90, 120, 150)]
    clothes = wardrobe(people)
    rng = np.random.default_rng(0)
    dressed = [redress(people[0], clothes, rng) for _ in range(20)]
    assert all(np.array_equal(d.solid, people[0].solid) for d in dressed)
    assert len({d.colors.tobytes() for d in dressed}) > 4
    eyes = (people[0].colors == (16, 16, 16)).all(-1)
    assert all((d.colors[eyes] == (16, 16, 16)).all() for d in dressed)


def test_variants_are_a_function_of_the_generator() -> None:
    families = [[stand(person(hair=(c, 0, 0)), 16)] for c in (60, 90, 120)]
    clothes = wardrobe([f[0] for f in families])
    first, second = (
        [variant(families, clothes, np.random.default_rng(5), 0.5) for _ in range(4)]
        for _ in range(2)
    )
    assert all(np.array_equal(a.colors, b.colors) for a, b in zip(first, second, strict=True))


def test_decoding_an_encoded_figure_gives_its_shape_and_visible_colours_back() -> None:
    grid = stand(person(), 16)
    back = decode(encode(grid))
    assert np.array_equal(back.solid, grid.solid)
    hidden = np.zeros_like(grid.solid)
    hidden[1:-1, 1:-1, 1:-1] = (
        grid.solid[:-2, 1:-1, 1:-1] & grid.solid[2:, 1:-1, 1:-1]
        & grid.solid[1:-1, :-2, 1:-1] & grid.solid[1:-1, 2:, 1:-1]
        & grid.solid[1:-1, 1:-1, :-2] & grid.solid[1:-1, 1:-1, 2:]
    )  # fmt: skip
    visible = grid.solid & ~hidden
    assert np.array_equal(back.colors[visible], grid.colors[visible])


def test_the_field_is_the_distance_to_the_nearest_voxel_of_the_other_side() -> None:
    grid = stand(person(), 16)
    field = encode(grid)[0]
    inside, outside = np.argwhere(grid.solid), np.argwhere(~grid.solid)
    expected = np.empty(grid.solid.shape)
    expected[grid.solid] = cKDTree(outside).query(inside)[0] - 0.5
    expected[~grid.solid] = 0.5 - cKDTree(inside).query(outside)[0]
    touches_edge = np.zeros_like(grid.solid)
    touches_edge[[0, -1]] = touches_edge[:, [0, -1]] = touches_edge[:, :, [0, -1]] = True
    same = ~touches_edge
    np.testing.assert_allclose(field[same], (expected / REACH).clip(-1, 1)[same], atol=1e-6)


def test_real_figures_are_read_and_split(data_folder: Path) -> None:
    dataset = read_dataset(data_folder / "voxel_characters", 16, ("chr_*", "alien_*"), 0.4)
    assert len(dataset.examples) >= 90
    assert not dataset.refused
    families = {
        s: {e.family for e in dataset.examples if e.split == s} for s in ("train", "validation")
    }
    assert not families["train"] & families["validation"]
    assert len(dataset.grids("validation")) >= 15
