"""Latents and the paths between them (A7)."""

from __future__ import annotations

import torch

from engine.models.latents import lerp, seeded_latents, slerp


def test_a7_paths_begin_and_end_where_they_should() -> None:
    a, b = seeded_latents([1], 64), seeded_latents([2], 64)
    for path in (lerp, slerp):
        torch.testing.assert_close(path(a, b, 0.0), a)
        torch.testing.assert_close(path(a, b, 1.0), b)


def test_a7_the_arc_keeps_the_length_and_halves_the_angle() -> None:
    a, b = torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 2.0]])
    torch.testing.assert_close(slerp(a, b, 0.5), torch.full((1, 2), 2.0**0.5))


def test_a7_an_arc_to_itself_stays() -> None:
    a = seeded_latents([1], 8)
    torch.testing.assert_close(slerp(a, a, 0.3), a)


def test_a7_an_arc_does_not_depend_on_its_company() -> None:
    a, b = seeded_latents([1, 2], 8), seeded_latents([1, 3], 8)
    torch.testing.assert_close(slerp(a, b, 0.5)[1:], slerp(a[1:], b[1:], 0.5))


def test_a7_seeds_are_independent_of_their_company() -> None:
    assert torch.equal(seeded_latents([3, 9], 16)[1], seeded_latents([9], 16)[0])
