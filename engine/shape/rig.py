"""A humanoid armature fitted to a voxel body, with one bone for each lattice point.

Bones are named as in VRM and Unity's Humanoid, without a prefix:

| here                         | VRM 1.0                      | Mixamo                   | Rigify            |
|------------------------------|------------------------------|--------------------------|-------------------|
| Hips, Spine, Chest           | hips, spine, chest           | Hips, Spine, Spine1      | spine, .001, .002 |
| Neck, Head                   | neck, head                   | Neck, Head               | spine.004, .006   |
| Left/RightUpperArm, LowerArm | left/rightUpperArm, LowerArm | Left/RightArm, ForeArm   | upper_arm, forearm |
| Left/RightHand               | left/rightHand               | Left/RightHand           | hand.L/R          |
| Left/RightUpperLeg, LowerLeg | left/rightUpperLeg, LowerLeg | Left/RightUpLeg, Leg     | thigh, shin       |
| Left/RightFoot               | left/rightFoot               | Left/RightFoot           | foot.L/R          |

Points are (x, y, z) in voxel units, z up. The character looks along -y; its left is +x.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from engine.data.voxels import VoxelGrid
from engine.errors import EmptyShape

BONES: tuple[tuple[str, str | None], ...] = (
    ("Hips", None),
    ("Spine", "Hips"),
    ("Chest", "Spine"),
    ("Neck", "Chest"),
    ("Head", "Neck"),
    ("LeftUpperArm", "Chest"),
    ("LeftLowerArm", "LeftUpperArm"),
    ("LeftHand", "LeftLowerArm"),
    ("RightUpperArm", "Chest"),
    ("RightLowerArm", "RightUpperArm"),
    ("RightHand", "RightLowerArm"),
    ("LeftUpperLeg", "Hips"),
    ("LeftLowerLeg", "LeftUpperLeg"),
    ("LeftFoot", "LeftLowerLeg"),
    ("RightUpperLeg", "Hips"),
    ("RightLowerLeg", "RightUpperLeg"),
    ("RightFoot", "RightLowerLeg"),
)
INDEX = {name: index for index, (name, _) in enumerate(BONES)}
_TOUCHING = np.ones((3, 3, 3), dtype=bool)
_ELBOW, _WRIST = 0.45, 0.75  # along the arm, shoulder 0 to fist 1
_NECK_AT, _HIP_AT = 0.54, 0.2  # usual heights of squat figures, as shares of the body


@dataclass(frozen=True)
class Landmarks:
    """What was measured on a body, in voxel units.

    Attributes:
        base, hip, neck, top: heights of the soles, the crotch, the chin and the crown.
        middle: (x, y) of the trunk's axis. split: x between the legs.
        trunk: x range of the trunk without arms.
        legs: whether a gap shows two legs. arms: (left, right), whether the silhouette shows them.
    """

    base: int
    hip: float
    neck: float
    top: int
    middle: tuple[float, float]
    split: float
    trunk: tuple[int, int]
    legs: bool
    arms: tuple[bool, bool]


@dataclass(frozen=True)
class Rig:
    """Bones and the lattice points they move.

    Attributes:
        heads: (17, 3) float rest positions of `BONES`.
        marks: (D+1, H+1, W+1) uint8 index into `BONES`; axis order z, y, x as in the grid.
        landmarks: what the fit is based on.
    """

    heads: np.ndarray
    marks: np.ndarray
    landmarks: Landmarks


def fit_rig(grid: VoxelGrid) -> Rig:
    """Fit the armature to a body that stands upright and looks along -y.

    Each lattice point belongs to exactly one bone, so weights are rigid and neighbouring faces
    never part: a joint bends within one row of voxels. Every body gets all 17 bones; limbs that
    the silhouette does not show get bones at their usual places that move nothing.

    Raises:
        EmptyShape: no voxel is solid.
    """
    if not grid.solid.any():
        raise EmptyShape("The shape has no solid voxel")
    solid = grid.solid
    rows = np.flatnonzero(solid.any((1, 2)))
    base, top = int(rows[0]), int(rows[-1]) + 1
    neck = _neck(grid, base, top)
    low, high = base + (top - base) * _HIP_AT, neck
    trunk = _trunk(solid[int(low) : max(int(low) + 1, int(high))])
    hip, split, has_legs = _legs(solid, base, neck, trunk)
    torso = np.argwhere(solid[int(hip) : max(int(hip) + 1, int(neck)), :, trunk[0] : trunk[1]])
    depth = float(torso[:, 1].mean()) + 0.5 if len(torso) else solid.shape[1] / 2
    middle = ((trunk[0] + trunk[1]) / 2, depth)
    parts, arms = _parts(solid, neck, hip, trunk)
    marks = Landmarks(base, hip, neck, top, middle, split, trunk, has_legs, arms)
    heads = _heads(parts, marks)
    return Rig(heads=heads, marks=_assign(parts, heads, marks), landmarks=marks)


def _neck(grid: VoxelGrid, base: int, top: int) -> float:
    """Height of the chin: where outline and colours change most, near the usual height."""
    tall = top - base
    best, found = -np.inf, base + tall * _NECK_AT
    for z in range(base + round(0.35 * tall), base + round(0.75 * tall) + 1):
        if not base + 1 < z < top:
            continue
        below, above = grid.solid[z - 1], grid.solid[z]
        outline = 1 - (below & above).sum() / max(1, (below | above).sum())
        clothes = grid.colors[z - 1][below].astype(float)
        skin = grid.colors[z][above].astype(float)
        change = _difference(clothes, skin)
        score = outline + change - 4.0 * abs((z - base) / tall - _NECK_AT)
        if score > best:
            best, found = float(score), float(z)
    return found


def _difference(first: np.ndarray, second: np.ndarray) -> float:
    """Share of colour that two rows do not have in common, 0..1; (N, 3) and (M, 3)."""
    kinds = [np.unique(colors // 16, axis=0, return_counts=True) for colors in (first, second)]
    shares: list[dict[tuple[float, ...], float]] = [
        {tuple(color): n / counts.sum() for color, n in zip(colors, counts, strict=True)}
        for colors, counts in kinds
    ]
    return 1.0 - sum(min(share, shares[1].get(color, 0.0)) for color, share in shares[0].items())


def _trunk(torso: np.ndarray) -> tuple[int, int]:
    """Columns of the trunk: those about as deep as the deepest; arms and weapons are thinner."""
    mass = torso.sum((0, 1))
    if not mass.any():
        return 0, torso.shape[2]
    thick = mass >= 0.45 * mass.max()
    middle = int(np.average(np.arange(len(mass)), weights=mass * thick).round())
    low = high = middle if thick[middle] else int(mass.argmax())
    while low > 0 and thick[low - 1]:
        low -= 1
    while high + 1 < len(mass) and thick[high + 1]:
        high += 1
    return low, high + 1


def _legs(
    solid: np.ndarray, base: int, neck: float, trunk: tuple[int, int]
) -> tuple[float, float, bool]:
    """Height of the crotch, x of the gap between the legs, and whether there is a gap."""
    front = solid.any(1)
    low, high = trunk
    hip, gaps = base, []
    for z in range(base, max(base + 1, int(neck) - 1)):
        row = front[z, low:high]
        filled = np.flatnonzero(row)
        empty = np.flatnonzero(~row)
        inner = empty[(empty > filled[0]) & (empty < filled[-1])] if len(filled) else empty[:0]
        if len(inner) == 0 or z > hip:
            break
        hip = z + 1
        gaps.append(low + float(inner.mean()) + 0.5)
    if gaps:
        return float(hip), float(np.mean(gaps)), True
    return base + max(1.0, (neck - base) * _HIP_AT / _NECK_AT), (low + high) / 2, False


def _parts(
    solid: np.ndarray, neck: float, hip: float, trunk: tuple[int, int]
) -> tuple[dict[str, np.ndarray], tuple[bool, bool]]:
    """Voxels of head, left and right arm (with what the hand holds), legs and torso."""
    z = np.arange(solid.shape[0])[:, None, None] + 0.5
    x = np.arange(solid.shape[2])[None, None, :]
    beside = (x < trunk[0]) | (x >= trunk[1])
    reach = solid & beside & (z < neck) & (z > hip - 1)
    upper = solid & (z > neck)
    lower = solid & (z < hip)
    loose = _apart(upper, trunk) | _apart(lower, trunk)  # a staff beside head and legs
    arms = {}
    for name, side in (("Left", x >= trunk[1]), ("Right", x < trunk[0])):
        seed = reach & side & (z > hip)
        arm = ndimage.binary_propagation(seed, _TOUCHING, mask=(reach | loose) & side)
        arms[name] = arm if seed.sum() >= 2 else np.zeros_like(solid)
    held = arms["Left"] | arms["Right"]
    parts = {
        "Head": upper & ~held,
        "LeftArm": arms["Left"],
        "RightArm": arms["Right"],
        "Legs": lower & ~held,
        "Torso": solid & ~held & ~upper & ~lower,
    }
    return parts, (bool(arms["Left"].any()), bool(arms["Right"].any()))


def _apart(part: np.ndarray, trunk: tuple[int, int]) -> np.ndarray:
    """Voxels of `part` in bodies that do not reach over the trunk's columns."""
    labels, _ = ndimage.label(part, structure=_TOUCHING)
    own = np.unique(labels[:, :, trunk[0] : trunk[1]])
    return part & ~np.isin(labels, own)


def _heads(parts: dict[str, np.ndarray], marks: Landmarks) -> np.ndarray:
    """(17, 3) rest positions of the bones."""
    x, y = marks.middle
    base, hip, neck = marks.base, marks.hip, marks.neck
    trunk = neck - hip
    heads = {
        "Hips": (x, y, hip),
        "Spine": (x, y, hip + 0.25 * trunk),
        "Chest": (x, y, hip + 0.6 * trunk),
        "Neck": (x, y, neck - 0.1 * trunk),
        "Head": (x, y, neck),
    }
    wide = marks.trunk[1] - marks.trunk[0]
    for side, edge, out in (("Left", marks.trunk[1], 1.0), ("Right", marks.trunk[0], -1.0)):
        shoulder = np.array([edge, y, neck - min(0.5, 0.2 * trunk)])
        arm = np.argwhere(parts[f"{side}Arm"])[:, ::-1] + 0.5
        fist = shoulder + np.array([0.25 * out, 0.0, -0.75 * trunk])
        if len(arm):
            shoulder[1] = arm[arm[:, 2] > arm[:, 2].max() - 1.5][:, 1].mean()
            far = np.linalg.norm(arm - shoulder, axis=1)
            near = far <= max(trunk, far.min()) + 0.5  # what the hand holds reaches further
            limit = 0.8 * far[near].max()
            fist = arm[near & (far >= limit)].mean(0)
        heads[f"{side}UpperArm"] = tuple(shoulder)
        heads[f"{side}LowerArm"] = tuple(shoulder + _ELBOW * (fist - shoulder))
        heads[f"{side}Hand"] = tuple(shoulder + _WRIST * (fist - shoulder))
        leg = marks.split + 0.5 * out * max(1.0, wide / 2)
        heads[f"{side}UpperLeg"] = (leg, y, hip)
        heads[f"{side}LowerLeg"] = (leg, y, base + 0.5 * (hip - base))
        heads[f"{side}Foot"] = (leg, y, base + 0.2 * (hip - base))
    return np.array([heads[name] for name, _ in BONES])


def _assign(parts: dict[str, np.ndarray], heads: np.ndarray, marks: Landmarks) -> np.ndarray:
    """(D+1, H+1, W+1) bone of each lattice point."""
    touched = {name: _corners(part) for name, part in parts.items()}
    z, _, x = np.meshgrid(*[np.arange(n) for n in touched["Torso"].shape], indexing="ij")
    bones = np.full(z.shape, INDEX["Chest"], dtype=np.uint8)
    bones[z < heads[INDEX["Chest"], 2]] = INDEX["Spine"]
    bones[z < heads[INDEX["Spine"], 2]] = INDEX["Hips"]
    if marks.legs:
        tall = marks.hip - marks.base
        own = touched["Legs"] & ~touched["Torso"] & (x != marks.split)
        for side, here in (("Left", x > marks.split), ("Right", x < marks.split)):
            for name, share in (("UpperLeg", 1.0), ("LowerLeg", 0.5), ("Foot", 0.2)):
                bones[own & here & (z <= marks.base + share * tall)] = INDEX[side + name]
    bones[touched["Head"]] = INDEX["Head"]
    points = np.moveaxis(np.indices(bones.shape)[::-1], 0, -1).astype(float)
    for side in ("Left", "Right"):
        shoulder = heads[INDEX[f"{side}UpperArm"]]
        forearm = heads[INDEX[f"{side}LowerArm"]] - shoulder
        along = _ELBOW * (points - shoulder) @ forearm / max(1e-9, float(forearm @ forearm))
        # The points of the armpit follow the arm, so that it stays a box; those it shares with the
        # head or the top of the trunk stay with the chest, so that neither drags the other.
        held = touched[f"{side}Arm"]
        hinge = touched["Torso"] & (z > shoulder[2])
        for name, start in (("UpperArm", -np.inf), ("LowerArm", _ELBOW), ("Hand", _WRIST)):
            bones[held & (along >= start)] = INDEX[side + name]
        bones[held & (hinge | touched["Head"])] = INDEX["Chest"]
    return bones


def _corners(part: np.ndarray) -> np.ndarray:
    """(D+1, H+1, W+1) bool: lattice points that are a corner of a voxel of `part`."""
    wide = np.pad(part, 1)
    for axis in range(3):
        ahead = wide.take(range(1, wide.shape[axis]), axis)
        wide = ahead | wide.take(range(wide.shape[axis] - 1), axis)
    return wide
