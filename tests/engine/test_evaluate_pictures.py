"""`evaluate` of models of pictures and of tools: a ruler that can tell good from bad."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.evaluate import evaluate
from engine.gan.config import TrainConfig
from engine.gan.rng import Streams
from engine.gan.trainer import Trainer
from engine.metrics.manner_report import looks, manner_scores, spread
from engine.metrics.percept import Percept
from engine.metrics.picture_report import COPY, FLOOR
from engine.metrics.picture_scores import light_correlation
from engine.models.registry import model_class
from engine.nets.picture_coder import PictureCoder
from engine.zoo.export import export
from engine.zoo.recipes import read_recipe
from tests.engine.models.pictures import draw_both

RNG = torch.Generator().manual_seed(0)


def smooth(count: int, size: int = 64, blue: float = 0.0) -> Tensor:
    """Soft pictures, the bluer the less of red they have."""
    coarse = torch.rand(count, 3, 6, 6, generator=RNG) * 1.2 - 0.6
    coarse[:, 2] += blue
    coarse[:, 0] -= blue
    return torch.nn.functional.interpolate(coarse, size, mode="bilinear").clamp(-1, 1)


@pytest.fixture(scope="module")
def measures() -> dict[str, Percept]:
    return {"": Percept.twin(PictureCoder(channels=2, widths=(4, 6, 8)))}


def test_b6_light_is_one_for_the_same_picture_and_minus_one_for_its_negative() -> None:
    pictures = smooth(3)
    brighter = pictures * 0.4 + 0.3
    torch.testing.assert_close(light_correlation(pictures, brighter), torch.ones(3))
    torch.testing.assert_close(light_correlation(pictures, -pictures), -torch.ones(3))


def test_b6_what_paints_blue_comes_nearer_to_blue_paintings_than_what_does_nothing(
    measures: dict[str, Percept],
) -> None:
    photographs, paintings, others = smooth(24), smooth(24, blue=0.3), smooth(24, blue=0.3)
    shift = torch.tensor([-0.3, 0.0, 0.3]).view(3, 1, 1)
    rows = {
        "painter": lambda x: (x + shift, x + 0.1),
        "nothing": lambda x: (x, x),
        "negative": lambda x: (-x, x),
    }
    found = {
        name: manner_scores(way, photographs, paintings, others, measures)
        for name, way in rows.items()
    }
    painter, nothing = found["painter"], found["nothing"]
    assert painter["frechet"] < 0.5 * painter["identity"]
    assert painter["floor"] < 0.5 * painter["identity"]
    assert nothing["frechet"] == nothing["identity"]
    assert nothing["cycle_psnr"] == float("inf")
    # All values 0.1 of 2 away, but for rounding and what was cut off at white.
    assert painter["cycle_psnr"] == pytest.approx(20 * np.log10(20), abs=0.3)
    assert found["negative"]["inverted"] == 24
    assert painter["inverted"] == 0


def test_b6_a_picture_is_looked_at_as_a_whole_and_in_its_quarters() -> None:
    pictures = smooth(2)
    seen = looks(pictures)
    assert seen.shape == (10, 3, 32, 32)
    torch.testing.assert_close(seen[2:4], pictures[..., :32, :32])
    torch.testing.assert_close(seen[8:], pictures[..., 32:, 32:])
    assert len(spread(pictures, 2)) == 2


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_both(tmp_path_factory.mktemp("both"))


def run(folder: Path, name: str, data: Path, net: str) -> str:
    """A run folder as training leaves it, untrained, begun in closed form."""
    text = f'model = "{name}"\ntitle = "t"\nsummary = "s"\nfolder = ""\nsources = []\n{net}'
    text += '[[tier.cpu.train.phases]]\nname = "a"\nkimg = 1\n'
    (folder / f"{name}.toml").write_text(text)
    recipe = read_recipe(folder / f"{name}.toml", "cpu")
    model = model_class(name)(recipe.net)
    model.load(data, Streams(0))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator = model.build().generator
    model.finish(generator)
    return str(export(folder / "run", recipe, model, generator, {}).parent)


def test_b6_evaluate_holds_a_restyler_against_paintings_identity_and_floor(
    data: Path, tmp_path: Path
) -> None:
    net = '[net]\ncontents = 2\ncontent_size = 32\nmanners = { blue = "blue", plain = "plain" }\n'
    report = evaluate(run(tmp_path, "restyle", data, net), data=data)
    assert set(report["held_out"]) == {"blue", "plain"}
    blue = report["held_out"]["blue"]
    # The palette that it begins with is fitted: it has to come nearer by both rulers.
    for ending in ("", "_random"):
        assert blue["floor" + ending] < blue["frechet" + ending] < blue["identity" + ending]
    assert blue["cycle_psnr"] > 22
    assert blue["inverted"] == 0
    assert blue["pictures"] <= 20
    assert blue["paintings"] == 20


def test_d1_evaluate_prints_all_that_paintings_are_judged_by(data: Path, tmp_path: Path) -> None:
    net = "[net]\nsize = 32\nwidths = [8]\ncritic = [8]\ncode = 6\nmaps = []\nviews = 1\n"
    folder = run(tmp_path, "paintings", data / "paintings", net)
    report = evaluate(folder, data=data / "paintings", samples=64)
    ours, floor = (report["pictures"][name] for name in ("paintings", FLOOR))
    assert report["chance"] == 0.5
    assert ours["swd_ratio"] == pytest.approx(ours["swd"] / floor["swd"], rel=1e-2)
    assert ours["agreement_ratio"] == pytest.approx(ours["agreement"] * 2, rel=1e-2)
    assert {"frechet", "frechet_random", "precision", "recall", "novelty", "copies"} <= set(ours)
    assert ours["swd_ratio"] > floor["swd_ratio"] == 1


def test_e3_a_picture_learned_from_is_seen_to_be_a_copy_and_an_unseen_one_is_not(
    data: Path, tmp_path: Path
) -> None:
    from engine.zoo.novelty import nearest
    from engine.zoo.registry import load

    net = "[net]\nsize = 32\nwidths = [8]\ncritic = [8]\ncode = 6\nmaps = []\nviews = 1\n"
    model = load(run(tmp_path, "paintings", data / "paintings", net))
    own = model.model.all_pictures(data / "paintings")
    names = list(model.card.examples)
    for split, low, high in (("train", 0.0, COPY), ("validation", 2 * COPY, 9.0)):
        pictures = [p for p in own if p.split == split][:6]
        noisy = model.model.views_of(pictures)
        noisy = noisy + 0.03 * torch.randn(noisy.shape, generator=RNG)
        for one in model.model.seen(noisy):
            assert low <= nearest(one, model.prints, names, model.print_scale).ratio < high


def test_d2_after_a_short_game_the_class_asked_for_is_the_class_seen(
    data: Path, tmp_path: Path
) -> None:
    model = model_class("paintings")(
        {"size": 32, "widths": [8], "critic": [8], "code": 6, "views": 1, "compositions": 64}
    )
    model.load(data / "paintings", Streams(0))
    assert [kind.name for kind in model.classes()] == ["blue", "plain"]
    phase = {"name": "play", "kimg": 0.32, "lr_g": 3e-3, "lr_d": 3e-3, "gamma": 0.5}
    config = TrainConfig.model_validate(
        {"batch": 16, "phases": [phase], "ema_kimg": 0.2, "tick_kimg": 1e3, "precision": "f32"}
    )
    trainer = Trainer(model, config, tmp_path, device=torch.device("cpu"))
    trainer.run()
    z, label = model.latents(list(range(64))), torch.arange(64) % 2
    with torch.no_grad():
        made = model.synthesise(trainer.ema.module, z, label=label)
    blue = made[:, 2].mean((1, 2)) - made[:, 0].mean((1, 2))
    # Blue paintings are bluer than red by more than half the range, plain ones by nothing.
    assert ((blue > 0.5) == (label == 0)).float().mean() > 0.8
