"""The image family: exact folding and upsampling, tiling, truncation, mixing, attention."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import conv2d, interpolate, pad

from engine.nets.attention import SelfAttention
from engine.nets.image_critic import ImageCritic, batch_spread
from engine.nets.image_generator import ImageGenerator
from engine.nets.pixels import Conv3, UpConv3, fold_pixels, unfold_pixels, wrap
from engine.nets.style import Film, style_directions

WIDTHS = (16, 12, 8)


def tiling(**changes: object) -> ImageGenerator:
    torch.manual_seed(0)
    return ImageGenerator(
        widths=WIDTHS, z_dim=8, w_dim=16, circular=True, maps=(4, 2, 1), learned_start=False
    ).eval()


def rolled(noise: list[Tensor], rows: int, columns: int) -> list[Tensor]:
    """The maps of each stage, moved by whole cells of the coarsest one."""
    return [n.roll((rows << i, columns << i), (2, 3)) for i, n in enumerate(noise)]


def test_folding_pixels_loses_nothing() -> None:
    x = torch.randn(2, 3, 8, 6)
    assert torch.equal(unfold_pixels(fold_pixels(x)), x)


@pytest.mark.parametrize("circular", [False, True])
def test_the_upsampling_convolution_is_nearest_neighbour_and_a_convolution(circular: bool) -> None:
    layer = UpConv3(3, 5, circular=circular)
    x = torch.randn(2, 3, 6, 5)
    large = interpolate(x, scale_factor=2, mode="nearest")
    around = pad(large, (1, 1, 1, 1), mode="circular" if circular else "constant")
    expected = conv2d(around, layer.weight, layer.bias)
    torch.testing.assert_close(layer(x), expected, atol=1e-5, rtol=1e-5)


def test_wrapping_is_the_circular_padding_of_torch() -> None:
    x = torch.randn(2, 3, 4, 5)
    assert torch.equal(wrap(x), pad(x, (1, 1, 1, 1), mode="circular"))


def test_a_tiling_image_rolls_with_its_maps() -> None:
    net = tiling()
    style, noise = net.parts(torch.randn(3, net.latents))
    w = net.mapping(style)
    with torch.no_grad():
        image = net.synthesise(w, noise)
        moved = net.synthesise(w, rolled(noise, 1, 3))
    unit = image.shape[2] // 4
    torch.testing.assert_close(moved, image.roll((unit, 3 * unit), (2, 3)), atol=1e-5, rtol=0)


def test_larger_maps_make_a_larger_tile_that_repeats_where_they_repeat() -> None:
    net = tiling()
    style, noise = net.parts(torch.randn(1, net.latents))
    w = net.mapping(style)
    with torch.no_grad():
        image = net.synthesise(w, noise)
        twice = net.synthesise(w, [n.repeat(1, 1, 1, 2) for n in noise])
    torch.testing.assert_close(twice, image.repeat(1, 1, 1, 2), atol=1e-5, rtol=0)


def test_b8_no_truncation_is_the_image_and_full_truncation_one_picture_a_class() -> None:
    net = ImageGenerator(widths=WIDTHS, z_dim=8, w_dim=16, classes=2)
    z, label = torch.randn(6, 8), torch.tensor([0, 0, 0, 1, 1, 1])
    for _ in range(3):
        net.mapping(z, label)  # in training: the means move
    with torch.no_grad():
        still = net(z, label, truncation=0.0)
        assert torch.equal(net(z, label, truncation=1.0), net(z, label))
    torch.testing.assert_close(still[:3], still[:1].expand(3, -1, -1, -1))
    torch.testing.assert_close(still[3:], still[3:4].expand(3, -1, -1, -1))
    assert (still[0] - still[3]).abs().max() > 1e-4


def test_b8_mixing_a_style_with_itself_changes_nothing_and_late_stages_are_details() -> None:
    net = ImageGenerator(widths=WIDTHS, z_dim=8, w_dim=16).eval()
    a, b = net.mapping(torch.randn(2, 8)).split(1)
    stages = len(net.stages)
    with torch.no_grad():
        mixed = torch.stack([a] * (stages - 1) + [b], 1)
        image, same = net.synthesise(a), net.synthesise(torch.stack([a] * stages, 1))
        late, other = net.synthesise(mixed), net.synthesise(b)
    torch.testing.assert_close(image, same)
    assert (late - image).abs().mean() < (other - image).abs().mean()


def test_a7_a_picture_depends_on_its_own_latent_alone() -> None:
    net = tiling()
    z = torch.randn(4, net.latents)
    with torch.no_grad():
        torch.testing.assert_close(net(z)[1:2], net(z[1:2]), atol=1e-6, rtol=0)


@pytest.mark.parametrize("shape", [(2, 16, 9), (2, 16, 4, 5), (2, 16, 2, 3, 4)])
def test_b5_attention_begins_as_the_identity_and_learns(shape: tuple[int, ...]) -> None:
    layer = SelfAttention(16)
    x = torch.randn(shape)
    assert torch.equal(layer(x), x)
    layer(x).square().sum().backward()
    assert layer.gamma.grad is not None
    assert layer.gamma.grad.abs() > 0


def test_b5_attention_sees_the_whole_picture() -> None:
    layer = SelfAttention(16)
    torch.nn.init.ones_(layer.gamma)
    x = torch.randn(1, 16, 8, 8)
    moved = x.clone()
    moved[..., 0, 0] += 1
    assert (layer(moved) - layer(x))[..., 7, 7].abs().max() > 0


def test_b5_a_network_with_attention_gives_the_same_picture_before_it_learns() -> None:
    torch.manual_seed(0)
    plain = ImageGenerator(widths=WIDTHS, z_dim=8, w_dim=16)
    other = ImageGenerator(widths=WIDTHS, z_dim=8, w_dim=16, attention=(8, 16))
    other.load_state_dict(plain.state_dict(), strict=False)
    z = torch.randn(2, 8)
    assert torch.equal(plain(z), other(z))


def test_the_critic_judges_each_sample_by_itself_at_every_head() -> None:
    critic = ImageCritic(widths=WIDTHS, classes=3, attention=(8,))
    x, label = torch.randn(4, 3, 32, 32), torch.tensor([0, 1, 2, 0])
    both = critic(x, label)
    assert [head.shape for head in both] == [(4,), (4,)]
    for head, single in zip(both, critic(x[2:3], label[2:3]), strict=True):
        torch.testing.assert_close(head[2:3], single, atol=1e-5, rtol=1e-5)


def test_the_critics_answer_depends_on_the_class() -> None:
    critic = ImageCritic(widths=WIDTHS, classes=2)
    x = torch.randn(3, 3, 32, 32)
    one, other = (critic(x, torch.full((3,), k)) for k in (0, 1))
    assert not torch.allclose(one[0], other[0])
    assert torch.equal(one[1], other[1])  # patches have no class


def test_the_spread_of_a_group_is_its_standard_deviation() -> None:
    x = torch.zeros(4, 2, 1, 1)
    x[1] = 2.0  # the first pair differs by 2: standard deviation 1
    spread = batch_spread(x, 2)[:, 2, 0, 0]
    torch.testing.assert_close(spread, torch.tensor([1.0, 1.0, 0.0, 0.0]), atol=1e-3, rtol=0)
    assert batch_spread(x[:3], 2).shape == (3, 3, 1, 1)


def test_a_convolution_begins_with_the_variance_that_goes_in() -> None:
    x = torch.randn(4, 32, 16, 16)
    y = torch.nn.functional.leaky_relu(Conv3(32, 64)(x), 0.2)
    assert y.square().mean().item() == pytest.approx(1.0, rel=0.25)


def test_b8_directions_are_orthonormal_and_the_first_moves_the_layers_most() -> None:
    torch.manual_seed(0)
    net = ImageGenerator(widths=WIDTHS, z_dim=8, w_dim=16).eval()
    directions, strengths = style_directions(net)
    torch.testing.assert_close(directions @ directions.T, torch.eye(16), atol=1e-5, rtol=0)
    assert (strengths.diff() <= 1e-6).all()
    weights = [m.affine.weight for m in net.modules() if isinstance(m, Film)]

    def moved(direction: Tensor) -> float:
        return sum(((w @ direction).norm() / w.norm()).square().item() for w in weights)

    others = torch.nn.functional.normalize(torch.randn(50, 16), dim=1)
    assert moved(directions[0]) > max(map(moved, others))
    assert moved(directions[0]) == pytest.approx(strengths[0].item(), rel=1e-3)
