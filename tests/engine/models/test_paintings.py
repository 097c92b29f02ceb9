"""Paintings: a game that begins with compositions of what it remembers (C13, C15, E1)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from engine.gan.config import TrainConfig
from engine.gan.rng import Streams
from engine.gan.trainer import Trainer
from engine.gan.transfer import Start, adopt, class_rows
from engine.models.paintings import PaintingGenerator, Paintings
from engine.models.registry import model_class
from engine.zoo.recipes import read_recipe
from tests.engine.models.pictures import draw

CPU = torch.device("cpu")
SMALL = {"size": 32, "widths": [12], "critic": [12], "z_dim": 8, "w_dim": 8, "views": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("paintings"), size=48)


def paintings(folder: Path, **changes: object) -> tuple[Paintings, TrainConfig]:
    """The recipe with its nets small and its phases short."""
    recipe = read_recipe("paintings", "cpu")
    model = model_class("paintings")(recipe.net | SMALL | {"compositions": 16} | changes)
    assert isinstance(model, Paintings)
    model.load(folder, Streams(0))
    phases = [phase.model_copy(update={"kimg": 0.06}) for phase in recipe.train.phases]
    update = {"phases": tuple(phases), "batch": 8, "tick_kimg": 0.04, "precision": "f32"}
    return model, recipe.train.model_copy(update=update)


def weights(module: nn.Module) -> Tensor:
    return torch.cat([v.flatten().float() for v in module.state_dict().values()])


def test_e1_the_game_resumes_to_the_bit(folder: Path, tmp_path: Path) -> None:
    def trainer(run: str) -> Trainer:
        return Trainer(*paintings(folder), tmp_path / run, device=CPU)

    whole = trainer("whole")
    assert whole.run()
    stops = iter([False] * 9)
    trainer("parts").run(is_cancelled=lambda: next(stops, True))
    second = trainer("parts")
    assert second.resume()
    assert second.run()
    for part, module in whole._modules().items():
        assert torch.equal(weights(module), weights(second._modules()[part])), part


def test_codes_that_come_with_the_latents_are_those_of_the_composition(folder: Path) -> None:
    model, _ = paintings(folder)
    net = model.build().generator
    assert isinstance(net, PaintingGenerator)
    batch = model.batch(4, 0, Streams(0))
    assert batch.label is not None
    own = batch.z[:, : model._latent_size()]
    torch.testing.assert_close(net(batch.z, batch.label), net(own, batch.label), atol=2e-3, rtol=0)


def test_fakes_are_of_the_genres_of_the_real_ones_beside_them(folder: Path) -> None:
    model, _ = paintings(folder)
    batch = model.batch(32, 0, Streams(0))
    assert batch.label is not None
    assert set(batch.label.tolist()) == {0, 1}
    looks = model._codes.float()
    for real, label in zip(batch.real, batch.label, strict=True):
        twin = (looks - real).abs().flatten(1).amax(1).argmin()
        assert model._labels[twin] == label


def test_c13_a_model_that_begins_with_another_keeps_its_own_memory(
    folder: Path, tmp_path: Path
) -> None:
    others = draw(tmp_path / "others", size=50)
    for path in others.rglob("*.png"):
        with Image.open(path) as image:
            Image.fromarray(255 - np.asarray(image)).save(path)
    old, new = (paintings(place)[0] for place in (folder, others))
    parent, child = old.build().generator, new.build().generator
    with torch.no_grad():
        for parameter in parent.parameters():
            parameter.fill_(0.125)
    before = child.state_dict()["memory.codes"].clone()
    assert before.shape == parent.state_dict()["memory.codes"].shape
    tables, rows = new.class_tables, class_rows(new.classes(), old.classes())
    adopt(child, parent.state_dict(), Start({}, {}, tables, rows, new.from_data))
    assert torch.equal(child.state_dict()["memory.codes"], before)
    assert all((parameter == 0.125).all() for parameter in child.parameters())


def test_a_painting_has_the_shape_of_the_one_that_leads_it(tmp_path: Path) -> None:
    folder = draw(tmp_path / "wide", size=48)
    for path in folder.rglob("*.png"):
        with Image.open(path) as image:
            image.resize((96, 48)).save(path)
    model, _ = paintings(folder)
    net = model.build().generator
    assert model.shape(net, model.latents([3]), torch.tensor([1])) == pytest.approx(2.0)
    assert model.synthesise(net, model.latents([3]), 1.0, torch.tensor([1])).shape[2:] == (32, 32)
