"""Textures, material, place, height and provenance of a file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from engine.check.finding import Finding, judged, skipped
from engine.check.level_checks import ROUNDING, is_number
from engine.check.written import Written

MOST_TEXELS = 8192
"""A side of a texture that can be checked."""
KNOWN = ("generator", "model", "weights_sha256", "seed", "request_sha256", "data", "licence")
"""What the provenance of a generated thing says."""
_NEAREST = 9728
_AGAIN = "Make it again: vernissage generate writes it."


@dataclass(frozen=True)
class Look:
    """The texture of a file: width and height, None without one; and whether it is a palette."""

    size: tuple[int, int] | None
    palette: bool
    findings: tuple[Finding, ...]


def look(written: Written) -> Look:
    """Findings on textures and material, and what other checks need to know of them."""
    used = {part.material for part in written.chain}
    materials = written.doc.get("materials", [])
    known = [k for k in used if isinstance(k, int) and 0 <= k < len(materials)]
    if not known or len(known) < len(used):
        lost = judged("material", False, "a part has no material", _AGAIN)
        return Look(None, False, (skipped("textures", "there is no material"), lost))
    size: tuple[int, int] | None = None
    nearest, problems, sizes = False, [], []
    for material in (materials[k] for k in known):
        for name, reference in _textures(material):
            try:
                data, sampler = written.picture(reference["index"])
                found = _size(data)
            except (KeyError, IndexError, TypeError, ValueError, OSError) as error:
                problems.append(f"the {name} texture is missing or no picture ({error})")
                continue
            sizes.append(f"{name} {found[0]}×{found[1]}")
            if name == "colour":
                size, nearest = found, sampler.get("magFilter") == _NEAREST
            if any(side & (side - 1) for side in found):
                problems.append(f"the {name} texture is {found[0]}×{found[1]}, no powers of two")
        if "baseColorTexture" not in material.get("pbrMetallicRoughness", {}):
            problems.append("there is no colour texture")
    textures = judged(
        "textures",
        not problems,
        "; ".join(problems) or f"{', '.join(sizes)} texels, in the file",
        "Give it textures whose sides are powers of two, packed into the file.",
        len(problems),
    )
    return Look(size, nearest, (textures, _material([materials[k] for k in known])))


def _textures(material: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    metallic = material.get("pbrMetallicRoughness", {})
    named = {
        "colour": metallic.get("baseColorTexture"),
        "metallic-roughness": metallic.get("metallicRoughnessTexture"),
        "normal": material.get("normalTexture"),
        "occlusion": material.get("occlusionTexture"),
        "emission": material.get("emissiveTexture"),
    }
    yield from ((name, texture) for name, texture in named.items() if texture is not None)


def _size(data: bytes) -> tuple[int, int]:
    """Width and height of a picture that can be read to its end. Raises `ValueError`, `OSError`."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if max(picture.size) > MOST_TEXELS:
                raise ValueError(f"{picture.size[0]}×{picture.size[1]} is too large")
            picture.load()
            return picture.size
    except (SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(str(error)) from error


def _material(materials: list[dict[str, Any]]) -> Finding:
    problems = []
    for material in materials:
        model = material.get("pbrMetallicRoughness")
        if not isinstance(model, dict):
            problems.append(f"{material.get('name')} is not metallic-roughness")
            continue
        for key in ("metallicFactor", "roughnessFactor"):
            value = model.get(key, 1.0)
            if not is_number(value) or not 0 <= value <= 1:
                problems.append(f"{key} is {value!r}, not within 0 and 1")
    shown = materials[0].get("pbrMetallicRoughness", {})
    sentence = f"metallic {shown.get('metallicFactor', 1.0)}, roughness {shown.get('roughnessFactor', 1.0)}"
    return judged("material", not problems, "; ".join(problems) or sentence, _AGAIN, len(problems))


def place_checks(written: Written) -> Iterator[Finding]:
    """Findings on where the asset stands, how tall it is, and where it comes from."""
    points = np.concatenate([part.points for part in written.drawn])
    low, high = points.min(0), points.max(0)
    off = max(abs(low[1]), abs(low[0] + high[0]) / 2, abs(low[2] + high[2]) / 2)
    slack = ROUNDING * written.size
    yield judged(
        "origin",
        bool(off <= slack),
        f"{off * 1000:.2f} mm off the centre of the base" if off > slack else "base centre",
        "Move the origin to the centre of the base, and apply the transform.",
        float(off / max(written.size, 1e-12)),
    )
    tall, stated = float(high[1] - low[1]), written.stated.get("height_m")
    if is_number(stated):
        yield judged(
            "height",
            abs(tall - stated) <= slack,
            f"{tall:.4f} m of {stated:.4f} m stated",
            "Scale it to its stated height, and apply the transform.",
            abs(tall - stated) / max(written.size, 1e-12),
        )
    else:
        yield skipped("height", f"{tall:.4f} m; the file states no height")
    yield _provenance(written)


def _provenance(written: Written) -> Finding:
    asset = written.doc.get("asset", {})
    record = asset.get("extras") if isinstance(asset, dict) else None
    record = record if isinstance(record, dict) else {}
    missing = [key for key in KNOWN if record.get(key) in (None, "", [])]
    if "digitalSourceType" not in record:
        missing.append("digitalSourceType")
    if "KHR_xmp_json_ld" not in written.doc.get("extensionsUsed", []):
        missing.append("an XMP packet")
    return judged(
        "provenance",
        not missing,
        f"without {', '.join(missing)}"
        if missing
        else f"{record['model']}, seed {record['seed']}, {record['licence']}",
        _AGAIN,
        len(missing),
    )
