"""The 3D-GAN baseline: the published sizes, the published gate, the same data as our model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.data.vox import write_vox
from engine.data.voxel_field import decode, encode
from engine.data.voxels import VoxelGrid
from engine.errors import BadRecipe
from engine.gan.config import TrainConfig
from engine.gan.rng import Streams
from engine.gan.trainer import Trainer
from engine.models.wu2016 import Wu2016, occupancy
from engine.nets.dc import DCCritic, DCGenerator
from engine.shape.palette import surface_voxels
from engine.zoo.recipes import read_recipe

SMALL = {"size": 16, "widths": (8, 4), "z_dim": 6, "pool": 16, "remix": 0.0, "validation": 0.3}


def person(seed: int) -> VoxelGrid:
    """A block with a head, in colours of its own."""
    rng = np.random.default_rng(seed)
    solid = np.zeros((11, 4, 8), bool)
    solid[:6, :, 1:7] = True
    solid[6 : rng.integers(9, 12), :, 2:6] = True
    colors = np.where(solid[..., None], rng.integers(0, 256, (11, 1, 1, 3)), 0)
    return VoxelGrid(solid, colors.astype(np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed in range(12):
        write_vox(tmp_path / "data" / f"person_{'abcdefghijkl'[seed]}x.vox", person(seed))
    return tmp_path / "data"


def loaded(folder: Path) -> Wu2016:
    model = Wu2016(SMALL)
    model.load(folder, Streams(0))
    return model


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_at_64_voxels_the_plan_has_the_size_of_the_published_nets() -> None:
    # 17.60 and 11.05 million: the sizes of the common PyTorch port of the paper.
    widths = (512, 256, 128, 64)
    assert parameters(DCGenerator(ndim=3, channels=1, widths=widths, z_dim=200)) == pytest.approx(
        17.60e6, rel=0.005
    )
    critic = DCCritic(ndim=3, channels=1, widths=widths[::-1])
    assert parameters(critic) == pytest.approx(11.05e6, rel=0.005)


def test_occupancy_keeps_every_voxel_and_every_visible_colour() -> None:
    grids = [person(seed) for seed in range(3)]
    same_box = [VoxelGrid(g.solid[:9], g.colors[:9]) for g in grids]
    fields = occupancy(torch.stack([torch.from_numpy(encode(g)) for g in same_box]).half())
    for grid, field in zip(same_box, fields.float().numpy(), strict=True):
        assert set(np.unique(field[0])) == {-1.0, 1.0}
        assert (field[1:, ~grid.solid] == -1).all()
        back = decode(field)
        assert np.array_equal(back.solid, grid.solid)
        seen = surface_voxels(grid.solid)
        assert np.array_equal(back.colors[seen], grid.colors[seen])


def test_it_trains_on_occupancy_and_samples_one_figure_a_seed(folder: Path) -> None:
    model = loaded(folder)
    batch = model.batch(4, 0, Streams(0))
    assert batch.real.shape == (4, 4, 16, 16, 16)
    assert set(batch.real[:, 0].unique().tolist()) == {-1.0, 1.0}
    torch.manual_seed(0)
    nets = model.build()
    generator = nets.generator.eval()
    with torch.inference_mode():
        together = model.synthesise(generator, model.latents([3, 4]))
        alone = model.synthesise(generator, model.latents([4]))
        mean = model.synthesise(generator, model.latents([3, 4]), 0.0)
    torch.testing.assert_close(together[1], alone[0])
    assert not torch.allclose(together[0], together[1], atol=1e-4)
    torch.testing.assert_close(mean[0], mean[1])


@pytest.mark.parametrize("changes", [{"depth": 1}, {"widths": "wide"}, {"z_dim": 0}, {"size": 32}])
def test_an_unknown_key_or_value_is_a_bad_recipe(changes: dict[str, object]) -> None:
    with pytest.raises(BadRecipe):
        Wu2016(SMALL | changes)


def trained(model: Wu2016, run: Path, *, steps: int, gate: float, lr_d: float = 0.05) -> Trainer:
    phase = {
        "name": "play", "kimg": steps * 8 / 1000, "loss": "bce", "penalty": "none",
        "lr_g": 1e-6, "lr_d": lr_d, "beta1": 0.5, "beta2": 0.999, "critic_gate": gate,
    }  # fmt: skip
    values = {"batch": 8, "phases": [phase], "precision": "f32", "tick_kimg": 100.0}
    trainer = Trainer(
        model, TrainConfig.model_validate(values), run, device=torch.device("cpu"), identity="wu"
    )
    trainer.run()
    return trainer


def weights(module: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def test_the_gate_rests_a_critic_that_is_right_too_often(folder: Path, tmp_path: Path) -> None:
    model = loaded(folder)
    # Real figures and untrained output are easy to tell apart: the free critic runs on, the gated
    # one stops as soon as it is right on more than 80 % of a batch.
    few, many = (
        [
            weights(trained(model, tmp_path / f"{gate}{n}", steps=n, gate=gate).critic)
            for n in (12, 18)
        ]
        for gate in (0.8, 1.0)
    )
    assert torch.equal(few[0], few[1])
    assert not torch.equal(many[0], many[1])


def test_real_and_fake_halves_do_not_share_batch_statistics(folder: Path, tmp_path: Path) -> None:
    model = loaded(folder)
    sizes: list[int] = []
    model.judge = lambda critic, x, label: sizes.append(len(x)) or [critic(x)]  # type: ignore
    trained(model, tmp_path / "run", steps=1, gate=1.0)
    assert sizes[:2] == [8, 8]


@pytest.mark.parametrize("tier", ["cpu", "gpu"])
def test_the_recipe_has_the_data_of_voxel_characters_and_the_papers_gate(tier: str) -> None:
    ours, theirs = read_recipe("voxel_characters", tier), read_recipe("wu2016", tier)
    for key in ("size", "include", "validation", "pool", "remix"):
        assert theirs.net.get(key) == ours.net.get(key), key
    assert theirs.train.batch == ours.train.batch
    (phase,) = theirs.train.phases
    assert (phase.loss, phase.penalty, phase.beta1) == ("bce", "none", 0.5)
    assert phase.critic_gate == 0.8
    Wu2016(theirs.net)
