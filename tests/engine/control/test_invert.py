"""Inversion: a code that fits better than the guess, and never worse."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.control.codes import Space
from engine.control.fit import descend, error, losses, target
from engine.control.invert import invert
from tests.engine.control.tiny import eggs, space_of, untrained
from tests.engine.shape.fields import ball, field_of


@pytest.fixture(scope="module")
def space() -> Space:
    return space_of(eggs())


def test_b8_inverting_a_shape_of_the_model_lowers_the_error(space: Space) -> None:
    made = space.model.decode(space.sample(space.draw([4], 1)[0]))
    found = invert(space, made, steps=80)
    assert found.after.overlap > found.before.overlap
    assert found.after.overlap > 0.9
    assert found.after.color < found.before.color


def test_the_code_found_is_on_the_spheres_and_never_worse_than_the_guess() -> None:
    space = space_of(untrained())
    found = invert(space, field_of(ball(8)), steps=4)
    torch.testing.assert_close(space.generator.on_spheres(found.code[None])[0], found.code)
    start = invert(space, field_of(ball(8)), steps=0)
    assert found.loss <= start.loss


def test_a_code_fits_its_own_sample_and_no_other_fits_it_so_well(space: Space) -> None:
    known = space.generator.mapping.codes[:1]
    wanted = target(torch.from_numpy(space.sample(known[0]))[None])
    strange = losses(space.generator, space.draw([3], 2), wanted)
    own = losses(space.generator, known, wanted)
    assert 0 <= own < strange / 10


def test_what_is_not_known_does_not_count(space: Space) -> None:
    samples = torch.from_numpy(np.stack([space.sample(space.draw([s], 0)[0]) for s in (0, 0)]))
    samples[1, :4, :8] = -samples[1, :4, :8]  # the lower half is nonsense
    known = torch.ones(2, 16, 16, 16)
    known[:, :8] = 0
    code = space.draw([5], 1).expand(2, -1)
    first, second = losses(space.generator, code, target(samples, known))
    torch.testing.assert_close(first, second)
    plain = losses(space.generator, code, target(samples))
    assert plain[0] != pytest.approx(float(plain[1]))


def test_each_start_is_followed_as_if_it_were_alone(space: Space) -> None:
    starts = torch.cat([space.draw([s], s) for s in range(2)])
    wanted = target(
        torch.from_numpy(space.sample(space.draw([7], 2)[0]))[None].expand(2, -1, -1, -1, -1)
    )
    codes, loss = descend(space.generator, starts, wanted, 5)
    for row in range(2):
        rows = torch.tensor([row])
        code, least = descend(space.generator, starts[rows], wanted.take(rows), 5)
        torch.testing.assert_close(code[0], codes[row], atol=2e-2, rtol=0)  # bf16 on some machines
        torch.testing.assert_close(least[0], loss[row], atol=2e-2, rtol=0)


def test_the_error_between_two_balls_is_their_ruler_s() -> None:
    small, large = field_of(ball(8)), field_of(ball(9))
    apart = error(small, large)
    assert apart.overlap == pytest.approx((8 / 9) ** 3, abs=0.02)
    assert apart.distance == pytest.approx(1.0, abs=0.1)
    assert apart.color < 30
    assert error(large, large).overlap == 1
    assert error(large, large).distance == 0
