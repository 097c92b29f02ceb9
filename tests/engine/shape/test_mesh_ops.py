"""Losses, samples and the rasteriser against closed forms, brute force, gradients and PyTorch3D."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from engine.shape import mesh_ops_torch as ours
from engine.shape.mesh_ops import Camera, mesh_ops
from engine.shape.raster import cover, nearest

TETRAHEDRON = torch.tensor([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
TETRAHEDRON_FACES = torch.tensor([[0, 1, 2], [0, 3, 1], [0, 2, 3], [1, 3, 2]])
CUBE = torch.tensor([[x, y, z] for x in (0.0, 1) for y in (0.0, 1) for z in (0.0, 1)])
CUBE_FACES = torch.tensor(
    [(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1)]
    + [(2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3)]
)


def wrinkled_ball(rings: int = 12, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """A closed ball of radius 0.8 or so with its corners shaken: (V, 3), (F, 3)."""
    turns = 2 * rings
    polar, turn = np.meshgrid(
        np.arange(1, rings) / rings * np.pi, np.arange(turns) / turns * 6.2832
    )
    ball = np.stack([np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar)], -1)
    points = np.concatenate([ball.transpose(1, 0, 2).reshape(-1, 3), [[0, 0, 1], [0, 0, -1]]])
    points *= 0.8 + 0.04 * np.random.default_rng(seed).normal(size=(len(points), 1))
    faces = []
    for k in range(turns):
        following = (k + 1) % turns
        for ring in range(rings - 2):
            a, b = ring * turns + k, ring * turns + following
            faces += [(a, a + turns, b), (b, a + turns, b + turns)]
        faces.append((len(points) - 2, k, following))
        last = (rings - 2) * turns
        faces.append((len(points) - 1, last + following, last + k))
    return torch.tensor(points, dtype=torch.float32), torch.tensor(faces)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_points_are_spread_evenly_by_area() -> None:
    corners = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [5, 0, 0], [8, 0, 0], [5, 1, 0]])
    faces = torch.tensor([[0, 1, 2], [3, 4, 5]])
    points = ours.sample_points(corners, faces, 4000, generator())
    small = points[points[:, 0] < 2]
    assert len(small) / 4000 == pytest.approx(1 / 4, abs=0.03)
    assert (small >= 0).all()
    assert (small[:, :2].sum(1) <= 1 + 1e-6).all()
    assert torch.allclose(small.mean(0), torch.tensor([1 / 3, 1 / 3, 0]), atol=0.03)


def test_the_same_seed_draws_the_same_points_and_the_generator_moves_on() -> None:
    draws = generator()
    first = ours.sample_points(CUBE, CUBE_FACES, 10, draws)
    assert torch.equal(first, ours.sample_points(CUBE, CUBE_FACES, 10, generator()))
    assert not torch.equal(first, ours.sample_points(CUBE, CUBE_FACES, 10, draws))


@pytest.mark.parametrize("pairs", [1, 50, 1 << 18])
def test_chamfer_is_that_of_brute_force_in_batches_of_any_size(pairs, monkeypatch) -> None:
    monkeypatch.setattr(ours, "_PAIRS", pairs)
    one, other = torch.rand(31, 3, generator=generator()), torch.rand(17, 3, generator=generator(1))
    away = (one[:, None] - other[None]).square().sum(-1)
    wanted = away.min(1).values.mean() + away.min(0).values.mean()
    assert ours.chamfer(one, other).item() == pytest.approx(wanted.item(), rel=1e-6)


def test_chamfer_far_from_the_origin_still_finds_the_nearest() -> None:
    one = torch.rand(50, 3, generator=generator()) + 500
    assert ours.chamfer(one, one.flip(0)).item() == 0


def test_normals_of_a_cube_agree_on_its_diagonals_and_not_at_its_edges() -> None:
    assert ours.normal_consistency(CUBE, CUBE_FACES).item() == pytest.approx(12 / 18, abs=1e-6)


@pytest.mark.parametrize("degrees", [0.0, 30.0, 120.0])
def test_a_fold_costs_one_minus_its_cosine_whichever_way_its_faces_run(degrees) -> None:
    angle = np.radians(degrees)
    wing = [0.0, -np.cos(angle), np.sin(angle)]
    corners = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0.3, 1, 0], wing], dtype=torch.float32)
    for faces in ([[0, 1, 2], [1, 0, 3]], [[0, 1, 2], [0, 1, 3]]):
        cost = ours.normal_consistency(corners, torch.tensor(faces)).item()
        assert cost == pytest.approx(1 - np.cos(angle), abs=1e-6)


def test_three_faces_at_an_edge_are_three_pairs() -> None:
    turns = np.radians([0, 120, 240])
    wings = [[0.5, np.cos(turn), np.sin(turn)] for turn in turns]
    corners = torch.tensor([[0.0, 0, 0], [1, 0, 0], *wings], dtype=torch.float32)
    cost = ours.normal_consistency(corners, torch.tensor([[0, 1, 2], [0, 1, 3], [0, 1, 4]]))
    assert cost.item() == pytest.approx(1 + np.cos(np.radians(120)), abs=1e-6)


def test_a_lone_face_has_no_neighbour_to_agree_with() -> None:
    corners = TETRAHEDRON.clone().requires_grad_()
    cost = ours.normal_consistency(corners, TETRAHEDRON_FACES[:1])
    cost.backward()
    assert cost.item() == 0


def test_a_corner_of_a_tetrahedron_is_four_thirds_of_its_radius_from_its_neighbours() -> None:
    cost = ours.laplacian(TETRAHEDRON, TETRAHEDRON_FACES).item()
    assert cost == pytest.approx(4 / 3 * 3**0.5, rel=1e-6)


def camera() -> Camera:
    axes = torch.tensor([[1.0, 0, 0], [0, 0.28, 0.96], [0, 0.96, -0.28]])
    return Camera(axes, torch.tensor([0.05, 0.0, 0.02]), 1.0)


@pytest.mark.parametrize(("size", "boxes"), [(33, 1 << 22), (64, 500)])
def test_the_nearest_face_is_that_of_the_software_rasteriser(size, boxes, monkeypatch) -> None:
    monkeypatch.setattr(ours, "_BOXES", boxes)
    points, faces = wrinkled_ball()
    placed = camera().place(points)
    seen = ours.rasterise(placed, faces, size)
    corners = placed[faces].double().numpy()
    flat = (corners[:, :, :2] * (1, -1) + 1) * size / 2
    fragments = cover(flat, size, size)
    depth = (corners[fragments.triangle, :, 2] * fragments.weights).sum(1)
    front = nearest(fragments, -depth, size * size)
    wanted = np.where(front >= 0, fragments.triangle[front], -1)
    same = seen.face.flatten().numpy() == wanted
    assert same.mean() > 0.999  # a centre on an edge belongs to either or none
    assert np.allclose(
        seen.depth.flatten().numpy()[same], np.where(front >= 0, depth[front], 0)[same], atol=1e-5
    )
    assert np.allclose(
        seen.weights.view(-1, 3).numpy()[same],
        np.where((front >= 0)[:, None], fragments.weights[front], 0)[same],
        atol=1e-4,
    )


def test_of_faces_at_one_depth_the_first_is_drawn_and_none_at_the_eye_or_behind_it() -> None:
    square = torch.tensor([[-3.0, -3, 1], [3, -3, 1], [0, 4, 1]])
    placed = torch.cat([square, square, square * torch.tensor([1.0, 1, -1]), square * 0.0])
    faces = torch.arange(12).view(4, 3)
    seen = ours.rasterise(placed, faces.flip(0), 8)
    assert (seen.face == 2).all()
    assert torch.allclose(seen.depth, torch.ones(8, 8))
    assert (ours.rasterise(placed, faces[2:], 8).face == -1).all()


def test_the_camera_puts_what_it_looks_at_in_the_middle_and_its_reach_on_the_border() -> None:
    look = Camera(torch.eye(3)[[0, 2, 1]], torch.tensor([1.0, 2, 3]), 4.0)
    placed = look.place(torch.tensor([[1.0, 2, 3], [5, 2, 3], [1, 2, 7], [1, 6, 3]]))
    assert placed.tolist() == [[0, 0, 2], [1, 0, 2], [0, 1, 2], [0, 0, 3]]


def cases(ops, points, faces, wide=0.1):
    """Each question as a function of the vertices alone; random weights make every output count."""
    dtype = points.dtype
    others = torch.rand(40, 3, generator=generator(3)).to(dtype) * 2 - 1
    mix = torch.rand(24, 24, 4, generator=generator(4)).to(dtype)

    def rasterised(vertices):
        look = camera()
        look = Camera(look.axes.to(dtype), look.center.to(dtype), look.reach)
        seen = ops.rasterise(look.place(vertices), faces, 24)
        return (seen.weights * mix[..., :3]).sum() + (seen.depth * mix[..., 3]).sum()

    return {
        "sample_points": lambda v: ops.sample_points(v, faces, 60, generator(5)),
        "chamfer": lambda v: ops.chamfer(v, others),
        "normal_consistency": lambda v: ops.normal_consistency(v, faces),
        "laplacian": lambda v: ops.laplacian(v, faces),
        "rasterise": rasterised,
    }


QUESTIONS = ("sample_points", "chamfer", "normal_consistency", "laplacian", "rasterise")


@pytest.mark.parametrize("question", QUESTIONS)
def test_gradients_are_those_of_finite_differences(question) -> None:
    points, faces = wrinkled_ball(4)
    points = points.double().requires_grad_()
    # Areas decide which faces are sampled, in no gradient's sight: a step must not change that.
    assert torch.autograd.gradcheck(cases(ours, points, faces)[question], (points,), eps=1e-7)


@pytest.fixture(scope="module")
def theirs():
    if importlib.util.find_spec("pytorch3d") is None:
        pytest.skip("PyTorch3D is not installed: docs/pytorch3d.md says how")
    from engine.shape import mesh_ops_pytorch3d

    return mesh_ops_pytorch3d


@pytest.mark.parametrize("question", QUESTIONS)
def test_pytorch3d_gives_the_same_numbers_and_gradients(question, theirs) -> None:
    points, faces = wrinkled_ball(8)
    answers, gradients = [], []
    for ops in (ours, theirs):
        vertices = points.clone().requires_grad_()
        answer = cases(ops, vertices, faces)[question](vertices)
        (answer * torch.linspace(0.5, 1.5, answer.numel()).view_as(answer)).sum().backward()
        answers.append(answer.detach())
        gradients.append(vertices.grad)
    assert torch.allclose(*answers, rtol=1e-5, atol=1e-6)
    assert gradients[0].abs().max() > 0
    assert torch.allclose(*gradients, rtol=1e-3, atol=1e-4 * gradients[0].abs().max().item())


def test_pytorch3d_draws_the_same_picture(theirs) -> None:
    points, faces = wrinkled_ball(16)
    one, other = (ops.rasterise(camera().place(points), faces, 96) for ops in (ours, theirs))
    same = one.face == other.face
    assert same.float().mean() > 0.999
    assert (one.face >= 0).float().mean() > 0.3
    assert torch.allclose(one.weights[same], other.weights[same], atol=1e-4)
    assert torch.allclose(one.depth[same], other.depth[same], atol=1e-5)


def test_pytorch3d_leaves_the_global_generator_as_it_was(theirs) -> None:
    before = torch.get_rng_state()
    draws, ours_draws = generator(), generator()
    theirs.sample_points(CUBE, CUBE_FACES, 10, draws)
    ours.sample_points(CUBE, CUBE_FACES, 10, ours_draws)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(draws.get_state(), ours_draws.get_state())


@pytest.fixture
def without_pytorch3d(monkeypatch) -> Iterator[pytest.MonkeyPatch]:
    """As if nothing of PyTorch3D had been imported yet."""
    import engine.shape

    for name in [n for n in sys.modules if n.split(".")[0] == "pytorch3d"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "engine.shape.mesh_ops_pytorch3d", raising=False)
    monkeypatch.delattr(engine.shape, "mesh_ops_pytorch3d", raising=False)
    mesh_ops.cache_clear()
    yield monkeypatch
    mesh_ops.cache_clear()


def test_without_pytorch3d_torch_alone_answers(without_pytorch3d) -> None:
    without_pytorch3d.setitem(sys.modules, "pytorch3d", None)
    assert mesh_ops() is ours


def test_with_pytorch3d_it_answers(theirs) -> None:
    mesh_ops.cache_clear()
    assert mesh_ops() is theirs


def test_a_pytorch3d_that_does_not_load_is_named_and_torch_answers(
    without_pytorch3d, tmp_path
) -> None:
    (tmp_path / "pytorch3d").mkdir()
    (tmp_path / "pytorch3d/__init__.py").write_text("raise ImportError('undefined symbol: _Z3')")
    without_pytorch3d.syspath_prepend(tmp_path)
    with pytest.warns(UserWarning, match="does not load: undefined symbol: _Z3"):
        assert mesh_ops() is ours
