"""Families of image GANs: each is a configuration, each trains and resumes, each keeps its identity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.bench_families import sharpness
from engine.errors import BadRecipe
from engine.gan.config import TrainConfig
from engine.gan.rng import Streams
from engine.gan.trainer import Trainer
from engine.metrics.percept import agreement
from engine.metrics.random_features import random_features
from engine.models.image_gan import ImageGan, level_at
from engine.models.registry import model_class
from engine.nets.progressive import ProgressiveCritic, ProgressiveGenerator
from engine.zoo.recipes import read_recipe, recipe_names
from tests.engine.models.pictures import draw, draw_colors

CPU = torch.device("cpu")
FAMILIES = tuple(
    name for name in recipe_names() if read_recipe(name, "cpu").file.model == "image_gan"
)
SMALL: dict[str, dict[str, Any]] = {
    "dc": {"size": 16, "widths": [12, 8]},
    "mlp": {"size": 16, "widths": [16, 32]},
    "style": {"size": 16, "widths": [12, 8]},
    "progressive": {"size": 16, "widths": [12, 8]},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("pictures"))


def family(name: str, folder: Path, **changes: object) -> tuple[ImageGan, TrainConfig]:
    """A recipe with its nets small and its phases short."""
    recipe = read_recipe(name, "cpu")
    net = recipe.net | {"z_dim": 8} | SMALL[recipe.net["family"]]
    if net.get("attention"):
        net["attention"] = [8]
    model = model_class("image_gan")(net | changes)
    assert isinstance(model, ImageGan)
    model.load(folder, Streams(0))
    phases = [phase.model_copy(update={"kimg": 0.08}) for phase in recipe.train.phases]
    update = {"phases": tuple(phases), "batch": 8, "tick_kimg": 0.04, "precision": "f32"}
    return model, recipe.train.model_copy(update=update)


def weights(module: nn.Module) -> Tensor:
    return torch.cat([v.flatten().float() for v in module.state_dict().values()])


@pytest.mark.parametrize("name", FAMILIES)
def test_b1_every_family_trains_and_resumes_to_the_bit(
    name: str, folder: Path, tmp_path: Path
) -> None:
    def trainer(run: str) -> Trainer:
        return Trainer(*family(name, folder), tmp_path / run, device=CPU)

    whole = trainer("whole")
    before = weights(whole.generator).clone()
    assert whole.run()
    assert not torch.equal(before, weights(whole.generator))
    stops = iter([False] * 6)
    trainer("parts").run(is_cancelled=lambda: next(stops, True))
    second = trainer("parts")
    assert second.resume()
    assert second.run()
    for part, module in whole._modules().items():
        assert torch.equal(weights(module), weights(second._modules()[part])), part


def test_b2_dcgan_is_the_plan_of_the_articles() -> None:
    nets = model_class("image_gan")(read_recipe("dcgan", "cpu").net).build()
    counts = [sum(p.numel() for p in net.parameters()) for net in (nets.generator, nets.critic)]
    assert [round(count / 1e6, 2) for count in counts] == [3.58, 2.77]
    nets.generator.eval()
    assert nets.generator(torch.randn(2, 100)).shape == (2, 3, 64, 64)


def test_a8_the_fully_connected_gan_makes_grey_pictures_of_28_pixels() -> None:
    model = model_class("image_gan")(read_recipe("mlp_gan", "cpu").net)
    nets = model.build()
    made = model.synthesise(nets.generator, model.latents([0, 1]))
    assert made.shape == (2, 1, 28, 28)
    assert model.decode(made[0].detach().numpy()).shape == (28, 28, 3)
    first = next(m for m in nets.critic.modules() if isinstance(m, nn.Linear))
    assert first.in_features == 784


def test_b4_a_class_is_asked_for_and_leaves_the_latents_alone(folder: Path) -> None:
    model, _ = family("cgan", folder)
    assert [kind.name for kind in model.classes()] == ["disc", "square"]
    torch.manual_seed(0)
    generator = model.build().generator.eval()
    z = model.latents([5])
    with torch.no_grad():
        disc, square = (
            model.synthesise(generator, z, label=torch.tensor([label])) for label in (0, 1)
        )
        again = model.synthesise(generator, z, label=torch.tensor([0]))
    assert torch.equal(disc, again)
    assert not torch.allclose(disc, square)


def test_b4_a_conditional_dcgan_makes_the_class_that_is_asked_for(tmp_path: Path) -> None:
    model, config = family("cgan", draw_colors(tmp_path / "colors"), widths=[32, 16])
    rate = config.phases[0].lr_g.model_copy(update={"start": 1e-3, "end": 1e-3})
    phase = config.phases[0].model_copy(update={"kimg": 6.4, "lr_g": rate, "lr_d": rate})
    changes = {"phases": (phase,), "batch": 16, "tick_kimg": 1e3, "ema_kimg": 0.3}
    trainer = Trainer(model, config.model_copy(update=changes), tmp_path / "run", device=CPU)
    trainer.run()
    asked = torch.arange(64) % 4
    with torch.no_grad():
        z = model.latents(list(range(64)))
        made = model.synthesise(trainer.ema.module.eval(), z, label=asked)
    real = model.batch(256, 0, Streams(1))
    told = agreement(random_features(made), asked, random_features(real.real), real.label)
    assert told >= 3 / 4  # three times chance
    swapped = agreement(
        random_features(made), (asked + 1) % 4, random_features(real.real), real.label
    )
    assert swapped < 0.25


def test_b4_pictures_of_a_class_that_was_learned_show_it(folder: Path, tmp_path: Path) -> None:
    model, config = family("cgan", folder, family="style", patches=0)
    changes = {"kimg": 2.4, "loss": "rpgan", "penalty": "exact", "penalty_every": 4, "beta1": 0.0}
    rate = config.phases[0].lr_g.model_copy(update={"start": 1e-3, "end": 1e-3})
    phase = config.phases[0].model_copy(update=changes | {"lr_g": rate, "lr_d": rate})
    config = config.model_copy(update={"phases": (phase,), "batch": 16, "tick_kimg": 1e3})
    trainer = Trainer(model, config, tmp_path, device=CPU)
    trainer.run()
    z = model.latents(list(range(32)))
    redness = []
    with torch.no_grad():
        for label in (0, 1):
            made = model.synthesise(trainer.ema.module, z, label=torch.full((32,), label))
            redness.append((made[:, 0] - made[:, 2]).mean().item())
    assert redness[0] > redness[1] + 0.1  # discs are red, squares blue


def test_b7_a_new_stage_that_counts_for_nothing_changes_nothing() -> None:
    torch.manual_seed(0)
    generator = ProgressiveGenerator(widths=(12, 10, 8), z_dim=8, w_dim=16)
    critic = ProgressiveCritic(widths=(12, 10, 8))
    w, x = torch.randn(2, 16), torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        for stage in (1, 2):
            before, after = generator.at(stage - 1, 1.0, w), generator.at(stage, 0.0, w)
            assert torch.equal(before, after)
            assert not torch.equal(before, generator.at(stage, 0.5, w))
            coarse = critic.at(stage - 1, 1.0, x)[-1]
            assert torch.equal(coarse, critic.at(stage, 0.0, x)[-1])
            assert not torch.equal(coarse, critic.at(stage, 0.5, x)[-1])


def test_b7_grown_nets_are_those_of_the_style_family() -> None:
    torch.manual_seed(0)
    generator = ProgressiveGenerator(widths=(12, 10, 8), z_dim=8, w_dim=16)
    from engine.nets.image_generator import ImageGenerator

    plain = ImageGenerator(widths=(12, 10, 8), z_dim=8, w_dim=16)
    plain.load_state_dict(generator.state_dict(), strict=False)
    z = torch.randn(2, 8)
    with torch.no_grad():
        torch.testing.assert_close(generator(z), plain(z))


def test_b7_growth_is_a_staircase_with_ramps_that_ends_whole() -> None:
    levels = [level_at(share, 3) for share in torch.linspace(0, 1, 200).tolist()]
    assert levels[0] == 0
    assert levels[-1] == 3
    assert all(b >= a for a, b in zip(levels, levels[1:], strict=False))
    rests = [sum(level == stage for level in levels) for stage in range(4)]
    assert min(rests) > 200 / 7 * 0.8  # each stage stays as long as it fades in
    assert level_at(7.0, 3) == 3


@pytest.fixture(scope="module")
def taught_vae(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ImageGan, nn.Module, list[float]]:
    """A model, its averaged encoder and decoder, and the evidence bound at every tenth step."""
    model, config = family("vae", folder)
    phase = config.phases[0].model_copy(update={"kimg": 4.0})
    config = config.model_copy(update={"phases": (phase,), "batch": 16, "tick_kimg": 1e3})
    trainer = Trainer(model, config, tmp_path_factory.mktemp("vae"), device=CPU)
    bound: list[float] = []
    trainer.run(
        on_step=lambda report: bound.append(
            -report.values["generator/again"] - report.values["generator/divergence"]
        )
    )
    return model, trainer.ema.module.eval(), bound


def test_b12_the_evidence_bound_rises_and_pictures_come_back(
    taught_vae: tuple[ImageGan, nn.Module, list[float]],
) -> None:
    model, vae, bound = taught_vae
    assert sum(bound[-5:]) / 5 > sum(bound[:3]) / 3 + 0.02
    real = model.batch(32, 0, Streams(3)).real
    with torch.no_grad():
        again = vae(vae.encode(real)[0])
    assert (again - real).square().mean() < 0.85 * (real - real.mean(0)).square().mean()


def test_b12_a_walk_between_two_codes_turns_one_picture_into_the_other(
    taught_vae: tuple[ImageGan, nn.Module, list[float]],
) -> None:
    model, vae, _ = taught_vae
    names, real = model.examples()
    ends = [next(i for i, n in enumerate(names) if n.startswith(k)) for k in ("disc", "square")]
    with torch.no_grad():
        first, last = vae.encode(real[ends].float())[0]
        share = torch.linspace(0, 1, 9)[:, None]
        stops = vae(torch.lerp(first[None], last[None], share))
    away = (stops - stops[0]).square().mean((1, 2, 3))
    left = (stops - stops[-1]).square().mean((1, 2, 3))
    assert (away.diff() > 0).all()
    assert (left.diff() < 0).all()
    steps = stops.diff(dim=0).square().mean((1, 2, 3)).sqrt()
    assert steps.max() < 0.5 * away[-1].sqrt()  # nowhere a jump


def test_a10_the_divergence_is_that_of_the_normal_distribution(folder: Path) -> None:
    model, _ = family("vae", folder)
    generator = model.build().generator
    batch = model.batch(8, 0, Streams(0))

    class Known(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.cat([torch.full((len(x), 8), 0.7), torch.full((len(x), 8), -0.4)], 1)

    generator.encoder = Known()
    terms = model.auxiliary(generator, batch, batch.real, torch.Generator().manual_seed(0))
    there = torch.distributions.Normal(0.7, torch.tensor(-0.4 / 2).exp())
    exact = 8 * torch.distributions.kl_divergence(there, torch.distributions.Normal(0, 1))
    expected = model.config.variational * exact / batch.real[0].numel()
    torch.testing.assert_close(terms["divergence"], expected)


def test_a10_a_critic_makes_the_pictures_of_an_autoencoder_sharper(
    folder: Path, tmp_path: Path
) -> None:
    found = {}
    for name in ("vae", "vae_gan"):
        model, config = family(name, folder)
        phase = config.phases[0].model_copy(update={"kimg": 1.6})
        config = config.model_copy(update={"phases": (phase,), "batch": 16, "tick_kimg": 1e3})
        trainer = Trainer(model, config, tmp_path / name, device=CPU)
        trainer.run()
        with torch.no_grad():
            made = model.synthesise(trainer.ema.module, model.latents(list(range(64))))
        found[name] = sharpness(made)
    assert found["vae_gan"] > 1.1 * found["vae"]


def test_b8_mixed_styles_are_drawn_from_the_latents_alone(folder: Path) -> None:
    model, _ = family("stylegan", folder)
    torch.manual_seed(0)
    generator = model.build().generator
    batch = model.batch(16, 0, Streams(0))
    with torch.no_grad():
        mixed = model.fake(generator, batch)
        assert torch.equal(mixed, model.fake(generator, batch))
        plain = generator(batch.z)
    same = (mixed == plain).flatten(1).all(1)
    assert 0 < same.sum() < 16


def test_c2_a_creative_critic_learns_to_name_styles(folder: Path, tmp_path: Path) -> None:
    model, config = family("can", folder)
    phase = config.phases[0].model_copy(update={"kimg": 1.2})
    config = config.model_copy(update={"phases": (phase,), "tick_kimg": 1e3})
    trainer = Trainer(model, config, tmp_path, device=CPU)
    said: list[dict[str, float]] = []
    trainer.run(on_step=lambda report: said.append(report.values))
    assert said[-1]["critic/styles"] < 0.5 * said[0]["critic/styles"]
    assert said[-1]["generator/ambiguity"] > 0


def test_sizes_that_do_not_fit_the_widths_are_a_bad_recipe() -> None:
    with pytest.raises(BadRecipe, match="widths end at 16"):
        model_class("image_gan")({"family": "dc", "widths": [8, 8], "size": 64})


def test_a_recipe_that_extends_another_says_only_what_is_different(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('extends = "lsgan"\n[net]\nz_dim = 32\n[phase]\nkimg = 3\n')
    mine, base = read_recipe(path, "cpu"), read_recipe("dcgan", "cpu")
    assert mine.net == base.net | {"z_dim": 32}
    assert mine.train.phases[0] == base.train.phases[0].model_copy(
        update={"loss": "ls", "kimg": 3.0}
    )
    assert mine.file.title == "LSGAN"
    path.write_text('extends = "mine"\n')
    with pytest.raises(BadRecipe, match="no recipe of the zoo"):
        read_recipe(path, "cpu")


def test_c10_blocks_are_those_of_the_articles() -> None:
    nets = model_class("image_gan")(read_recipe("dcgan", "cpu").net | {"dropout": 0.3}).build()
    kinds = [type(m) for m in nets.critic.modules()]
    assert kinds.count(nn.BatchNorm2d) == 3
    assert {m.negative_slope for m in nets.critic.modules() if isinstance(m, nn.LeakyReLU)} == {0.2}
    assert {m.p for m in nets.critic.modules() if isinstance(m, nn.Dropout)} == {0.3}
    assert isinstance([m for m in nets.generator.modules() if not list(m.children())][-1], nn.Tanh)


def test_c25_few_pictures_are_told_before_training(folder: Path) -> None:
    model, _ = family("cgan", folder)
    assert [finding.name for finding in model.concerns()] == ["few data"]
