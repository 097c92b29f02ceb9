"""A field to a finished asset: closed mesh, levels of detail, baked textures, collider, figures."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, get_args

import numpy as np

from engine.assets.asset import Asset, Hull, Material, Mesh
from engine.data.paint import Paint
from engine.errors import BadRequest
from engine.request import MOST_LODS, ColliderKind, TextureSize
from engine.shape.bake import Frame, bake_color, bake_normals, frames, texels
from engine.shape.collide import Collider, convex_parts, single_hull
from engine.shape.field_look import FieldLook
from engine.shape.mesh import TriMesh, area, bodies, euler_number, is_watertight, volume
from engine.shape.simplify import Level, levels
from engine.shape.surface import Solid, march, solidify
from engine.shape.uv import Unwrapped, UvReport, unwrap

TEXTURES = get_args(TextureSize)
CELLS = 64
"""Cells along the edge of the refined field that are enough for most budgets."""
_MOST_CELLS = 192


def field_asset(
    field: np.ndarray,
    *,
    name: str,
    height: float | None,
    unit: float = 1.0,
    paint: Paint | None = None,
    triangles: int = 3000,
    texture: int = 1024,
    lods: int = 3,
    collider: ColliderKind = "hull",
    metallic: float = 0.0,
    roughness: float = 0.8,
    provenance: Mapping[str, Any],
) -> Asset:
    """Make a field into an asset that stands on the origin.

    Args:
        field: (4, N, N, N) float32: signed distance and colour, as `voxel_field` describes it.
        height: metres from the lowest to the highest point; None: as `unit` has it.
        unit: metres in a voxel, where no height is asked for.
        paint: colours finer than the field's own, where the model has them.
        triangles: budget of the finest level; each further one has half as many.
        texture: edge of the atlas, which all levels share. Normals take half of it: the field has
            no finer detail to give.
        lods: levels of detail, 1 to 4. collider: none, one convex hull, or up to eight.
        metallic, roughness: of the whole surface, 0..1.
        provenance: JSON values that travel with the asset.
    Returns:
        An asset whose report holds counts, closedness, the atlas's figures, how far each level and
        the collider are from the surface in metres, and the seconds of each stage.
    Raises:
        EmptyShape: the field has no inside. BudgetTooLow: no closed mesh of it is so small.
        BadRequest: a texture size or number of levels that is not offered.
    """
    if texture not in TEXTURES:
        raise BadRequest(f"A texture of {texture}: choose one of {TEXTURES}")
    if not 1 <= lods <= MOST_LODS:
        raise BadRequest(f"{lods} levels of detail: choose 1 to {MOST_LODS}")
    clock = _Clock()
    with clock.stage("surface"):
        solid, surface = _surface(field, triangles)
    with clock.stage("levels"):
        chain = levels(surface, triangles, lods)
    with clock.stage("unwrap"):
        parts, uv = unwrap([level.mesh for level in chain], texture)
        shading = [frames(part, level.mesh) for part, level in zip(parts, chain, strict=True)]
    with clock.stage("bake"):
        material = _material(
            name, parts, shading, FieldLook(field, solid, paint), texture, metallic, roughness
        )
    with clock.stage("collider"):
        hulls = _collide(chain[0].mesh, field[0] > 0, surface, collider)
    finest = chain[0].mesh.points
    low, high = finest.min(0), finest.max(0)
    if height is None:
        height = unit * float(high[2] - low[2])
    unit = height / float(high[2] - low[2])
    origin = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    meshes = [
        _mesh(f"{name}_LOD{k}" if lods > 1 else name, part, frame, material, origin, unit)
        for k, (part, frame) in enumerate(zip(parts, shading, strict=True))
    ]
    return Asset(
        name,
        (meshes[0],),
        provenance=dict(provenance),
        report=_report(solid, chain, meshes, uv, texture, hulls, unit, height) | clock.as_report(),
        lods=tuple(meshes[1:]),
        hulls=_hulls(name, hulls, origin, unit),
    )


def _surface(field: np.ndarray, triangles: int) -> tuple[Solid, TriMesh]:
    """The body and its surface, refined until it has triangles enough to choose from."""
    size = field.shape[1]
    upsample = max(1, round(CELLS / size))
    while True:
        solid = solidify(field, upsample)
        surface = march(solid)
        most = _MOST_CELLS // size
        if len(surface.faces) >= 2 * triangles or upsample >= most:
            return solid, surface
        # Faces grow with the square of the resolution.
        missing = (2 * triangles / len(surface.faces)) ** 0.5
        upsample = min(max(math.ceil(upsample * missing), upsample + 1), most)


def _material(
    name: str,
    parts: list[Unwrapped],
    shading: list[Frame],
    look: FieldLook,
    texture: int,
    metallic: float,
    roughness: float,
) -> Material:
    color = bake_color(parts, texels(parts, texture), look.color)
    normals = bake_normals(parts, shading, texels(parts, texture // 2), look.outward)
    return Material(
        f"{name} surface",
        color,
        metallic=metallic,
        roughness=roughness,
        normal_texture=normals,
    )


def _collide(
    mesh: TriMesh, cells: np.ndarray, surface: TriMesh, kind: ColliderKind
) -> Collider | None:
    if kind == "none":
        return None
    if kind == "hull":
        return single_hull(mesh, volume(surface))
    return convex_parts(mesh, cells)


def _mesh(
    name: str,
    part: Unwrapped,
    frame: Frame,
    material: Material,
    origin: np.ndarray,
    unit: float,
) -> Mesh:
    tangents = np.concatenate([to_gltf(frame.tangents[:, :3]), frame.tangents[:, 3:]], axis=1)
    return Mesh(
        name=name,
        positions=to_gltf((part.points - origin) * unit),
        normals=_unit(to_gltf(frame.normals)),
        uvs=part.uvs.astype(np.float32),
        faces=part.faces.astype(np.uint32),
        material=material,
        tangents=np.concatenate([_unit(tangents[:, :3]), tangents[:, 3:]], 1).astype(np.float32),
    )


def _hulls(
    name: str, collider: Collider | None, origin: np.ndarray, unit: float
) -> tuple[Hull, ...]:
    """Named as Unreal and others take for colliders: UCX_name, or UCX_name_00 where several."""
    if collider is None:
        return ()
    alone = len(collider.hulls) == 1
    return tuple(
        Hull(
            f"UCX_{name}" if alone else f"UCX_{name}_{k:02d}",
            to_gltf((hull.points - origin) * unit),
            hull.faces.astype(np.uint32),
        )
        for k, hull in enumerate(collider.hulls)
    )


def _report(
    solid: Solid,
    chain: tuple[Level, ...],
    meshes: list[Mesh],
    uv: UvReport,
    texture: int,
    collider: Collider | None,
    unit: float,
    height: float,
) -> dict[str, Any]:
    finest = chain[0].mesh
    report: dict[str, Any] = {
        "vertices": len(meshes[0].positions),
        "triangles": len(finest.faces),
        "budget": chain[0].budget,
        "watertight": all(is_watertight(level.mesh) for level in chain),
        "bodies": max(bodies(level.mesh)[0] for level in chain),
        "handles": 1 - euler_number(finest) // 2,
        "height_m": round(float(height), 6),
        "size_m": [round(float(side) * unit, 4) for side in np.ptp(finest.points, axis=0)],
        "area_m2": round(area(finest) * unit**2, 6),
        "volume_m3": round(volume(finest) * unit**3, 6),
        "crumbs": solid.crumbs,
        "bridged": solid.bridged,
        "filled": solid.filled,
        "uv": {
            "texture": texture,
            "charts": uv.charts,
            "coverage": round(uv.coverage, 3),
            "overlaps": uv.overlaps,
            "texels_per_m": round(uv.density / unit, 1),
            "stretch": round(uv.stretch, 3),
        },
        "lods": [
            {
                "triangles": len(level.mesh.faces),
                "budget": level.budget,
                "vertices": len(mesh.positions),
                "hausdorff_m": round(level.hausdorff * unit, 6),
            }
            for level, mesh in zip(chain, meshes, strict=True)
        ],
    }
    if collider is not None:
        report["collider"] = {
            "hulls": len(collider.hulls),
            "corners": max(len(hull.points) for hull in collider.hulls),
            "tolerance_m": round(collider.tolerance * unit, 6),
            "fill": round(collider.fill, 3),
        }
    return report


class _Clock:
    """Seconds of processor time of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begin = time.process_time()
        yield
        self.seconds[name] = round(time.process_time() - begin, 3)

    def as_report(self) -> dict[str, Any]:
        return {"seconds": self.seconds | {"all": round(sum(self.seconds.values()), 3)}}


def to_gltf(vectors: np.ndarray) -> np.ndarray:
    """(N, 3) of x right, y depth, z up to float32 of x right, y up, z to the viewer."""
    turned = np.stack([vectors[:, 0], vectors[:, 2], -vectors[:, 1]], -1)
    return (turned + 0.0).astype(np.float32)  # + 0.0 makes -0.0 positive


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Float32 that is of unit length in float32 as well, as validators measure it."""
    wide = vectors.astype(np.float64)
    unit: np.ndarray = wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12)
    return unit.astype(np.float32)
