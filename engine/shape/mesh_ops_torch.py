"""`MeshOps` in plain torch, to the numbers that PyTorch3D gives."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from engine.shape.mesh_ops import Seen

_PAIRS = 1 << 18  # of points that are compared in one go: 2 MB stay in the cache
_BOXES = 1 << 22  # pixels under the boxes of faces that are tried in one go
_NOTHING = torch.iinfo(torch.int64).max
_ROUNDING = 1e-3  # pixels that a place may be off
_FLAT = 1e-8  # of the picture, twice the area: a face seen edge-on


def sample_points(
    vertices: Tensor, faces: Tensor, count: int, generator: torch.Generator
) -> Tensor:
    a, b, c = vertices[faces].unbind(1)
    with torch.no_grad():
        areas = torch.linalg.cross(b - a, c - a).norm(dim=1) / 2
        face = areas.multinomial(count, replacement=True, generator=generator)
    along, across = torch.rand(
        (2, 1, count), generator=generator, dtype=vertices.dtype, device=vertices.device
    )[:, 0, :, None]
    root = along.sqrt()  # even over the triangle: Turk (1990)
    return (1 - root) * a[face] + root * (1 - across) * b[face] + root * across * c[face]


def chamfer(one: Tensor, other: Tensor) -> Tensor:
    return _to_nearest(one, other) + _to_nearest(other, one)


def _to_nearest(points: Tensor, others: Tensor) -> Tensor:
    with torch.no_grad():
        # |p - q|² = |p|² - 2 (p q - |q|² / 2) by a matrix product, in which float32 would cancel.
        wide = others.double()
        half = wide.square().sum(1) / 2
        nearest = torch.cat(
            [
                torch.addmm(half, some.double(), wide.T, alpha=-1).min(1).indices
                for some in points.split(max(1, _PAIRS // len(others)))
            ]
        )
    return (points - others[nearest]).square().sum(1).mean()


def normal_consistency(vertices: Tensor, faces: Tensor) -> Tensor:
    start, end, opposite = _edges(faces)
    order = (start * len(vertices) + end).argsort()
    start, end, opposite = start[order], end[order], opposite[order]
    along = vertices[end] - vertices[start]
    normal = torch.linalg.cross(along, vertices[opposite] - vertices[start])
    loss = []
    step = 1  # an edge of k faces has k (k - 1) / 2 pairs of them
    while len(start) > step:
        first = torch.nonzero(
            (start[step:] == start[:-step]) & (end[step:] == end[:-step])
        ).flatten()
        if not len(first):
            break
        loss.append(1 - cosine_similarity(normal[first], -normal[first + step], dim=1))
        step += 1
    return torch.cat(loss).mean() if loss else vertices.sum() * 0


def laplacian(vertices: Tensor, faces: Tensor) -> Tensor:
    start, end, _ = _edges(faces)
    count = len(vertices)
    key = (start * count + end).unique()
    one, other = key // count, key % count
    start, end = torch.cat([one, other]), torch.cat([other, one])
    total = torch.zeros_like(vertices).index_add(0, start, vertices[end])
    degree = start.bincount(minlength=count).clamp(min=1)[:, None]
    return (total / degree - vertices).norm(dim=1).mean()


def _edges(faces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(3 F,) lower and higher end of the edges of each face, and the corner opposite."""
    a, b, c = faces.unbind(1)
    ends = torch.stack([torch.cat([b, c, a]), torch.cat([c, a, b])])
    return ends.amin(0), ends.amax(0), torch.cat([a, b, c])


def rasterise(placed: Tensor, faces: Tensor, size: int) -> Seen:
    corners = placed[faces]
    with torch.no_grad():
        face = _front(corners.detach(), size)
    seen = face >= 0
    pixel = torch.nonzero(seen).flatten()
    shown = corners[face[pixel]]
    weights = _weights(shown, _centers(pixel, size, placed))
    depth = (weights * shown[:, :, 2]).sum(1)
    return Seen(
        face.view(size, size),
        placed.new_zeros(size * size, 3).index_put((pixel,), weights).view(size, size, 3),
        placed.new_zeros(size * size).index_put((pixel,), depth).view(size, size),
    )


def _front(corners: Tensor, size: int) -> Tensor:
    """(size²,) the nearest of (F, 3, 3) faces at each pixel's centre, -1 without.

    Each face is tried at the pixels under its box. What is nearest is found by one minimum over
    whole numbers: the bits of a positive depth, which order as it does, before the face's number.
    """
    x, y, depth = corners.unbind(2)
    twice = (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0]) - (y[:, 2] - y[:, 0]) * (x[:, 1] - x[:, 0])
    drawn = torch.nonzero((twice.abs() > _FLAT) & (depth.amin(1) > _FLAT)).flatten()
    left, right = _span(x[drawn], size)
    top, bottom = _span(-y[drawn], size)
    wide = right - left
    many = wide * (bottom - top)
    best = torch.full((size * size,), _NOTHING, device=corners.device)
    batches = (many.cumsum(0) // _BOXES).bincount().tolist()
    for some in torch.arange(len(drawn), device=corners.device).split(batches):
        box = some.repeat_interleave(many[some])
        start = (many[some].cumsum(0) - many[some]).repeat_interleave(many[some])
        cell = torch.arange(len(box), device=corners.device) - start
        pixel = (top[box] + cell // wide[box]) * size + left[box] + cell % wide[box]
        face = drawn[box]
        weights = _weights(corners[face], _centers(pixel, size, corners))
        inside = torch.nonzero((weights > 0).all(1)).flatten()
        face, pixel = face[inside], pixel[inside]
        near = (weights[inside] * depth[face]).sum(1)
        key = near.float().view(torch.int32).long() << 32 | face
        best.scatter_reduce_(0, pixel, key, "amin")
    return torch.where(best == _NOTHING, -1, best & 0xFFFFFFFF)


def _span(places: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """First pixel and the one beyond the last with centres between (F, 3) places in [-1, 1]."""
    first = (places.amin(1) + 1) * (size / 2) - 0.5 - _ROUNDING
    beyond = (places.amax(1) + 1) * (size / 2) + 0.5 + _ROUNDING
    return first.ceil().clamp(0, size).long(), beyond.floor().clamp(0, size).long()


def _centers(pixel: Tensor, size: int, like: Tensor) -> Tensor:
    """(K, 2) places to the right and up of the centres of pixels."""
    row = torch.div(pixel, size, rounding_mode="floor")
    place = torch.stack([2 * (pixel - row * size) + 1 - size, size - 1 - 2 * row], 1)
    return place.to(like.dtype) / size


def _weights(corners: Tensor, place: Tensor) -> Tensor:
    """(K, 3) barycentric weights of (K, 2) places in the picture plane of (K, 3, 3) triangles."""
    a, b, c = (corners[:, :, :2] - place[:, None]).unbind(1)
    parts = torch.stack([_cross(b, c), _cross(c, a), _cross(a, b)], 1)
    return parts / parts.sum(1, keepdim=True)


def _cross(one: Tensor, other: Tensor) -> Tensor:
    return one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
