"""Directions: orthonormal, strongest first, and named after what a ruler finds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.control.codes import Space
from engine.control.directions import find_directions, move, root_covariance, sefa
from engine.control.traits import traits
from tests.engine.control.tiny import COLOR, GEOMETRY, eggs, space_of, untrained


@pytest.fixture(scope="module")
def space() -> Space:
    return space_of(eggs())


@pytest.mark.parametrize("decoder", ["folded", "triplane"])
@pytest.mark.parametrize(("kind", "size"), [("shape", GEOMETRY), ("color", COLOR)])
def test_c24_directions_are_orthonormal_and_strongest_first(
    decoder: str, kind: str, size: int
) -> None:
    vectors, strengths = sefa(space_of(untrained(decoder)).generator, kind)  # type: ignore[arg-type]
    torch.testing.assert_close(vectors @ vectors.T, torch.eye(size), atol=1e-5, rtol=0)
    assert (strengths.diff() <= 1e-7).all()
    assert strengths[0] > strengths[-1]


def test_c24_no_other_direction_is_amplified_more_than_the_first(space: Space) -> None:
    decoder = space.generator.decoder
    weights = [decoder.start.weight, decoder.dent["affine"].weight, decoder.squeeze[0].weight]  # type: ignore[index,union-attr]
    stacked = torch.cat([w / w.norm() for w in weights])  # type: ignore[union-attr,operator]
    vectors, strengths = sefa(space.generator, "shape")
    gain = (stacked @ vectors.T).square().sum(0)
    torch.testing.assert_close(gain, strengths, atol=1e-5, rtol=0)
    others = torch.randn(500, GEOMETRY, generator=torch.Generator().manual_seed(1))
    others = others / others.norm(dim=1, keepdim=True)
    assert (stacked @ others.T).square().sum(0).max() <= gain[0] + 1e-6


def test_c24_names_say_what_a_ruler_finds(space: Space) -> None:
    crowd = space.crowd([0, 1, 2]).flatten(0, 1)
    codes = crowd[::8]
    found = find_directions(space, codes, crowd, shapes=4, colors=2)
    assert [one.kind for one in found] == ["shape"] * 4 + ["color"] * 2
    assert len({one.name for one in found}) == 6
    checked = 0
    words = {"taller": "height", "wider": "width", "deeper": "depth", "lighter": "lightness"}
    for one in found:
        trait = words.get(one.name)
        if trait is None:
            continue
        checked += 1
        means = [
            np.mean(
                [traits(x)[trait] for x in space.samples(move(space.generator, codes, one, by))]
            )
            for by in (-2, 0, 2)
        ]
        assert means[0] < means[1] < means[2]
    assert checked


def test_c24_along_each_direction_the_models_draws_vary_by_the_step() -> None:
    space = space_of(untrained())
    crowd = space.crowd([0, 1, 2], 64).flatten(0, 1)[:, :GEOMETRY]
    root = root_covariance(crowd)
    torch.testing.assert_close(root @ root, crowd.T.cov(), atol=1e-5, rtol=0)
    vectors, _ = sefa(space.generator, "shape", root)
    # Draws mix 56 codes: there are no more ways than that in which they vary.
    spread = (crowd @ torch.linalg.pinv(root, rtol=1e-3) @ vectors.T).std(0)
    assert float(spread.max()) < 1.02
    assert float(spread.square().sum()) == pytest.approx(torch.linalg.matrix_rank(root), abs=12)


def test_moving_by_0_moves_nothing_and_moving_keeps_the_spheres(space: Space) -> None:
    codes = space.draw([0, 1, 2], 0)
    direction = find_directions(space, codes, space.crowd([0])[0], shapes=1, colors=1)[1]
    assert torch.equal(move(space.generator, codes, direction, 0), codes)
    moved = move(space.generator, codes, direction, 2.5)
    torch.testing.assert_close(moved[:, :GEOMETRY], codes[:, :GEOMETRY])  # a colour's leaves shapes
    torch.testing.assert_close(moved[:, GEOMETRY:].square().mean(1), torch.ones(3))


def test_traits_of_a_box_are_its_measures() -> None:
    sample = np.full((7, 32, 32, 32), -1.0, np.float32)
    sample[0, 2:30, 2:30, 2:30] = 1.0
    sample[0, 10:20, :, 12:20] = -1.0  # a notch through it, along y
    sample[1:4] = np.array([1.0, -1, -1]).reshape(3, 1, 1, 1)
    sample[4:] = np.array([1.0, 0.0, 0.5]).reshape(3, 1, 1, 1)
    seen = traits(sample)
    assert seen["height"] == pytest.approx(28 / 29)
    assert seen["depth"] == pytest.approx(0.5 * 28 / 29)
    assert seen["width"] == pytest.approx(0.75 * 28 / 29)
    assert seen["symmetry"] == 1.0
    assert seen["parts"] == pytest.approx((18 + 2 * 10) / 28)
    assert seen["lightness"] == pytest.approx(53.24, abs=0.1)  # of pure red, by the CIE
    assert seen["redness"] == pytest.approx(80.09, abs=0.1)
    assert seen["yellowness"] == pytest.approx(67.2, abs=0.1)


def test_traits_of_nothing_are_0() -> None:
    assert set(traits(np.full((7, 8, 8, 8), -1.0, np.float32)).values()) == {0.0}
