"""Tools that change pictures, as models: restyling, enlarging, mending (B6, B9, D3, D4, D8, E2, E20)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data as photographs

from engine.data.picture_dataset import to_pixels, to_unit
from engine.errors import BadRequest
from engine.gan.config import TrainConfig
from engine.gan.rng import Streams
from engine.gan.task import Batch
from engine.gan.trainer import Trainer
from engine.makers.finish import enlarge
from engine.metrics.picture_scores import light_correlation, psnr
from engine.models.registry import model_class
from engine.models.restyle import negative, patch_contrast
from engine.models.upscale import harmed
from engine.pictures import restyle, upscale
from engine.zoo.export import export
from engine.zoo.recipes import read_recipe
from tests.engine.models.pictures import draw, draw_both

CPU = torch.device("cpu")
NET = {
    "manners": {"blue": "blue", "plain": "plain"},
    "crop": 32,
    "widths": [8, 8],
    "blocks": 1,
    "critic": [8, 8],
    "contents": 2,
    "content_size": 32,
}


def photograph(name: str, edge: int = 192) -> np.ndarray:
    """A square of a photograph that comes with scikit-image: nobody's training data here."""
    pixels = np.asarray(getattr(photographs, name)())
    return np.ascontiguousarray(pixels[60 : 60 + edge, 100 : 100 + edge, :3])


def halved(pixels: np.ndarray, by: int) -> Image.Image:
    edge = len(pixels) // by
    return Image.fromarray(pixels).resize((edge, edge), Image.Resampling.BICUBIC)


def played(model: Any, run: Path, kimg: float, batch: int = 4, **phase: object) -> Trainer:
    config = {"batch": batch, "ema_kimg": 0.05, "tick_kimg": 1e3, "precision": "f32"}
    phases = [{"name": "a", "kimg": kimg, "lr_g": 1e-3, "lr_d": 1e-3} | phase]
    config = TrainConfig.model_validate(config | {"phases": phases})
    trainer = Trainer(model, config, run, device=CPU)
    trainer.run()
    return trainer


# ---------------------------------------------------------------- restyling


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_both(tmp_path_factory.mktemp("both"))


@pytest.mark.parametrize("method", ["cycle", "cut"])
def test_b6_a_game_finds_the_manner_and_a_cycle_the_way_back(
    method: str, both: Path, tmp_path: Path
) -> None:
    model = model_class("restyle")(NET | {"method": method})
    model.load(both, Streams(0))
    net = played(model, tmp_path, 0.16, gamma=0.1).ema.module
    unseen = model.sets["photos"].of("validation")[:8]
    given = torch.from_numpy(to_unit(np.stack([p.pixels for p in unseen])))
    blue, home = net.mix(torch.zeros(len(given)).long()), net.mix(torch.full((len(given),), 2))
    with torch.no_grad():
        made = net(given, blue, home)
        again = net(made, home, blue)
    if method == "cycle":  # what CUT does without
        assert 10 * torch.log10(4 / (again - given).square().mean()) > 22
    assert light_correlation(given, made).min() > 0
    paintings = [p.pixels for p in model.sets["paintings"].pictures if p.category == "blue"]
    wanted = torch.from_numpy(to_unit(np.stack(paintings))).mean((0, 2, 3))
    before, after = ((x.mean((0, 2, 3)) - wanted).norm() for x in (given, made))
    assert after < 0.6 * before


def test_d3_each_manner_has_its_palette_and_a_mixture_lies_between(both: Path) -> None:
    model = model_class("restyle")(NET)
    model.load(both, Streams(0))
    torch.manual_seed(0)
    net = model.build().generator
    given = torch.from_numpy(
        to_unit(np.stack([p.pixels for p in model.sets["photos"].pictures[:8]]))
    )
    home = torch.tensor([[0.0, 0.0, 1.0]]).expand(8, -1)
    blueness = []
    for mix in ([1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 1.0, 0.0]):
        with torch.no_grad():
            made = net(given, torch.tensor([mix]).expand(8, -1), home)
        blueness.append(float((made[:, 2] - made[:, 0]).mean()))
    assert blueness[0] > blueness[1] + 0.1 > blueness[2] + 0.2


def test_b6_what_changes_nothing_loses_nothing_and_a_negative_is_punished(both: Path) -> None:
    model = model_class("restyle")(NET)
    model.load(both, Streams(0))
    net = model.build().generator
    with torch.no_grad():
        net.palette.zero_()
        net.leave.weight.zero_()
    batch = model.batch(8, 0, Streams(0))
    rng = torch.Generator().manual_seed(0)
    given, _ = model._given(batch)
    terms = model.auxiliary(net, batch, model.fake(net, batch), rng)
    assert set(terms) == {"tone", "cycle", "same"}
    for term in terms.values():
        assert term.item() == pytest.approx(0, abs=0.01)
    assert negative(given, -given).item() == pytest.approx(1.6, abs=0.01)


def test_b6_contrast_knows_a_patch_by_its_place(both: Path) -> None:
    model = model_class("restyle")(NET | {"method": "cut"})
    model.load(both, Streams(0))
    torch.manual_seed(0)
    net = model.build().generator
    batch: Batch = model.batch(8, 0, Streams(0))
    given, _ = model._given(batch)
    mix, rng = net.mix(torch.zeros(8).long()), torch.Generator()
    with torch.no_grad():
        same, turned = (
            patch_contrast(net, given, x, mix, rng.manual_seed(0)).item()
            for x in (given, given.flip(-1))
        )
    assert same < 0.5 * turned


def test_e2_a_knob_changes_the_picture_and_is_written_into_it(tmp_path: Path) -> None:
    Image.fromarray(photograph("coffee", 64)).save(tmp_path / "cup.png")
    moved = {}
    for strength in (0.0, 0.5, 1.0):
        out = tmp_path / f"{strength}.png"
        restyle(tmp_path / "cup.png", style="old_master", out=out, strength=strength, strokes=0)
        with Image.open(out) as image:
            record = json.loads(image.text["Vernissage"])  # type: ignore[attr-defined]
            made = np.asarray(image.convert("RGB"), float)
        assert record["operation"]["strength"] == strength
        assert record["operation"]["style"] == "old_master"
        moved[strength] = np.abs(made - photograph("coffee", 64)).mean()
    assert moved[0.0] < 2 < moved[0.5] < moved[1.0]


# ---------------------------------------------------------------- enlarging


def test_b9_what_ships_beats_bicubic_by_0_7_decibels_on_photographs_it_never_saw() -> None:
    gains = []
    for name in ("astronaut", "chelsea", "coffee"):
        true = photograph(name)
        small = halved(true, 2)
        plain = np.asarray(small.resize((192, 192), Image.Resampling.BICUBIC))
        made = enlarge(np.asarray(small), 2)
        gains.append(psnr(made, true, 4) - psnr(plain, true, 4))
    assert np.mean(gains) >= 0.7
    assert min(gains) > 0.3


def test_d4_four_times_as_large_is_sharper_than_bicubic_and_shrinks_back_to_what_was_given() -> (
    None
):
    gains = []
    for name in ("astronaut", "chelsea", "coffee"):
        true = photograph(name)
        small = halved(true, 4)
        plain = np.asarray(small.resize((192, 192), Image.Resampling.BICUBIC))
        made = enlarge(np.asarray(small), 4)
        gains.append(psnr(made, true, 8) - psnr(plain, true, 8))
        assert psnr(np.asarray(halved(made, 4)), np.asarray(small), 2) > 40
    assert np.mean(gains) >= 0.5


def test_e20_a_small_picture_becomes_512_pixels_the_same_in_any_tiles() -> None:
    small = np.asarray(halved(photograph("coffee", 128), 2))
    whole = enlarge(small, 8, tile=1000)
    assert whole.shape == (512, 512, 3)
    assert (enlarge(small, 8, tile=57) == whole).all()


# ---------------------------------------------------------------- mending


def test_d8_harm_grows_with_its_strength_and_is_chance_of_its_seed_alone() -> None:
    x = torch.from_numpy(to_unit(np.stack([photograph("coffee", 64)] * 8)))

    def after(strength: float) -> torch.Tensor:
        return harmed(x, strength, torch.Generator().manual_seed(0))

    assert torch.equal(after(0.7), after(0.7))
    torch.testing.assert_close(after(0.0), x, atol=1e-4, rtol=0)
    losses = [(after(s) - x).square().mean().item() for s in (0.2, 0.6, 1.0)]
    assert losses[0] < losses[1] < losses[2]


def test_d8_a_model_that_mends_brings_harmed_pictures_nearer_to_the_true_ones(
    tmp_path: Path,
) -> None:
    recipe = read_recipe("enhance", "cpu")
    net = recipe.net | {
        "harm": 1.0,
        "crop": 32,
        "width": 12,
        "depth": 3,
        "critic": [8],
        "validation": 0.2,
    }
    model = model_class("upscale")(net)
    model.load(draw(tmp_path / "data", size=32), Streams(0))
    trainer = played(model, tmp_path / "run", 3.2, batch=16, kind="pretrain", beta1=0.9, lr_g=3e-3)
    true = model.held_out(8)
    assert true is not None
    given = model.spoilt(true, torch.Generator().manual_seed(5))
    with torch.no_grad():
        made = trainer.ema.module(given)
    before, after = (10 * torch.log10(4 / (x - true).square().mean()) for x in (given, made))
    assert after > before + 1.0

    from dataclasses import replace

    export(tmp_path / "run", replace(recipe, net=net), model, trainer.ema.module, {})
    Image.fromarray(photograph("coffee", 64)).save(tmp_path / "cup.png")
    run = str(tmp_path / "run")
    outcome = upscale(tmp_path / "cup.png", scale=1, model=run)
    assert outcome.report["to"] == [64, 64]
    with pytest.raises(BadRequest, match="choose 1"):
        upscale(tmp_path / "cup.png", scale=2, model=run)
    with pytest.raises(BadRequest, match="choose 2 or 4"):
        upscale(tmp_path / "cup.png", scale=1, model="upscale")


def test_d8_what_ships_mends_a_blurred_noisy_photograph(tmp_path: Path) -> None:
    true = photograph("astronaut", 128)
    x = torch.from_numpy(to_unit(true[None]))
    Image.fromarray(to_pixels(harmed(x, 0.6, torch.Generator().manual_seed(0))[0].numpy())).save(
        tmp_path / "harmed.png"
    )
    made = upscale(tmp_path / "harmed.png", scale=1, out=tmp_path / "mended.png").path
    before, after = (
        np.square(np.asarray(Image.open(path)).astype(float) - true).mean()
        for path in (tmp_path / "harmed.png", made)
    )
    assert after < 0.63 * before  # 2 dB
