"""Textured shapes from a request: which class, how large, what of barren seeds."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image

from engine.errors import BadRequest, BudgetTooLow, EmptyShape, UnknownClass
from engine.generate import generate
from engine.makers import crew
from engine.makers.shapes import DRAWS, finish, sample_shape
from engine.request import GenerateRequest
from engine.zoo.offer import draw_label
from tests.engine.makers.balls import CLASSES, HEIGHTS, balls

BALLS = balls()
SMALL = {"triangles": 300, "texture": 256, "lods": 1, "collider": "none", "previews": False}


@pytest.fixture(autouse=True)
def _zoo_of_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    # By module: the package keeps `engine.generate` the verb.
    monkeypatch.setattr(import_module("engine.generate"), "load", lambda name: BALLS)
    monkeypatch.setattr(crew, "PAYS_S", float("inf"))  # no other process knows this model


def request(out: Path, **values: Any) -> GenerateRequest:
    return GenerateRequest.parse({"model": "balls", "out": out, **SMALL, **values})


def reports(out: Path, **values: Any) -> list[dict[str, Any]]:
    return [item.report for item in generate(request(out, **values)).items]


def test_d20_a_class_is_made_with_levels_texture_and_collider_as_asked(
    tmp_path: Path, validate_glb: Callable[[Path], dict[str, Any]]
) -> None:
    asked = request(
        tmp_path, class_name="ball", count=2, lods=3, collider="hull", texture=512, triangles=1000,
        previews=True,
    )  # fmt: skip
    result = generate(asked)
    for item, seed in zip(result.items, (0, 1), strict=True):
        assert item.name == f"balls-ball-{seed:06d}"
        assert {item.report["class"], item.report["category"]} == {"ball", "round"}
        assert [level["budget"] for level in item.report["lods"]] == [1000, 500, 250]
        assert item.report["uv"]["texture"] == 512
        assert item.report["collider"]["hulls"] == 1
        assert item.report["watertight"]
        assert item.report["seconds"].keys() >= {"sample", "surface", "unwrap", "bake", "all"}
        assert np.asarray(Image.open(item.files["preview"])).std() > 10
        issues = validate_glb(item.files["glb"])["issues"]
        assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]
    assert result.sheet is not None
    assert json.loads((tmp_path / "request.json").read_text())["class_name"] == "ball"


@pytest.mark.parametrize("kind", ["ball", "disc"])
def test_without_a_height_a_shape_has_the_size_of_its_class(tmp_path: Path, kind: str) -> None:
    unit = next(one.unit for one in CLASSES if one.name == kind)
    (item,) = generate(request(tmp_path, class_name=kind)).items
    mesh = trimesh.load(item.files["glb"], force="mesh")
    height = mesh.bounds[1, 1] - mesh.bounds[0, 1]
    assert height == pytest.approx(HEIGHTS[kind] * unit, abs=0.4 * unit)  # less than a voxel
    assert item.report["height_m"] == pytest.approx(height, abs=1e-4)
    assert mesh.bounds[0, 1] == pytest.approx(0, abs=1e-6)


def test_a_height_that_is_asked_for_is_met_exactly(tmp_path: Path) -> None:
    (item,) = generate(request(tmp_path, class_name="ball", height=0.73)).items
    mesh = trimesh.load(item.files["glb"], force="mesh")
    assert mesh.bounds[1, 1] == pytest.approx(0.73, abs=1e-6)


def test_a_category_draws_among_its_classes_and_a_full_name_is_one_of_two(tmp_path: Path) -> None:
    drawn = reports(tmp_path / "a", class_name="round", count=6)
    assert {report["class"] for report in drawn} == {"ball", "disc"}
    (toy,) = reports(tmp_path / "b", class_name="toy/box")
    assert (toy["class"], toy["category"]) == ("box", "toy")


def test_the_class_of_a_seed_does_not_depend_on_the_batch(tmp_path: Path) -> None:
    together = reports(tmp_path / "a", class_name="round", seed=3, count=4)
    alone = reports(tmp_path / "b", class_name="round", seed=5)
    assert alone[0]["class"] == together[2]["class"]
    name = f"balls-{alone[0]['class']}-000005.glb"
    assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_draw_without_a_body_is_repeated_from_the_seed_and_said(tmp_path: Path) -> None:
    shy = [sample_shape(BALLS, seed, "shy") for seed in range(12)]
    again = [sample_shape(BALLS, seed, "shy") for seed in range(12)]
    assert {shape.redrawn for shape in shy} > {0, 1}
    for first, second in zip(shy, again, strict=True):
        assert first.redrawn == second.redrawn < DRAWS
        assert np.array_equal(first.field, second.field)
    seed = next(seed for seed, shape in enumerate(shy) if shape.redrawn)
    (report,) = reports(tmp_path, class_name="shy", seed=seed)
    assert report["redrawn"] == shy[seed].redrawn


def test_a_barren_seed_is_listed_and_the_rest_of_the_batch_is_made(tmp_path: Path) -> None:
    every = range(len(CLASSES))
    empty = [s for s in range(40) if CLASSES[draw_label(s, every, CLASSES)].name == "hole"]
    first = empty[0] - 2
    barren = [seed for seed in range(first, first + 4) if seed in empty]
    result = generate(request(tmp_path, seed=first, count=4))
    assert [refusal.seed for refusal in result.refused] == barren
    assert {refusal.code for refusal in result.refused} == {"E_EMPTY"}
    seeds = [item.seed for item in result.items]
    assert sorted(seeds + barren) == list(range(first, first + 4))
    listed = json.loads(result.report.read_text())["refused"]
    assert [one["seed"] for one in listed] == barren


@pytest.mark.parametrize("count", [1, 3])
def test_a_batch_of_barren_seeds_alone_is_an_error(tmp_path: Path, count: int) -> None:
    with pytest.raises(EmptyShape, match="Seed 0"):
        generate(request(tmp_path, class_name="hole", count=count))
    with pytest.raises(BudgetTooLow, match="20 triangles"):
        generate(request(tmp_path, class_name="sponge", triangles=20, count=count))


def test_an_unknown_class_names_those_like_it_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnknownClass, match="ball") as caught:
        generate(request(tmp_path, class_name="bal"))
    assert "square" in caught.value.fix
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("values", [{"rig": True}, {"formats": ("glb", "vox")}])
def test_what_a_shape_cannot_have_is_refused(tmp_path: Path, values: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match="balls"):
        generate(request(tmp_path, **values))


def test_novelty_of_a_training_example_is_nothing() -> None:
    grey = next(s for s in (sample_shape(BALLS, seed, "ball", 0.0) for seed in range(1)))
    assert grey.nearest.example == "grey ball"
    assert grey.nearest.ratio < 0.02


def test_metal_shines_and_plants_do_not() -> None:
    sword = CLASSES[0].model_copy(update={"name": "sword", "category": "weapon"})
    tree = CLASSES[0].model_copy(update={"name": "tree", "category": "nature"})
    assert finish(sword)[0] > finish(tree)[0]
    assert finish(sword)[1] < finish(tree)[1]
