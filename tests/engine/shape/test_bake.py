"""Atlases without overlaps, colours and normals where they belong, hulls that hold the mesh."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from scipy import ndimage

from engine.shape.bake import bake_color, bake_normals, frames, texels
from engine.shape.collide import MOST_CORNERS, MOST_HULLS, convex_parts, single_hull
from engine.shape.field_look import FieldLook
from engine.shape.mesh import TriMesh, vertex_normals, volume
from engine.shape.simplify import simplify
from engine.shape.surface import march, solidify
from engine.shape.uv import Unwrapped, unwrap
from tests.engine.shape.fields import ball, box, field_of, left_red_right_blue, noise, ring

RING = field_of(ring(), left_red_right_blue())


def low_poly(field: np.ndarray, triangles: int) -> TriMesh:
    return simplify(march(solidify(field)), triangles)


@pytest.mark.parametrize("field", [RING, field_of(noise(3)), field_of(box(10, 6, 8))])
def test_no_texel_of_an_atlas_belongs_to_two_faces_of_any_level(field: np.ndarray):
    meshes = [low_poly(field, budget) for budget in (2400, 1200)]
    parts, report = unwrap(meshes, 512)
    # Counted again by brute force: every texel centre against every face.
    corners = np.concatenate([part.uvs[part.faces] for part in parts]) * 512
    count = np.zeros((512, 512), np.int64)
    for a, b, c in corners:
        low = np.maximum(np.floor(np.minimum(np.minimum(a, b), c)).astype(int), 0)
        high = np.ceil(np.maximum(np.maximum(a, b), c)).astype(int)
        x, y = np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
        sides = [
            (q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0])
            for p, q in ((a, b), (b, c), (c, a))
        ]
        size = abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
        hit = np.all([s > 1e-5 * size for s in sides], 0) | np.all(
            [s < -1e-5 * size for s in sides], 0
        )
        count[low[1] : high[1], low[0] : high[0]] += hit
    assert count.max() == 1
    assert report.overlaps == 0
    assert report.coverage == pytest.approx((count > 0).mean(), abs=0.01)
    assert report.coverage > 0.35


def test_texel_density_and_stretch_of_a_flat_sheet_are_those_of_its_size():
    plate = trimesh.creation.box((10, 10, 0.5)).subdivide()
    mesh = TriMesh(np.asarray(plate.vertices), np.asarray(plate.faces, np.int64))
    parts, report = unwrap([mesh], 256)
    uv = parts[0].uvs[parts[0].faces] * 256
    ahead, beside = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    painted = np.abs(ahead[:, 0] * beside[:, 1] - ahead[:, 1] * beside[:, 0]).sum() / 2
    assert report.density == pytest.approx(np.sqrt(painted / plate.area), rel=0.02)
    assert report.stretch == pytest.approx(1, abs=0.01)


def test_each_half_of_a_ring_has_its_colour_up_to_the_border_and_no_other():
    solid = solidify(RING)
    parts, _ = unwrap([low_poly(RING, 2000)], 512)
    spots = texels(parts, 512)
    picture = bake_color(parts, spots, FieldLook(RING, solid).color).reshape(-1, 3)[spots.pixel]
    x = spots.blend(parts[0].points[parts[0].faces])[:, 0] - 16
    red = np.abs(picture.astype(int) - (220, 60, 40)).max(1) <= 2
    blue = np.abs(picture.astype(int) - (30, 60, 210)).max(1) <= 2
    assert red[x < -0.3].mean() > 0.999
    assert blue[x > 0.3].mean() > 0.999
    assert (red | blue).mean() > 0.97  # the border is a fraction of a voxel wide


def test_gutters_repeat_the_colour_of_their_chart_so_no_seam_shows():
    solid = solidify(RING)
    parts, _ = unwrap([low_poly(RING, 2000)], 512)
    spots = texels(parts, 512)
    picture = bake_color(parts, spots, FieldLook(RING, solid).color)
    inside = np.zeros(512 * 512, bool)
    inside[spots.pixel[(spots.weights >= 0).all(1)]] = True
    _, nearest = ndimage.distance_transform_edt(~inside.reshape(512, 512), return_indices=True)
    repeated = picture[tuple(nearest)]
    ring_around = ndimage.binary_dilation(inside.reshape(512, 512), iterations=2)
    differs = np.abs(picture.astype(int) - repeated).max(-1) > 40
    assert differs[ring_around].mean() < 0.01


def test_baked_normals_give_the_ball_its_roundness_back():
    field = field_of(ball(11))
    solid = solidify(field)
    mesh = low_poly(field, 300)
    parts, _ = unwrap([mesh], 512)
    shading = [frames(parts[0], mesh)]
    spots = texels(parts, 512)
    baked = bake_normals(parts, shading, spots, FieldLook(field, solid).outward)
    # Shade as an engine does: unnormalised interpolation, binormal from normal, tangent and hand.
    local = baked.reshape(-1, 3)[spots.pixel] / 127.5 - 1
    normal = spots.blend(shading[0].normals[parts[0].faces])
    tangent = spots.blend(shading[0].tangents[parts[0].faces])
    binormal = np.cross(normal, tangent[:, :3]) * tangent[:, 3:]
    shaded = local[:, :1] * tangent[:, :3] + local[:, 1:2] * binormal + local[:, 2:] * normal
    shaded /= np.linalg.norm(shaded, axis=1, keepdims=True)
    truth = spots.blend(parts[0].points[parts[0].faces]) - 16
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    error = np.degrees(np.arccos(np.einsum("nc,nc->n", shaded, truth).clip(-1, 1)))
    assert np.quantile(error, 0.99) < 3


def test_tangents_run_with_u_and_the_hand_makes_v_run_upwards():
    field = field_of(ball(11))
    mesh = low_poly(field, 1000)
    (part,), _ = unwrap([mesh], 256)
    frame = frames(part, mesh)
    a, b, c = part.points[part.faces].transpose(1, 0, 2)
    (u1, v1), (u2, v2) = (
        (part.uvs[part.faces[:, k]] - part.uvs[part.faces[:, 0]]).T for k in (1, 2)
    )
    turn = np.sign(u1 * v2 - u2 * v1)[:, None]
    along = ((b - a) * v2[:, None] - (c - a) * v1[:, None]) * turn
    down = ((c - a) * u1[:, None] - (b - a) * u2[:, None]) * turn
    tangent = frame.tangents[part.faces[:, 0]]
    binormal = np.cross(frame.normals[part.faces[:, 0]], tangent[:, :3]) * tangent[:, 3:]
    assert (np.einsum("mc,mc->m", along, tangent[:, :3]) > 0).mean() > 0.99
    assert (np.einsum("mc,mc->m", down, binormal) < 0).mean() > 0.99


def test_a_flap_that_is_folded_over_is_shaded_on_its_own_side():
    # Four faces look up; a flap in a chart of its own looks down, from the corner in their middle.
    points = np.array(
        [
            [0, 0, 0],
            [1, 0, 0],
            [0, 1, 0],
            [-1, 0, 0],
            [0, -1, 0],
            [0.5, 0.1, -0.1],
            [0.1, 0.5, -0.1],
        ]
    )
    faces = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 1], [0, 6, 5]])
    mesh = TriMesh(points, faces)
    source = np.array([0, 1, 2, 3, 4, 0, 5, 6])
    split = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 1], [5, 7, 6]])
    part = Unwrapped(points[source], split, points[source][:, :2] / 4 + 0.5, source)
    normals = frames(part, mesh).normals
    assert vertex_normals(mesh)[0, 2] > 0.9
    assert np.allclose(normals[0], vertex_normals(mesh)[0])
    assert normals[5, 2] < -0.9


@pytest.mark.parametrize("field", [RING, field_of(box(10, 6, 8)), field_of(noise(5))])
def test_one_hull_is_convex_small_and_holds_every_corner(field: np.ndarray):
    mesh = low_poly(field, 2000)
    collider = single_hull(mesh, volume(mesh))
    (hull,) = collider.hulls
    judge = trimesh.Trimesh(hull.points, hull.faces, process=False)
    assert judge.is_watertight
    assert judge.volume > 0
    assert judge.is_convex
    assert len(hull.points) <= MOST_CORNERS
    offsets = np.einsum("mc,mc->m", judge.face_normals, judge.triangles[:, 0])
    assert (mesh.points @ judge.face_normals.T - offsets).max() < 1e-6
    assert collider.tolerance < 1e-6
    assert judge.volume < 1.2 * trimesh.convex.convex_hull(mesh.points).volume


def test_parts_of_an_l_fit_it_better_than_one_hull_and_hold_it():
    field = field_of(np.maximum(box(12, 4, 3), np.roll(box(3, 4, 9), (6, -9), axis=(0, 2))))
    mesh = low_poly(field, 1500)
    one, several = single_hull(mesh, volume(mesh)), convex_parts(mesh, field[0] > 0)
    assert 2 <= len(several.hulls) <= MOST_HULLS
    assert several.fill > one.fill + 0.2
    assert several.tolerance < 1e-6
    again = convex_parts(mesh, field[0] > 0)
    assert all(
        np.array_equal(a.points, b.points) for a, b in zip(several.hulls, again.hulls, strict=True)
    )
