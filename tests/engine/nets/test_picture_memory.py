"""Compositions of remembered pictures: what is alike stays, what is asked for comes (B20, C13)."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.nets.code_generator import PatchCode
from engine.nets.picture_memory import (
    GRID,
    PARTS,
    PictureMemory,
    bent,
    composed,
    recoloured,
)
from engine.nets.retoucher import Retoucher

SIZE = 32


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def memory(labels: list[int]) -> tuple[PictureMemory, PatchCode, Tensor]:
    pictures = (noise(len(labels), 3, 8, 8) * 0.3).repeat_interleave(4, 2).repeat_interleave(4, 3)
    code = PatchCode(12, 4).fit(pictures)
    made = PictureMemory(len(labels), 12, SIZE // 4)
    codes = code.encode(pictures)
    made.remember(codes, torch.tensor(labels).float(), torch.linspace(0.5, 2, len(labels)))
    return made, code, code.decode(codes)


def test_parts_of_one_picture_make_that_picture() -> None:
    one = noise(2, 1, 3, SIZE, SIZE)
    made = composed(one.expand(-1, PARTS, -1, -1, -1), noise(2, PARTS, GRID, GRID))
    torch.testing.assert_close(made, one[:, 0], atol=1e-5, rtol=0)


def test_a_composition_takes_from_each_part_somewhere() -> None:
    flat = torch.linspace(-0.5, 0.5, PARTS).view(1, PARTS, 1, 1, 1).expand(16, -1, 3, SIZE, SIZE)
    made = composed(flat + 0.01 * noise(16, PARTS, 3, SIZE, SIZE), 4 * noise(16, PARTS, GRID, GRID))
    near = (made.mean(1, keepdim=True).unsqueeze(1) - flat[:, :, :1]).abs() < 0.1
    assert near.any(-1).any(-1).any(0).all()


def test_colours_become_those_of_another_picture() -> None:
    made, like = noise(3, 3, SIZE, SIZE), 0.5 * noise(3, 3, SIZE, SIZE, seed=1) + 0.2
    made[:, 1] += made[:, 0]
    got = recoloured(made, like, torch.ones(3)).flatten(2)
    want = like.flatten(2)
    torch.testing.assert_close(got.mean(2), want.mean(2), atol=1e-4, rtol=0)
    for a, b in zip(got, want, strict=True):
        torch.testing.assert_close(a.cov(), b.cov(), atol=1e-3, rtol=0)
    torch.testing.assert_close(recoloured(made, like, torch.zeros(3)), made, atol=1e-5, rtol=0)


def test_nothing_bent_and_nothing_cut_is_the_picture() -> None:
    x, still = noise(2, 3, SIZE, SIZE), torch.zeros(2, 2, GRID, GRID)
    whole = torch.tensor([[-9.0, 0.3, 0.7]]).expand(2, -1)
    torch.testing.assert_close(bent(x, still, whole), x, atol=1e-4, rtol=0)


def test_every_picture_of_a_class_leads_and_none_of_another() -> None:
    made, code, _ = memory([0] * 5 + [1] * 3)
    for label, members in ((0, set(range(5))), (1, {5, 6, 7})):
        z = noise(200, PictureMemory.latents, seed=label)
        led = made.lead(z, torch.full((200,), label))
        assert set(led.tolist()) == members
    assert made(z[:4], torch.ones(4), code).shape == (4, 3, SIZE, SIZE)


def test_a_sample_does_not_depend_on_the_others_of_its_batch() -> None:
    made, code, _ = memory([0] * 6)
    z, label = noise(4, PictureMemory.latents), torch.zeros(4)
    alone = torch.cat([made(z[i : i + 1], label[:1], code) for i in range(4)])
    torch.testing.assert_close(made(z, label, code), alone, atol=1e-5, rtol=0)


def test_a_class_of_one_picture_lends_itself() -> None:
    made, code, pictures = memory([0, 1, 1, 1])
    z = torch.zeros(1, PictureMemory.latents)
    z[:, -3] = -9  # nothing cut
    z[:, 2] = -9  # its own palette
    got = made(z, torch.zeros(1), code)
    torch.testing.assert_close(got[0], pictures[0], atol=1e-3, rtol=0)


@pytest.mark.parametrize("reach", [0.1, 0.5])
def test_retouching_begins_with_nothing_and_stays_within_reach(reach: float) -> None:
    torch.manual_seed(0)
    net = Retoucher(channels=12, widths=(16, 8), depth=1, z_dim=8, w_dim=8, classes=2, reach=reach)
    codes, z, label = noise(2, 12, 16, 16), noise(2, 8), torch.tensor([0, 1])
    assert (net(codes, z, label) == 0).all()
    torch.nn.init.normal_(net.leave.weight, std=5)
    assert 0.9 * reach < net(codes, z, label).abs().max() <= reach
