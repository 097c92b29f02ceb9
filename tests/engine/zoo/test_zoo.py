"""Recipes, cards, weights, fingerprints."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from engine.data.vox import write_vox
from engine.errors import BadCheckpoint, BadDataset, BadRecipe, UnknownModel, WeightsMismatch
from engine.evaluate import evaluate
from engine.gan.rng import Streams
from engine.generate import generate
from engine.makers.voxels import sample_voxels
from engine.request import GenerateRequest
from engine.train import train
from engine.zoo.card import CARD, Card, card, names, weights_path
from engine.zoo.export import export
from engine.zoo.novelty import distance_among, distance_scale, fingerprint, nearest
from engine.zoo.recipes import read_recipe, recipe_names
from engine.zoo.registry import load
from tests.engine.data.people import person

TINY = """
model = "voxel_characters"
title = "Tiny"
summary = "For tests."
folder = "none"
rig = true

[[sources]]
name = "Drawn by the tests"
author = "The tests"
licence = "CC0-1.0"
attribution = "none needed"

[net]
widths = [8, 8]
depth = 0
z_dim = 4
w_dim = 8
pool = 16
validation = 0.4

[train]
batch = 4
tick_kimg = 0.016
precision = "f32"

[[tier.cpu.train.phases]]
name = "adversarial"
kimg = 0.032
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a model trained for eight steps on drawn people."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tiny.toml").write_text(TINY)
    for index in range(14):
        hair, shirt = (15 * index, 40, 80), (200, 15 * index, 20)
        write_vox(folder / "people" / f"p{index}x{index}.vox", person(hair, shirt, hat=index % 3))
    return train(folder / "tiny.toml", data=folder / "people", out=folder / "run")


@pytest.mark.parametrize("name", recipe_names())
@pytest.mark.parametrize("tier", ["cpu", "gpu"])
def test_every_recipe_has_both_tiers_and_builds(name: str, tier: str) -> None:
    recipe = read_recipe(name, tier)
    assert recipe.train.total_images > 0
    # Recipes for anybody's pictures take the credits of the folder.
    assert recipe.file.sources or recipe.file.model == "image_gan"


def test_an_unknown_key_names_its_place(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text(TINY.replace("batch = 4", "batch = 4\nspeed = 9"))
    with pytest.raises(BadRecipe, match="speed"):
        read_recipe(tmp_path / "odd.toml", "cpu")


@pytest.mark.parametrize("text", ["= what", "", "model = 3"])
def test_a_broken_recipe_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken.toml").write_text(text)
    with pytest.raises(BadRecipe):
        read_recipe(tmp_path / "broken.toml", "cpu")


def test_training_leaves_everything_a_stranger_needs(tiny: Path) -> None:
    about = card(str(tiny))
    assert about.name == "tiny"
    assert about.licence == "CC0-1.0"
    assert about.cost["images"] == 32
    assert len(about.examples) + 1 <= 14
    assert (tiny / "manifest.json").is_file()
    assert list((tiny / "sheets").glob("*.png"))
    assert list((tiny / "tensorboard").iterdir())


def test_c21_weights_give_the_same_figure_each_time_they_are_loaded(tiny: Path) -> None:
    first, second = (sample_voxels(load(str(tiny)), 3).grid for _ in range(2))
    assert first.colors.tobytes() == second.colors.tobytes()


def test_a7_a_seed_is_the_same_alone_and_in_company(tiny: Path) -> None:
    model = load(str(tiny))
    alone = model.model.synthesise(model.generator, model.model.latents([5]))[0]
    company = model.model.synthesise(model.generator, model.model.latents([3, 4, 5]))[2]
    torch.testing.assert_close(alone, company, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("damage", ["other bytes", "missing", "huge"])
def test_weights_that_are_not_what_the_card_describes_are_refused(
    tiny: Path, tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    shutil.copytree(tiny, run)
    weights = weights_path(str(run), card(str(run)))
    if damage == "other bytes":
        weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    elif damage == "missing":
        weights.unlink()
    else:
        monkeypatch.setattr("engine.zoo.registry.MAX_WEIGHTS_BYTES", 10)
    with pytest.raises(WeightsMismatch) as caught:
        load(str(run))
    assert caught.value.fix


@pytest.mark.parametrize(
    "change",
    [{"surprise": 1}, {"name": "../elsewhere"}, {"name": ".hidden"}, {"weights": "../../weights"}],
)
def test_a_card_that_is_none_or_points_elsewhere_is_refused(
    tiny: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    about = json.loads((tiny / CARD).read_text())
    (tmp_path / CARD).write_text(json.dumps(about | change))
    with pytest.raises(WeightsMismatch):
        card(str(tmp_path))


@pytest.mark.parametrize("change", [{"model": "base"}, {"model": "no_such"}, {"net": {"size": -1}}])
def test_a_card_of_a_model_that_cannot_be_built_is_refused(
    tiny: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    run = tmp_path / "run"
    shutil.copytree(tiny, run)
    about = json.loads((run / CARD).read_text())
    (run / CARD).write_text(json.dumps(about | change))
    with pytest.raises(WeightsMismatch):
        load(str(run))


def test_a_recipe_whose_name_could_not_name_files_is_refused_before_training(
    tmp_path: Path,
) -> None:
    (tmp_path / "a:b.toml").write_text(TINY)
    with pytest.raises(BadRecipe, match="a:b"):
        read_recipe(tmp_path / "a:b.toml", "cpu")


def test_a_model_with_a_dot_in_its_name_keeps_its_seeds_apart(tiny: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(tiny, run)
    about = json.loads((run / CARD).read_text())
    (run / CARD).write_text(json.dumps(about | {"name": "people.v2"}))
    request = {"model": str(run), "count": 2, "rig": False, "previews": False, "out": tmp_path}
    items = generate(GenerateRequest.parse(request)).items
    assert [item.files["glb"].name for item in items] == [
        "people.v2-000000.glb",
        "people.v2-000001.glb",
    ]


def test_statistics_too_large_for_half_precision_survive_the_export(
    tiny: Path, tmp_path: Path
) -> None:
    loaded = load(str(tiny))
    recipe = read_recipe(tiny.parent / "tiny.toml", "cpu")
    loaded.model.load(tiny.parent / "people", Streams(0))
    first = next(iter(loaded.generator.parameters()))
    first.data.flatten()[0] = 4.2e10
    export(tmp_path, recipe, loaded.model, loaded.generator, {})
    again = next(iter(load(str(tmp_path)).generator.parameters()))
    assert torch.equal(again, first)


def test_an_unknown_model_is_told_the_known_ones() -> None:
    with pytest.raises(UnknownModel) as caught:
        card("no_such_model")
    assert all(name in caught.value.fix for name in names())


@pytest.mark.parametrize("name", names())
def test_every_shipped_card_fits_its_weights(name: str) -> None:
    about = card(name)
    assert isinstance(about, Card)
    assert about.name == name
    assert about.attribution
    assert about.metrics
    assert about.bytes <= 8 * 2**20
    assert about.finetune == read_recipe(name, "cpu").file.finetune.model_dump(
        exclude_defaults=True
    )
    assert load(name).card == about


def test_training_without_data_says_where_to_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VERNISSAGE_DATA", raising=False)
    with pytest.raises(BadDataset, match="--data"):
        train(recipe_names()[0], out=tmp_path)


def test_c21_training_resumes_where_it_stopped(tiny: Path, tmp_path: Path) -> None:
    folder = tiny.parent
    stops = iter([False] * 3)
    arguments = {"data": folder / "people", "out": tmp_path / "run"}
    train(folder / "tiny.toml", **arguments, is_cancelled=lambda: next(stops, True))  # type: ignore[arg-type]
    train(folder / "tiny.toml", **arguments, resume=True)  # type: ignore[arg-type]
    assert card(str(tmp_path / "run")).sha256 == card(str(tiny)).sha256


def test_a_resume_with_another_recipe_changes_nothing_in_the_run(
    tiny: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(tiny, run)
    (run / "manifest.json").write_text("{}")
    other = tmp_path / "other.toml"
    other.write_text((tiny.parent / "tiny.toml").read_text().replace("batch = 4", "batch = 2"))
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    with pytest.raises(BadCheckpoint, match="another recipe"):
        train(other, data=tiny.parent / "people", out=run, resume=True)
    assert {p: p.read_bytes() for p in run.rglob("*") if p.is_file()} == before


def test_a_copy_is_seen_as_one_mirrored_or_not() -> None:
    generator = torch.Generator().manual_seed(0)
    fields = torch.randn(6, 4, 8, 8, 8, generator=generator)
    prints, scale = fingerprint(fields), 1.0
    labels = [str(i) for i in range(6)]
    assert nearest(fields[4], prints, labels, scale).example == "4"
    assert nearest(fields[2].flip(-1), prints, labels, scale).ratio < 1e-3
    unseen = torch.randn(4, 4, 8, 8, 8, generator=generator)
    exact = torch.cdist(unseen.flatten(1), torch.cat([fields, fields.flip(-1)]).flatten(1))
    expected = exact.amin(1).median() / fields[0].numel() ** 0.5
    assert distance_scale(unseen, prints) == pytest.approx(float(expected), rel=0.15)


def test_without_held_out_examples_the_unit_is_the_distance_among_those_there_are() -> None:
    points = torch.tensor([[0.0, 0], [3, 0], [3, 1], [10, 0], [10, 4]])
    # Nearest others: 3, 1, 1, 4 and 4 away.
    assert distance_among(points) == 3.0


def test_a_run_of_a_users_own_recipe_can_be_evaluated(tiny: Path) -> None:
    report = evaluate(str(tiny), data=tiny.parent / "people", samples=6)
    assert "tiny" in report["rows"]
    with pytest.raises(BadRecipe, match="tiny"):
        evaluate(str(tiny), samples=6)


def test_a_folder_that_holds_a_run_is_not_trained_over(tiny: Path) -> None:
    before = {p.name for p in (tiny / "checkpoints").iterdir()}
    with pytest.raises(BadCheckpoint, match="--resume"):
        train(tiny.parent / "tiny.toml", data=tiny.parent / "people", out=tiny)
    assert {p.name for p in (tiny / "checkpoints").iterdir()} == before
