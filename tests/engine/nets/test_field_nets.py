"""Nets of textured fields: folding is exact, shapes know nothing of colours, styles can be mixed."""

import pytest
import torch

from engine.nets.cells import FOLDED, START, fold, proportions_of, unfold
from engine.nets.field import FieldGenerator
from engine.nets.field_critic import FieldCritic
from engine.nets.field_decoder import FoldedDecoder, PaletteDecoder
from engine.nets.memory import cosine
from engine.nets.triplane import TriplaneDecoder

EXAMPLES = (4, 2, 3)
SIZES = {"geometry": 64, "color": 64, "colors": 3}


def decoder(kind: str) -> PaletteDecoder:
    if kind == "folded":
        return FoldedDecoder(widths=(8, 8), depth=1, paint=8, **SIZES)
    return TriplaneDecoder(widths=(8, 8, 8), hidden=8, **SIZES)


def generator(kind: str = "folded") -> FieldGenerator:
    torch.manual_seed(0)
    net = FieldGenerator(decoder(kind), examples=EXAMPLES, z_dim=6, color=64, encoder_widths=(8, 8))
    codes = net.on_spheres(torch.randn(sum(EXAMPLES), 128))
    net.mapping.remember(torch.arange(len(codes)), codes)
    return net


def samples(count: int = 2, size: int = 16) -> torch.Tensor:
    torch.manual_seed(1)
    field = torch.rand(count, 4, size, size, size) * 2 - 1
    wide = (torch.rand(count, 3, 1, 1, 1) * 2 - 1).expand(-1, -1, size, size, size)
    return torch.cat([field, wide], 1)


def test_folding_is_undone_by_unfolding() -> None:
    x = samples()
    folded = fold(x)
    assert folded.shape == (2, FOLDED, 8, 8, 8)
    assert folded.is_contiguous(memory_format=torch.channels_last_3d)
    torch.testing.assert_close(unfold(folded), x)
    torch.testing.assert_close(proportions_of(folded), x[:, 4:, 0, 0, 0])


@pytest.mark.parametrize("kind", ["folded", "triplane"])
def test_the_geometry_depends_on_the_shape_code_alone_d21(kind: str) -> None:
    net = generator(kind).eval()
    code = net.on_spheres(torch.randn(2, 128))
    other = torch.cat([code[:, :64], net.on_spheres(torch.randn(2, 128))[:, 64:]], 1)
    a, b = unfold(net.decode(code)), unfold(net.decode(other))
    assert torch.equal(a[:, 0], b[:, 0])
    assert torch.equal(a[:, 4:], b[:, 4:])
    assert not torch.equal(a[:, 1:4], b[:, 1:4])


def test_evaluation_paints_with_the_palette_alone() -> None:
    net = generator().eval()
    code = net.on_spheres(torch.randn(1, 128))
    colors = unfold(net.decode(code))[0, 1:4].flatten(1).T
    palette = net.decoder.parts(code)[2][0]
    apart = (colors[:, None] - palette[None]).abs().amax(-1).amin(1)
    assert float(apart.detach().max()) < 1e-4


def test_training_and_evaluation_agree_where_the_choice_is_clear() -> None:
    net = generator()
    with torch.no_grad():
        assert isinstance(net.decoder, FoldedDecoder)
        net.decoder.choice.weight.mul_(1e4)
        code = net.on_spheres(torch.randn(2, 128))
        mixed = net.train().decode(code)
        best = net.eval().decode(code)
    agree = ((mixed - best).abs() < 0.02).float().mean()
    assert float(agree) > 0.95


def test_truncation_0_gives_one_example_of_the_class_and_1_a_mixture_b8() -> None:
    memory = generator().mapping
    label, z = torch.tensor([0, 0, 2]), torch.randn(3, 6)
    code, single = memory(z, label), memory(z, label, 0.0)
    for mine, its in zip(single[:, :64], label.tolist(), strict=True):
        known = memory.codes[memory.owner == its, :64]
        assert float((known - mine).norm(dim=1).min()) < 1e-3
    torch.testing.assert_close(memory(z, label, 1.0), code)
    assert ((memory(z, label, 0.5) - single).norm(dim=1) <= (code - single).norm(dim=1)).all()


def test_the_noise_reaches_every_example_of_a_class_and_no_other() -> None:
    memory = generator().mapping
    shares = memory(torch.randn(400, 6), torch.ones(400).long(), 0.0)[:, :64]
    nearest = (shares @ memory.codes[:, :64].T).argmax(1)
    assert set(nearest.tolist()) == {4, 5}  # those of class 1


def test_what_was_never_seen_is_never_chosen() -> None:
    memory = generator().mapping
    memory.codes[1:4] = 0
    code = memory(torch.randn(20, 6), torch.zeros(20).long())
    torch.testing.assert_close(code, memory.codes[:1].expand(20, -1))
    memory.codes[0] = 0  # a class of which nothing is known yet
    assert memory(torch.randn(2, 6), torch.zeros(2).long()).isfinite().all()


def test_great_kinship_mixes_a_shape_with_its_likes_alone() -> None:
    memory = generator().mapping
    # Two pairs of twins in the first class, far from each other.
    twins = torch.randn(4, 64)
    memory.codes[:4, :64] = torch.stack([twins[0], twins[0], twins[1], twins[1]])
    memory.sharpness, memory.kinship = 0.5, 1e4
    code = memory(torch.randn(50, 6), torch.zeros(50).long())[:, :64]
    assert float(cosine(code, twins[:2]).amax(1).min()) > 1 - 1e-4


def test_colours_go_with_the_shape_and_a_dye_changes_their_mean_and_not_their_layout() -> None:
    memory = generator().mapping
    assert memory.dye == 0
    z, again = torch.randn(2, 8, 6)
    again[:, :3] = z[:, :3]  # the same shape in another's colours
    one, other = (memory(x, torch.zeros(8).long(), 0.0) for x in (z, again))
    assert torch.equal(one, other)
    memory.dye = 1.0
    one, other = (memory(x, torch.zeros(8).long(), 0.0) for x in (z, again))
    torch.testing.assert_close(one[:, :64], other[:, :64])
    grids = [code[:, 64:].view(8, -1, START**3) for code in (one, other)]
    apart = [grid - grid.mean(2, keepdim=True) for grid in grids]
    likeness = torch.nn.functional.cosine_similarity(apart[0].flatten(1), apart[1].flatten(1))
    assert float(likeness.min()) > 1 - 1e-5
    assert not torch.allclose(grids[0].mean(2), grids[1].mean(2))


def test_codes_lie_on_both_spheres() -> None:
    net = generator()
    for code in (
        net.encode(fold(samples(4))),
        net.mapping(torch.randn(4, 6), torch.zeros(4).long()),
    ):
        shape, color = code.split([64, 64], 1)
        torch.testing.assert_close(shape.square().mean(1), torch.ones(4), atol=1e-3, rtol=0)
        torch.testing.assert_close(color.square().mean(1), torch.ones(4), atol=1e-3, rtol=0)


def test_the_critic_hears_class_proportions_and_colour_of_the_shell_only() -> None:
    torch.manual_seed(0)
    critic = FieldCritic(coarse=(8, 8), fine=(8, 8), classes=3)
    x = samples(1)
    x[:, 0] = -1  # no surface anywhere: colour means nothing
    label = torch.tensor([1])
    base = critic(fold(x), label)
    repainted = x.clone()
    repainted[:, 1:4] *= -1
    for a, b in zip(base, critic(fold(repainted), label), strict=True):
        torch.testing.assert_close(a, b)
    squeezed = x.clone()
    squeezed[:, 4:] *= -1
    assert not torch.allclose(base[0], critic(fold(squeezed), label)[0])
    assert not torch.allclose(base[0], critic(fold(x), torch.tensor([2]))[0])
