"""Meshes as fields: distance, sign, thin parts, buried surfaces, sides and colours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from scipy.ndimage import label
from scipy.spatial import cKDTree

from engine.data.mesh_field import LEAST, MARGIN, encode_soup, place
from engine.data.mesh_paint import Paint, to_linear, to_srgb
from engine.data.mesh_soup import Soup, read_soup
from engine.data.voxel_field import REACH
from engine.errors import BadMesh

Box = tuple[float, float, float]
RED, GREEN, BLUE, YELLOW, CYAN, GREY = (
    (200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30), (30, 200, 200), (120, 120, 120),
)  # fmt: skip


def soup_of(*meshes: trimesh.Trimesh) -> Soup:
    corners = np.concatenate([mesh.triangles for mesh in meshes])
    count = len(corners)
    return Soup(
        corners,
        np.zeros((count, 3, 2)),
        np.ones((count, 3, 3)),
        (Paint(np.ones(3)),),
        np.zeros(count, np.int64),
    )


def box(size: Box, at: Box = (0.0, 0.0, 0.0)) -> trimesh.Trimesh:
    return trimesh.creation.box(size, trimesh.transformations.translation_matrix(at))


def distance_of(*meshes: trimesh.Trimesh, size: int = 32) -> np.ndarray:
    """(N, N, N) float64 signed distance in voxels of meshes given in units of their own."""
    field, _ = encode_soup(place(soup_of(*meshes), size)[0], size)
    return field[0].astype(np.float64) * REACH


def centers(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """z, y, x of the voxel centres."""
    line = np.arange(size) + 0.5
    z, y, x = np.meshgrid(line, line, line, indexing="ij")
    return z, y, x


def box_distance(low: Box, high: Box, size: int) -> np.ndarray:
    """Signed distance of an axis-aligned box x, y, z in closed form, positive inside."""
    z, y, x = centers(size)
    over = np.stack(
        [np.maximum(a - p, p - b) for p, a, b in zip((x, y, z), low, high, strict=True)]
    )
    outside = np.linalg.norm(over.clip(0), axis=0)
    return np.where((over < 0).all(0), -over.max(0), -outside)


def union_distance(boxes: list[tuple[Box, Box]], size: int) -> np.ndarray:
    """Signed distance of a union of boxes by brute force: from dense points of its boundary."""
    depth = [box_distance(*corners, size) for corners in boxes]
    points = []
    for low, high in boxes:
        for axis in range(3):
            lines = [np.linspace(a, b, 150) for a, b in zip(low, high, strict=True)]
            for end in (low[axis], high[axis]):
                lines[axis] = np.array([end])
                points.append(np.stack(np.meshgrid(*lines), -1).reshape(-1, 3))
    sides = np.concatenate(points)
    buried = np.zeros(len(sides), bool)
    for low, high in boxes:
        buried |= ((sides > np.array(low) + 1e-6) & (sides < np.array(high) - 1e-6)).all(-1)
    z, y, x = centers(size)
    away = cKDTree(sides[~buried]).query(np.stack([x, y, z], -1))[0]
    return np.where(np.max(depth, axis=0) > 0, away, -away)


@pytest.mark.parametrize("size", [32, 64])
def test_a_sphere_has_its_analytic_distance(size: int) -> None:
    found = distance_of(trimesh.creation.icosphere(4), size=size)
    z, y, x = centers(size)
    middle, radius = size / 2, size / 2 - MARGIN
    exact = radius - np.sqrt((x - middle) ** 2 + (y - middle) ** 2 + (z - middle) ** 2)
    assert np.abs(found - exact.clip(-REACH, REACH)).max() < 0.1


def test_a_box_has_its_analytic_distance_and_stands_on_the_floor() -> None:
    found = distance_of(box((2.0, 1.0, 0.5)))
    exact = box_distance((2.0, 9.0, 2.0), (30.0, 23.0, 9.0), 32).clip(-REACH, REACH)
    assert np.abs(found - exact).max() < 0.1


@pytest.mark.parametrize("thickness", [0.0, 0.01, 0.3, 1.0])
@pytest.mark.parametrize("tilt", [0.0, 0.4])
def test_a_thin_plate_survives_as_one_closed_piece(thickness: float, tilt: float) -> None:
    plate = box((28.0, 1e-9 + thickness, 28.0))
    plate.apply_transform(trimesh.transformations.rotation_matrix(tilt, (1, 0, 0)))
    found = distance_of(plate)
    solid = found > 0
    assert label(solid)[1] == 1
    assert not solid[[0, -1]].any()
    if tilt == 0.0:  # where the distance crosses zero in front of and behind the middle
        line = found[16, :, 16]
        enter = int(np.flatnonzero(line > 0)[0])
        leave = int(np.flatnonzero(line > 0)[-1])
        width = leave - enter
        width += line[enter] / (line[enter] - line[enter - 1])
        width += line[leave] / (line[leave] - line[leave + 1])
        assert width == pytest.approx(max(thickness, LEAST), abs=0.3)
    # No hole anywhere: from the front, the plate hides all that lies within its outline.
    cover = solid.any(1)
    rows = np.flatnonzero(cover.any(1))[2:-2]
    assert cover[rows, 3:29].all()


def test_a_bar_thinner_than_a_voxel_is_not_broken_anywhere() -> None:
    bar = trimesh.creation.cylinder(0.2, 40.0)
    bar.apply_transform(trimesh.transformations.rotation_matrix(0.9, (1, 0.5, 0)))
    solid = distance_of(bar) > 0
    assert label(solid, np.ones((3, 3, 3)))[1] == 1
    heights = np.flatnonzero(solid.any((1, 2)))
    extent = np.ptp(place(soup_of(bar), 32)[0].corners[..., 2])
    assert len(heights) >= extent - 1


def test_a_body_that_is_thick_enough_is_not_thickened_at_its_edges() -> None:
    found = distance_of(box((1.0, 1.0, 1.0)))
    assert (found > 0).sum() == 28**3


def test_overlapping_and_nested_boxes_become_one_solid() -> None:
    outer, tower, hidden = box((2, 2, 2)), box((1, 1, 3)), box((0.5, 0.5, 0.5))
    found = distance_of(outer, tower, hidden)
    unit = 28 / 3
    boxes = [
        ((16 - unit,) * 3, (16 + unit,) * 3),
        ((16 - unit / 2,) * 2 + (2.0,), (16 + unit / 2,) * 2 + (30.0,)),
    ]
    whole = union_distance(boxes, 32)
    sure = np.abs(whole) > 0.01
    assert np.array_equal(found[sure] > 0, whole[sure] > 0)
    # Buried faces leave no trace: deep inside the distance is full everywhere.
    assert (found[whole > REACH] == REACH).all()
    assert np.abs(found - whole.clip(-REACH, REACH)).max() < 0.25


def test_a_room_without_a_door_is_filled_and_one_with_a_door_is_not() -> None:
    walls = [
        box((10, 10, 1), (0, 0, -4.5)), box((10, 10, 1), (0, 0, 4.5)),
        box((10, 1, 10), (0, 4.5, 0)), box((1, 10, 10), (4.5, 0, 0)), box((1, 10, 10), (-4.5, 0, 0)),
    ]  # fmt: skip
    door = box((10, 1, 10), (0, -4.5, 0))
    closed, opened = distance_of(*walls, door), distance_of(*walls)
    assert closed[16, 16, 16] == REACH
    assert opened[16, 16, 16] == -REACH
    assert np.abs(closed - box_distance((2, 2, 2), (30, 30, 30), 32).clip(-2, 2)).max() < 0.5


def test_inverted_faces_give_the_same_field() -> None:
    def fields(change: Callable[[trimesh.Trimesh], None]) -> np.ndarray:
        parts = [box((2, 2, 2)), trimesh.creation.icosphere(2, 1.3)]
        for part in parts:
            change(part)
        return distance_of(*parts)

    def some(mesh: trimesh.Trimesh) -> None:
        mesh.faces[::3] = mesh.faces[::3, ::-1]

    drawn = fields(lambda _: None)
    for change in (lambda mesh: mesh.invert(), some):
        changed = fields(change)
        assert np.array_equal(drawn > 0, changed > 0)
        assert np.abs(drawn - changed).max() < 0.3


def test_one_inverted_part_among_others_is_no_hole() -> None:
    inner = trimesh.creation.icosphere(2, 0.6)
    inner.invert()
    assert distance_of(box((2, 2, 2)), inner)[16, 16, 16] == REACH


def painted_cube(path: Path) -> None:
    """A GLB cube whose sides are told apart by texture: one atlas, six cells."""
    atlas = np.zeros((8, 48, 3), np.uint8)
    for cell, color in enumerate((RED, GREEN, BLUE, YELLOW, CYAN, GREY)):
        atlas[:, 8 * cell : 8 * cell + 8] = color
    # glTF: +Z front, -Z back, +X the viewer's right, -X left, +Y top, -Y bottom.
    normals = np.array([[0, 0, 1], [0, 0, -1], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]], float)
    vertices, faces, uvs = [], [], []
    for cell, normal in enumerate(normals):
        a = np.roll(normal, 1)
        b = np.cross(normal, a)
        start = 4 * cell
        vertices += [normal - a - b, normal + a - b, normal + a + b, normal - a + b]
        faces += [[start, start + 1, start + 2], [start, start + 2, start + 3]]
        left, right = cell / 6, (cell + 1) / 6
        uvs += [[left, 0], [right, 0], [right, 1], [left, 1]]
    material = trimesh.visual.material.PBRMaterial(baseColorTexture=Image.fromarray(atlas))
    visual = trimesh.visual.TextureVisuals(uv=np.array(uvs), material=material)
    mesh = trimesh.Trimesh(np.array(vertices), np.array(faces), visual=visual, process=False)
    path.write_bytes(trimesh.Scene(mesh).export(file_type="glb"))


def colors_of(path: Path, size: int = 32) -> np.ndarray:
    """(N, N, N, 3) sRGB 0-255."""
    field, _ = encode_soup(place(read_soup(path), size)[0], size)
    return (field[1:].astype(np.float64).transpose(1, 2, 3, 0) + 1) * 127.5


def test_six_sides_of_a_cube_land_on_the_right_sides_of_the_grid(tmp_path: Path) -> None:
    painted_cube(tmp_path / "cube.glb")
    color = colors_of(tmp_path / "cube.glb")
    middle, first, last = 16, 2, 29
    sides = {
        "front": (color[middle, first, middle], RED),
        "back": (color[middle, last, middle], GREEN),
        "right": (color[middle, middle, last], BLUE),
        "left": (color[middle, middle, first], YELLOW),
        "top": (color[last, middle, middle], CYAN),
        "bottom": (color[first, middle, middle], GREY),
    }
    for name, (found, expected) in sides.items():
        assert np.abs(found - expected).max() < 1, name
    # One voxel outside the colour goes on, beyond it ends.
    assert np.abs(color[middle, first - 1, middle] - RED).max() < 1
    assert np.abs(color[middle, first - 2, middle] - 127.5).max() < 0.1


def test_material_factors_of_gltf_are_linear(tmp_path: Path) -> None:
    mesh = box((1, 1, 1))
    material = trimesh.visual.material.PBRMaterial(baseColorFactor=[0.5, 0.2, 1.0, 0.3])
    mesh.visual = trimesh.visual.TextureVisuals(material=material)
    (tmp_path / "glass.glb").write_bytes(trimesh.Scene(mesh).export(file_type="glb"))
    found = colors_of(tmp_path / "glass.glb")[16, 2, 16]
    # 0.5 linear is 188 in sRGB; glass (alpha 0.3) keeps its colour.
    assert np.abs(found - (188, 124, 255)).max() < 1.5


def test_vertex_colours_of_a_ply_are_srgb_and_z_is_up(tmp_path: Path) -> None:
    mesh = box((1, 1, 1))
    mesh.visual.vertex_colors = np.where(mesh.vertices[:, 2:] > 0, (250, 10, 10), (10, 10, 250))
    mesh.export(tmp_path / "two.ply")
    color = colors_of(tmp_path / "two.ply")
    assert np.abs(color[29, 16, 16] - (250, 10, 10)).max() < 2
    assert np.abs(color[2, 16, 16] - (10, 10, 250)).max() < 2


def test_a_picture_in_front_of_a_board_is_seen_from_both_sides_of_the_surface(
    tmp_path: Path,
) -> None:
    board, picture = box((2, 0.5, 2)), box((1.6, 0.01, 1.6), (0, -0.255, 0))
    board.visual.vertex_colors = (90, 60, 30, 255)
    picture.visual.vertex_colors = (20, 120, 220, 255)
    trimesh.util.concatenate([board, picture]).export(tmp_path / "framed.ply")
    color = colors_of(tmp_path / "framed.ply")
    front = int(np.flatnonzero(distance_of(board, picture)[16, :, 16] > 0)[0])
    for y in (front - 1, front):
        assert np.abs(color[10:22, y, 10:22] - (20, 120, 220)).max() < 2


def test_holes_of_a_cut_out_leaf_take_the_leafs_colour(tmp_path: Path) -> None:
    leaf = np.zeros((16, 16, 4), np.uint8)
    leaf[4:12, 4:12] = (40, 160, 50, 255)
    mesh = trimesh.Trimesh(
        [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 1, 2], [0, 2, 3]], process=False
    )
    material = trimesh.visual.material.PBRMaterial(
        baseColorTexture=Image.fromarray(leaf), alphaMode="MASK"
    )
    mesh.visual = trimesh.visual.TextureVisuals(
        uv=np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float), material=material
    )
    (tmp_path / "leaf.glb").write_bytes(trimesh.Scene(mesh).export(file_type="glb"))
    color = colors_of(tmp_path / "leaf.glb")
    assert np.abs(color[3:29, 16, 3:29] - (40, 160, 50)).max() < 1


def test_a_mirrored_node_is_placed_and_stays_solid(tmp_path: Path) -> None:
    scene = trimesh.Scene()
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    scene.add_geometry(box((1, 1, 1), (2, 0, 0)), transform=mirror)
    scene.add_geometry(box((1, 1, 1), (2, 0, 0)))
    (tmp_path / "pair.glb").write_bytes(scene.export(file_type="glb"))
    field, _ = encode_soup(place(read_soup(tmp_path / "pair.glb"), 32)[0], 32)
    solid = field[0] > 0
    assert label(solid)[1] == 2
    assert np.array_equal(solid, solid[:, :, ::-1])


def test_srgb_and_linear_light_are_inverse_and_meet_published_points() -> None:
    steps = np.arange(256) / 255
    np.testing.assert_allclose(to_srgb(to_linear(steps)), steps, atol=1e-12)
    assert to_linear(np.array(0.5)) == pytest.approx(0.21404, abs=1e-5)


def test_dust_below_all_measure_is_refused() -> None:
    dust = soup_of(box((1e-13, 1e-13, 1.0)))
    with pytest.raises(BadMesh):
        encode_soup(place(dust, 32)[0], 32)
