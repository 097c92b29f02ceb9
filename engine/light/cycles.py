"""Lightmaps of final quality: Blender bakes them with Cycles, in a process of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from engine.errors import CannotTrace

SCRIPT = Path(__file__).with_name("in_blender.py")
SAMPLES = 256
_MARK = "baked "


class CannotBake(CannotTrace):
    """There is no Blender to bake with, or it stopped."""

    fix = (
        "Install Blender as a package (pip install bpy, of the Python that it is made for) or put "
        "`blender` on the PATH; --light fine needs neither."
    )


def blender() -> list[str]:
    """The command that runs a script in Blender. Raises `CannotBake`."""
    if find_spec("bpy") is not None:
        return [sys.executable, "-P", str(SCRIPT)]  # or this file would hide Blender's `cycles`
    command = shutil.which("blender")
    if command is None:
        raise CannotBake("Light cannot be baked with Cycles: there is no Blender here")
    return [command, "-b", "--factory-startup", "-P", str(SCRIPT), "--"]


def bake_cycles(
    museum: dict[str, Any],
    folder: Path,
    *,
    samples: int = SAMPLES,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """Bake the light of a bundle: beside each lightmap (H, W, 3) float32 as `.npy`, 0 where unreached.

    Args:
        museum: `museum.json`, with `bundle` and the files of works. folder: where these files are.
        samples: rays for each texel.
        on_progress: told of (done, total) after each room; may raise to stop.
    Raises:
        CannotBake.
    """
    total = len(museum["bundle"]["lightmaps"])
    command = [*blender(), str(folder), "--samples", str(samples)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        done, last = 0, ""
        try:
            child.stdin.write(json.dumps(museum))
            child.stdin.close()
            for line in child.stdout:
                last = line.strip() or last
                if line.startswith(_MARK):
                    done += 1
                    on_progress(done, total)
        except BrokenPipeError:
            pass  # it stopped before it read all: what it said last tells why
        finally:
            child.kill()
    if done != total:
        raise CannotBake(f"Blender stopped after {done} of {total} rooms: {last}")
