"""Ways through code space: what goes in comes out, and both spheres are kept."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.control.codes import Space, arc, mix, nearest_class, path, towards
from tests.engine.control.tiny import GEOMETRY, eggs, space_of, untrained


@pytest.fixture(scope="module")
def space() -> Space:
    return space_of(eggs())


@pytest.fixture(scope="module")
def codes(space: Space) -> Tensor:
    return torch.cat([space.draw([seed], seed % 3) for seed in range(4)])


def lengths(codes: Tensor) -> Tensor:
    """Root mean square of both parts."""
    parts = codes[:, :GEOMETRY], codes[:, GEOMETRY:]
    return torch.stack([part.square().mean(1).sqrt() for part in parts])


def test_a_strength_of_0_is_the_code_itself_and_1_the_other(space: Space, codes: Tensor) -> None:
    same = towards(space.generator, codes[0], codes[1:], 0, 0)
    assert torch.equal(same, codes[:1].expand(3, -1))
    assert torch.equal(towards(space.generator, codes[0], codes[1:], 1, 1), codes[1:])


def test_colors_vary_without_the_shape(space: Space, codes: Tensor) -> None:
    made = towards(space.generator, codes[0], codes[1:], 0, 0.7)
    assert torch.equal(made[:, :GEOMETRY], codes[:1, :GEOMETRY].expand(3, -1))
    assert (made[:, GEOMETRY:] != codes[0, GEOMETRY:]).any(1).all()


def test_a_path_meets_its_stops_and_stays_on_the_spheres(space: Space, codes: Tensor) -> None:
    made = path(space.generator, [codes[0], codes[1], codes[2]], 9)
    for index, stop in ((0, 0), (4, 1), (8, 2)):
        assert torch.equal(made[index], codes[stop])
    torch.testing.assert_close(lengths(made), torch.ones(2, 9), atol=1e-5, rtol=0)


def test_a_path_goes_in_equal_angles(space: Space, codes: Tensor) -> None:
    made = path(space.generator, [codes[0], codes[1]], 6)[:, :GEOMETRY]
    cosine = (made[:-1] * made[1:]).mean(1)
    torch.testing.assert_close(cosine, cosine[:1].expand(5), atol=1e-5, rtol=0)


def test_a_path_needs_two_ends(space: Space, codes: Tensor) -> None:
    with pytest.raises(ValueError, match="no path"):
        path(space.generator, [codes[0]], 5)


def test_the_middle_of_an_arc_is_as_near_to_both_ends(space: Space, codes: Tensor) -> None:
    middle = arc(space.generator, codes[:1], codes[1:2], 0.5)
    near, far = (middle - codes[0]).norm(), (middle - codes[1]).norm()
    torch.testing.assert_close(near, far, atol=1e-4, rtol=0)


def test_d21_other_colors_leave_every_distance_as_it_is(space: Space, codes: Tensor) -> None:
    mixed = space.sample(mix(space.generator, codes[0], codes[1], ("colors",)))
    own, other = space.sample(codes[0]), space.sample(codes[1])
    assert np.array_equal(mixed[0], own[0])
    assert np.array_equal(mixed[4:], own[4:])
    painted = {tuple(color) for color in mixed[1:4].reshape(3, -1).T.tolist()}
    assert painted <= {tuple(color) for color in other[1:4].reshape(3, -1).T.tolist()}


@pytest.mark.parametrize("decoder", ["folded", "triplane"])
def test_d21_colors_are_mixed_bit_exactly_by_both_decoders(decoder: str) -> None:
    space = space_of(untrained(decoder))
    a, b = space.draw([0], 0)[0], space.draw([1], 1)[0]
    mixed = space.sample(mix(space.generator, a, b, ("colors",)))
    assert np.array_equal(mixed[[0, 4, 5, 6]], space.sample(a)[[0, 4, 5, 6]])
    assert not np.array_equal(mixed[1:4], space.sample(a)[1:4])


@pytest.mark.parametrize("decoder", ["folded", "triplane"])
def test_b8_details_come_from_the_second_and_the_build_from_the_first(decoder: str) -> None:
    space = space_of(untrained(decoder))
    a, b = space.draw([0], 0)[0], space.draw([1], 1)[0]
    layers = mix(space.generator, a, b, ("details",))
    assert torch.equal(layers[:2], a.expand(2, -1))
    assert torch.equal(layers[2:, :GEOMETRY], b[:GEOMETRY].expand(len(layers) - 2, -1))
    assert torch.equal(layers[:, GEOMETRY:], a[GEOMETRY:].expand(len(layers), -1))
    mixed = space.sample(layers)
    assert np.array_equal(mixed[4:], space.sample(a)[4:])
    assert not np.array_equal(mixed[0], space.sample(a)[0])


@pytest.mark.parametrize("decoder", ["folded", "triplane"])
def test_layers_that_are_all_one_code_give_what_the_code_gives(decoder: str) -> None:
    space = space_of(untrained(decoder))
    code = space.draw([5], 2)[0]
    layers = code.expand(space.generator.decoder.layers, -1)
    assert np.array_equal(space.sample(layers), space.sample(code))


def test_b8_truncation_0_gives_shapes_of_the_class_that_are_remembered(space: Space) -> None:
    memory = space.generator.mapping
    known = memory.codes[memory.owner == 1, :GEOMETRY]
    for code in space.draw(list(range(20)), 1, truncation=0.0):
        assert float((code[:GEOMETRY] - known).norm(dim=1).min()) < 1e-3


def test_a_draw_is_most_like_its_own_class(space: Space) -> None:
    right = [nearest_class(space, space.draw([s], s % 3)[0]) == s % 3 for s in range(100, 130)]
    assert sum(right) >= 20  # ten of thirty by chance


def test_many_samples_are_those_of_each_alone(space: Space, codes: Tensor) -> None:
    together = space.samples(codes)
    alone = np.stack([space.sample(code) for code in codes])
    np.testing.assert_allclose(together, alone, atol=1e-5)
