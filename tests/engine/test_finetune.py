"""A newcomer's own folder of meshes: dataset build, train --init, generate."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh

from engine.dataset import build
from engine.errors import BadCheckpoint, BadDataset, BadRecipe, NotBuilt, UnknownModel
from engine.gan import checkpoint
from engine.generate import generate
from engine.models.textured_shapes import TexturedShapes, field_loss
from engine.nets.cells import fold
from engine.nets.field import FieldGenerator
from engine.request import GenerateRequest
from engine.train import train
from engine.zoo.card import CARD, Card, card
from engine.zoo.registry import load

RECIPE = """
model = "textured_shapes"
title = "Blocks"
summary = "For tests."
folder = "none"

[[sources]]
name = "Blocks"
author = "The tests"
licence = "CC-BY-4.0"
attribution = "Blocks by the tests (CC BY 4.0)"

[net]
size = 16
widths = [16, 16]
encoder = [16, 16]
coarse = [8, 8]
fine = [8, 8]
depth = 0
geometry = 64
color = 64
z_dim = 8
paint = 8
colors = 4

[train]
batch = 8
tick_kimg = 8
ema_kimg = 0.2
precision = "f32"

[[tier.cpu.train.phases]]
name = "pretrain"
kind = "pretrain"
kimg = 1.2
beta1 = 0.9
lr_g = 2e-3

[[tier.cpu.train.phases]]
name = "adversarial"
kimg = 0.04

[finetune.net]
least = 1

[finetune.train]
batch = 8
passes = 4
tick_kimg = 8
precision = "f32"

[[finetune.train.phases]]
name = "adapt"
kind = "pretrain"
kimg = 10
beta1 = 0.9

[[finetune.train.phases]]
name = "warm up"
kind = "critic"
kimg = 5
hold_critic = 1

[[finetune.train.phases]]
name = "finetune"
kimg = 5
hold_critic = 1
hold_generator = 1
"""


def furniture(folder: Path, count: int, legs: float = 0.1, labelled: bool = True) -> Path:
    """Coloured tables and stools of different proportions, in a folder each or in one."""
    for index in range(count):
        kind = ("stool", "table")[index % 2]
        wide, tall = (0.5, 0.6) if kind == "stool" else (1.2, 0.7)
        wide += 0.04 * index
        parts = [trimesh.creation.box((wide, 0.1, 0.6), _at(0, tall, 0))]
        for x in (-1, 1):
            for z in (-1, 1):
                foot = _at(x * (wide / 2 - 0.06), tall / 2, z * 0.22)
                parts.append(trimesh.creation.box((legs, tall, legs), foot))
        mesh = trimesh.util.concatenate(parts)
        mesh.visual = trimesh.visual.ColorVisuals(
            mesh, face_colors=np.tile([60 + 9 * index, 120, 200 - 9 * index, 255], (60, 1))
        )
        place = folder / kind if labelled else folder
        place.mkdir(parents=True, exist_ok=True)
        mesh.export(place / f"{kind}{chr(97 + index)}.glb")
    return folder


def _at(x: float, y: float, z: float) -> np.ndarray:
    matrix: np.ndarray = trimesh.transformations.translation_matrix((x, y, z))
    return matrix


@pytest.fixture(scope="module", autouse=True)
def no_sheets() -> Iterator[None]:
    """Sheets of 64 shapes would take longer than all that is tested here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TexturedShapes, "picture", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a small model of stools and tables, taught for 155 steps."""
    folder = tmp_path_factory.mktemp("parent")
    (folder / "blocks.toml").write_text(RECIPE)
    build(furniture(folder / "in", 16), folder / "data", size=16, jobs=1)
    return train(folder / "blocks.toml", data=folder / "data", out=folder / "run")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve sturdier pieces of a newcomer, all in one folder: `my_meshes` built to `my_data`."""
    folder = tmp_path_factory.mktemp("own")
    meshes = furniture(folder / "my_meshes", 12, legs=0.16, labelled=False)
    build(meshes, folder / "my_data", size=16, jobs=1)
    return folder / "my_data"


@pytest.fixture(scope="module")
def mine(parent: Path, own: Path) -> Path:
    return train(init=str(parent), data=own, out=own.parent / "mine")


def test_c12_a_folder_of_meshes_becomes_a_model_that_makes_more_of_them(
    mine: Path, tmp_path: Path
) -> None:
    asked = {"class_name": "my_meshes", "lods": 1, "collider": "none", "texture": 256}
    request = {"model": str(mine), "out": tmp_path, "previews": False, **asked}
    made = generate(GenerateRequest.parse(request))
    assert made.items[0].files["glb"].is_file()


def test_c12_the_card_names_its_parents_and_owes_what_they_owe(mine: Path, parent: Path) -> None:
    about = card(str(mine))
    assert about.name == "mine"
    assert [(p.name, p.sha256) for p in about.parents] == [("blocks", card(str(parent)).sha256)]
    assert {source.licence for source in about.sources} == {"CC-BY-4.0", "LicenseRef-unstated"}
    assert about.licence == "CC-BY-4.0 AND LicenseRef-unstated"
    assert "Blocks by the tests (CC BY 4.0)" in about.attribution
    assert "my_data" in about.attribution
    assert [entry["name"] for entry in about.net["classes"]] == ["my_meshes"]


def test_c12_a_fine_tune_can_be_fine_tuned_and_the_chain_grows(
    mine: Path, parent: Path, own: Path, tmp_path: Path
) -> None:
    again = train(init=str(mine), data=own, out=tmp_path / "again")
    shas = [entry.sha256 for entry in card(str(again)).parents]
    assert shas == [card(str(parent)).sha256, card(str(mine)).sha256]
    assert card(str(again)).sources == card(str(mine)).sources


def test_c13_few_examples_mean_a_short_run_in_all_its_phases(mine: Path) -> None:
    # 12 examples, 4 passes: 48 of the plan's 20,000 samples, in three phases.
    assert card(str(mine)).cost["images"] == 24 + 16 + 16


def test_c13_what_is_held_is_what_the_parent_had(mine: Path, parent: Path) -> None:
    old, new = (checkpoint.read_net(run, "critic") for run in (parent, mine))
    for name in ("coarse.enter.weight", "fine.enter.weight"):
        assert torch.equal(old[name], new[name])
    assert not torch.equal(old["coarse.downs.0.weight"], new["coarse.downs.0.weight"])


def test_c21_a_fine_tune_that_is_stopped_goes_on_to_the_same_weights(
    mine: Path, parent: Path, own: Path, tmp_path: Path
) -> None:
    stops = iter([False] * 3)
    out = tmp_path / "mine"
    train(init=str(parent), data=own, out=out, is_cancelled=lambda: next(stops, True))
    assert (out / CARD).is_file()
    train(init=str(parent), data=own, out=out, resume=True)
    assert card(str(out)).sha256 == card(str(mine)).sha256


def test_a_run_that_began_with_a_model_is_not_resumed_from_another(
    mine: Path, own: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(mine, run)
    with pytest.raises(BadCheckpoint, match="--init"):
        train(init=str(mine), data=own, out=run, resume=True)


def test_a_recipe_may_begin_with_a_model_and_both_credits_stay(
    parent: Path, own: Path, tmp_path: Path
) -> None:
    recipe = tmp_path / "wider.toml"
    text = RECIPE.replace("widths = [16, 16]", "widths = [16, 24]").replace(
        "kimg = 1.2", "kimg = 0.016"
    )
    recipe.write_text(text.replace('name = "Blocks"', 'name = "More"'))
    run = train(recipe, init=str(parent), data=own, out=tmp_path / "run")
    assert [source.name for source in card(str(run)).sources] == ["Blocks", "More"]


def test_a_recipe_of_another_kind_of_model_cannot_begin_with_it(parent: Path) -> None:
    with pytest.raises(BadRecipe, match="textured_shapes"):
        train("voxel_characters", init=str(parent))


def test_a_model_that_does_not_say_how_it_is_fine_tuned_asks_for_a_recipe(
    parent: Path, own: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(parent, run)
    about = json.loads((run / CARD).read_text())
    (run / CARD).write_text(json.dumps(about | {"finetune": {}}))
    with pytest.raises(BadRecipe, match="name a recipe"):
        train(init=str(run), data=own, out=tmp_path / "out")


def test_what_cannot_be_begun_is_one_sentence_and_a_fix(
    parent: Path, own: Path, tmp_path: Path
) -> None:
    (tmp_path / "raw").mkdir()
    build(furniture(tmp_path / "five", 5), tmp_path / "small", size=16, jobs=1)
    with pytest.raises(NotBuilt, match="no data set yet") as caught:
        train(init=str(parent), data=tmp_path / "raw", out=tmp_path / "out")
    assert "dataset build" in caught.value.fix
    with pytest.raises(BadDataset, match="5 usable") as small:
        train(init=str(parent), data=tmp_path / "small", out=tmp_path / "out")
    assert "at least 8" in small.value.fix
    with pytest.raises(BadDataset, match="data of one's own"):
        train(init=str(parent), out=tmp_path / "out")
    with pytest.raises(BadRecipe, match="no name"):
        train(init=str(parent), data=own, out=tmp_path / "a:b")
    with pytest.raises(UnknownModel):
        train(init="nothing", data=own, out=tmp_path / "out")
    with pytest.raises(BadRecipe, match="neither"):
        train(data=own)
    assert not (tmp_path / "out").exists()


def test_a_card_with_parents_survives_being_read_again(mine: Path) -> None:
    about = card(str(mine))
    assert Card.model_validate_json(about.model_dump_json()) == about


def test_c13_half_the_steps_from_a_model_beat_all_of_them_from_nothing(
    parent: Path, own: Path, tmp_path: Path
) -> None:
    """Held-out reconstruction: 40 steps after the parent's weights against 80 without them."""
    errors = {}
    for name, steps, init in (("transfer", 40, str(parent)), ("scratch", 80, None)):
        recipe = tmp_path / f"{name}.toml"
        recipe.write_text(RECIPE.replace("kimg = 1.2", f"kimg = {steps * 8 / 1000 - 0.04}"))
        run = train(recipe, init=init, data=own, out=tmp_path / name)
        assert card(str(run)).cost["images"] == 8 * steps
        errors[name] = unseen_error(run, tmp_path)
    assert errors["transfer"] < errors["scratch"]


def unseen_error(run: Path, folder: Path) -> float:
    """Mean field loss of coding and decoding pieces that nobody has trained on."""
    if not (folder / "unseen").exists():
        build(furniture(folder / "meshes", 10, legs=0.13), folder / "unseen", size=16, jobs=1)
    loaded = load(str(run))
    judge = TexturedShapes(loaded.card.net)
    judge.load(folder / "unseen", None)  # type: ignore[arg-type]
    real = fold(judge.examples()[1].float())
    generator = loaded.generator
    assert isinstance(generator, FieldGenerator)
    with torch.no_grad():
        shape, color = field_loss(generator.decode(generator.encode(real)), real)
    return float(shape + color)
