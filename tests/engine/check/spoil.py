"""A good asset, and one way to spoil it for each check."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from engine.assets.asset import Asset, Hull, Mesh
from engine.assets.glb import glb_bytes
from engine.assets.mesh_asset import field_asset
from engine.assets.provenance import provenance
from tests.engine.shape.fields import field_of, left_red_right_blue, ring

SOURCES = [{"name": "s", "author": "a", "licence": "CC0-1.0", "attribution": "a"}]


CHECKS = (
    "watertight",
    "one body",
    "outward",
    "no empty face",
    "budget",
    "uvs in range",
    "no uv overlap",
    "texel density",
    "levels shrink",
    "levels near",
    "collider convex",
    "collider holds",
    "textures",
    "material",
    "origin",
    "height",
    "provenance",
)


@cache
def good() -> Asset:
    """A ring of three levels with a collider, as `generate` makes it."""
    return field_asset(
        field_of(ring(), left_red_right_blue()),
        name="ring",
        height=2.0,
        triangles=800,
        texture=256,
        provenance=provenance(
            model="m", weights_sha256="0" * 64, seed=7, request={}, sources=SOURCES
        ),
    )


def header(data: bytes) -> dict[str, Any]:
    (length,) = struct.unpack_from("<I", data, 12)
    doc: dict[str, Any] = json.loads(data[20 : 20 + length])
    return doc


def rewritten(data: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The GLB with its JSON changed."""
    (length,) = struct.unpack_from("<I", data, 12)
    doc = header(data)
    change(doc)
    text = json.dumps(doc).encode()
    text += b" " * (-len(text) % 4)
    rest = data[20 + length :]
    head = struct.pack("<4sII", b"glTF", 2, 20 + len(text) + len(rest))
    return head + struct.pack("<I4s", len(text), b"JSON") + text + rest


@cache
def spoiled() -> dict[str, bytes]:
    """For each check, a file that fails it."""
    made = good()
    (mesh,) = made.meshes

    def every(change: Callable[[Mesh], Mesh]) -> Asset:
        lods = tuple(change(level) for level in made.lods)
        return replace(made, meshes=(change(mesh),), lods=lods)

    def first(**values: Any) -> Asset:
        return replace(made, meshes=(replace(mesh, **values),))

    def stated(**values: Any) -> Asset:
        return replace(made, report=made.report | values)

    def material(**values: Any) -> Asset:
        shown = replace(mesh.material, **values)
        return every(lambda level: replace(level, material=shown))

    near, far = made.lods
    count = len(mesh.positions)
    speck = mesh.positions[:4] * 0 + np.float32([[0, 1, 0], [0.1, 1, 0], [0, 1.1, 0], [0, 1, 0.1]])
    loose = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]) + count
    grown = {
        name: np.concatenate([getattr(mesh, name), values])
        for name, values in {
            "positions": speck,
            "normals": mesh.normals[:4] * 0 + np.float32(speck - speck.mean(0)) / 0.06,
            "uvs": mesh.uvs[:4] * 0,
            "tangents": mesh.tangents[:4],
            "faces": loose.astype(np.uint32),
        }.items()
    }
    flat = mesh.positions.copy()
    one, other = mesh.faces[0, :2]
    flat[(flat == flat[one]).all(1)] = flat[other]
    (hull,) = made.hulls
    dent = hull.positions.copy()
    dent[dent[:, 1].argmax()] *= 0.5
    assets = {
        "watertight": first(faces=mesh.faces[1:]),
        "one body": first(**grown),
        "outward": every(lambda level: replace(level, faces=level.faces[:, ::-1].copy())),
        "no empty face": first(positions=flat),
        "budget": stated(lods=[level | {"budget": 700} for level in made.report["lods"]]),
        "uvs in range": first(uvs=mesh.uvs + np.float32(0.5)),
        "no uv overlap": replace(
            made, lods=(replace(near, uvs=near.uvs * np.float32(0.3) + np.float32(0.3)), far)
        ),
        "texel density": first(uvs=mesh.uvs**6),
        "levels shrink": replace(made, lods=(replace(mesh, name="ring_LOD1"), far)),
        "levels near": replace(
            made, lods=(replace(near, positions=near.positions * np.float32(1.05)), far)
        ),
        "collider convex": replace(made, hulls=(Hull(hull.name, dent, hull.faces),)),
        "collider holds": replace(
            made, hulls=(Hull(hull.name, hull.positions * np.float32(0.95), hull.faces),)
        ),
        "textures": material(texture=mesh.material.texture[:200]),
        "material": material(roughness=1.5),
        "origin": every(lambda level: replace(level, positions=level.positions + np.float32(0.1))),
        "height": stated(height_m=2.01),
        "provenance": replace(made, provenance={}),
    }
    return {name: glb_bytes(asset) for name, asset in assets.items()}
