"""An idle clip for the humanoid armature: breathing, a slight sway, a turn of the head."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.assets.asset import Clip, Joint

FPS = 24
FRAMES = 60
KEYS = 13  # one every five frames; linear between them


def idle_clip(joints: Sequence[Joint], unit: float) -> Clip:
    """A loop of 2.5 s: the last key repeats the first.

    Args:
        joints: a skeleton with Spine, Chest, Head and both upper arms.
        unit: metres a voxel; breathing lifts the chest by a fraction of it.
    """
    index = {joint.name: number for number, joint in enumerate(joints)}
    times = np.linspace(0, FRAMES / FPS, KEYS)
    turn = 2 * np.pi * np.arange(KEYS) / (KEYS - 1)
    turn[-1] = 0.0  # exactly the first key
    sway, breath = np.sin(turn), (1 - np.cos(turn)) / 2
    nod = np.sin(2 * turn)
    lift = np.zeros((KEYS, 3))
    lift[:, 1] = 0.14 * unit * breath
    rotations = {
        index["Spine"]: _rotation(1.0 * breath, 0 * turn, 1.2 * sway),
        index["Chest"]: _rotation(-2.2 * breath, 0 * turn, -0.6 * sway),
        index["Head"]: _rotation(1.2 * breath + 1.0 * nod, 8.0 * sway, -1.2 * sway),
        index["LeftUpperArm"]: _rotation(-2.5 * sway, 0 * turn, 4.0 * breath),
        index["RightUpperArm"]: _rotation(2.5 * sway, 0 * turn, -4.0 * breath),
    }
    return Clip("Idle", times.astype(np.float32), rotations, {index["Chest"]: lift})


def _rotation(pitch: np.ndarray, yaw: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """(T, 4) xyzw quaternions of turns in degrees about x, then z, then y."""
    x, y, z = (np.radians(angle) / 2 for angle in (pitch, yaw, roll))
    zero = np.zeros_like(x)
    about_x = np.stack([np.sin(x), zero, zero, np.cos(x)], -1)
    about_y = np.stack([zero, np.sin(y), zero, np.cos(y)], -1)
    about_z = np.stack([zero, zero, np.sin(z), np.cos(z)], -1)
    return _times(about_y, _times(about_z, about_x)).astype(np.float32)


def _times(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hamilton products of (T, 4) xyzw quaternions."""
    ax, ay, az, aw = a.T
    bx, by, bz, bw = b.T
    return np.stack(
        [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ],
        -1,
    )
