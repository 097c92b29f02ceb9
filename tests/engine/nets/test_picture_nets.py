"""Networks of pictures: exact tiles, exact tori, exact inverses (B6, B9, D4)."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.data.picture_dataset import to_unit
from engine.models.tiles import upscale_pixels, upscaled
from engine.nets.code_generator import PatchCode
from engine.nets.restyler import Restyler
from engine.nets.tile_spectra import AXES, SpectralBase
from engine.nets.upscaler import Upscaler


def net(scale: int = 2) -> Upscaler:
    torch.manual_seed(0)
    made = Upscaler(scale=scale, width=8, depth=3)
    torch.nn.init.normal_(made.convolutions[-1].weight, std=0.1)  # type: ignore[arg-type]
    return made.eval()


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("edges", ["reflect", "circular"])
@pytest.mark.parametrize("tile", [16, 23, 64])
def test_b9_tiles_of_any_size_give_the_same_pixels(edges: str, tile: int) -> None:
    pixels = picture(45, 61)
    whole = upscale_pixels(net(), pixels, edges=edges, tile=1000)  # type: ignore[arg-type]
    parts = upscale_pixels(net(), pixels, edges=edges, tile=tile)  # type: ignore[arg-type]
    assert whole.shape == (90, 122, 3)
    assert (whole == parts).all()


def test_b9_a_tile_differs_from_the_whole_by_rounding_alone() -> None:
    made, pixels = net(), picture(40, 40)
    r = made.reach
    whole = upscaled(made, pixels)
    part = upscaled(made, pixels[4 : 4 + 2 * r + 6, 7 : 7 + 2 * r + 6])
    assert np.abs(whole[:, 8:20, 14:26] - part).max() <= 1e-5


def test_b9_a_material_that_is_rolled_before_is_as_if_rolled_after() -> None:
    pixels = picture(32, 32)
    rolled = upscale_pixels(net(), np.roll(pixels, (5, 9), (0, 1)), edges="circular")
    after = np.roll(upscale_pixels(net(), pixels, edges="circular"), (10, 18), (0, 1))
    assert (rolled == after).all()


def test_b9_it_begins_as_repetition_of_pixels_nearly() -> None:
    torch.manual_seed(1)
    x = torch.from_numpy(to_unit(picture(16, 16)))[None]
    made = Upscaler(width=8, depth=2)(x)
    assert (made - x.repeat_interleave(2, 2).repeat_interleave(2, 3)).abs().max() < 0.05


def test_patch_codes_with_all_components_lose_nothing() -> None:
    x = torch.rand(20, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 1.6 - 0.8
    code = PatchCode(48, 4).fit(x)
    assert (code.decode(code.encode(x)) - x).abs().max() < 1e-4


def test_patch_codes_keep_the_most_that_so_many_numbers_can() -> None:
    rng = torch.Generator().manual_seed(0)
    x = torch.nn.functional.interpolate(torch.rand(40, 3, 4, 4, generator=rng), 16, mode="bilinear")
    errors = [
        float((c.decode(c.encode(x)) - x).square().mean())
        for c in (PatchCode(k, 4).fit(x) for k in (1, 3, 12))
    ]
    assert errors[0] > errors[1] > errors[2]


def test_the_spectrum_of_a_tile_gives_its_colour_and_contrast_again() -> None:
    rng = torch.Generator().manual_seed(0)
    tile = torch.rand(1, 3, 32, 32, generator=rng) * 0.4 - 0.3
    base = SpectralBase(1, 32).fit(tile, torch.zeros(1))
    noise = torch.randn(64, AXES, 32, 32, generator=rng)
    one = torch.zeros(64, dtype=torch.long)
    made = base(noise, one, one, torch.zeros(64))
    assert (made.mean((0, 2, 3)) - tile.mean((0, 2, 3))).abs().max() < 0.02
    seen = torch.einsum("ac,bchw->bahw", base.axes[0], made - tile.mean((2, 3), keepdim=True))
    true = torch.einsum("ac,bchw->bahw", base.axes[0], tile - tile.mean((2, 3), keepdim=True))
    assert (seen.std((0, 2, 3)) / true.std((0, 2, 3)) - 1).abs().max() < 0.05


def test_d4_tiles_roll_exactly_as_their_noise_does() -> None:
    rng = torch.Generator().manual_seed(0)
    base = SpectralBase(1, 32).fit(torch.rand(1, 3, 32, 32, generator=rng) - 0.5, torch.zeros(1))
    noise, one = torch.randn(1, AXES, 32, 32, generator=rng), torch.zeros(1, dtype=torch.long)
    direct = base(noise, one, one, torch.zeros(1)).roll((3, 11), (2, 3))
    rolled = base(noise.roll((3, 11), (2, 3)), one, one, torch.zeros(1))
    assert (direct - rolled).abs().max() <= 1e-5


def test_b6_the_palette_of_a_manner_is_undone_on_the_way_back() -> None:
    torch.manual_seed(0)
    net = Restyler(manners=3, widths=(8, 8), blocks=1)
    torch.nn.init.zeros_(net.leave.weight)
    rng = torch.Generator().manual_seed(0)
    colors = [
        torch.randn(500, 3, generator=rng) * s + m for s, m in ((0.2, -0.3), (0.3, 0.1), (0.4, 0))
    ]
    net.fit_palettes(colors, strength=1.0)
    x = torch.rand(2, 3, 16, 16, generator=rng) * 0.6 - 0.3
    to, home = net.mix(torch.tensor([0, 1])), net.mix(torch.tensor([2, 2]))
    again = net(net(x, to, home), home, to)
    assert (again - x).abs().max() < 0.02


def test_b6_the_palette_takes_the_colours_of_one_set_to_those_of_the_other() -> None:
    net = Restyler(manners=2, widths=(8, 8), blocks=1)
    torch.nn.init.zeros_(net.leave.weight)
    rng = torch.Generator().manual_seed(0)
    home = torch.randn(4000, 3, generator=rng) * 0.2
    mix = torch.tensor([[1.0, 0.3, 0], [0, 0.7, 0.2], [0, 0, 0.5]])
    want = torch.randn(4000, 3, generator=rng) @ mix * 0.3 + 0.1
    net.fit_palettes([want, home], strength=1.0)
    x = home.T.reshape(1, 3, 40, 100)
    made = net(x, net.mix(torch.tensor([0])), net.mix(torch.tensor([1])))
    colors = made.detach()[0].flatten(1).T
    assert (colors.T.cov() - want.T.cov()).abs().max() < 0.02
    assert (colors.mean(0) - want.mean(0)).abs().max() < 0.02


def test_b6_a_whole_picture_gets_a_share_of_the_touch_and_no_frame() -> None:
    torch.manual_seed(0)
    x = torch.rand(1, 3, 64, 64) * 0.5
    mix, since = torch.eye(2)[:1], torch.eye(2)[1:]
    nets = [
        Restyler(manners=2, widths=(8, 8), blocks=1, touch=share).eval() for share in (1, 0.5, 0)
    ]
    for net in nets:
        net.load_state_dict(nets[0].state_dict())
        torch.nn.init.normal_(
            net.leave.weight, std=0.001, generator=torch.Generator().manual_seed(0)
        )
    with torch.no_grad():
        whole, half, none = (net(x, mix, since) - x for net in nets)
    assert none.abs().max() < 1e-3  # palettes have not been fitted
    torch.testing.assert_close(half - none, (whole - none) / 2, atol=1e-5, rtol=0)
    flat = torch.full((1, 3, 64, 64), 0.3)
    flat[..., 32, 32] += 0.01  # what is normalised must not be nothing
    with torch.no_grad():
        change = nets[0](flat, mix, since) - flat
    assert (change[..., 0, :8] - change[..., 8, :8]).abs().max() < change.abs().max() / 50
