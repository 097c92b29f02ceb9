"""A virtual screen with one Blender window on it, a mouse, a keyboard and a camera.

Standard library only; Xvfb, xdotool and ImageMagick's `import` do the work.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SIZE = (1600, 900)

Spot = tuple[float, float]


class GuiError(RuntimeError):
    """What a user would have seen go wrong, in one sentence."""


@contextmanager
def virtual_screen() -> Iterator[dict[str, str]]:
    """Start Xvfb on a free display; yields the environment that programs need to use it."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24"]
        + ["-dpi", "96", "-nolisten", "tcp", "+extension", "GLX"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        number = os.read(read, 16).decode().strip()
        if not number:
            raise GuiError("Xvfb did not start")
        yield os.environ | {"DISPLAY": f":{number}", "LIBGL_ALWAYS_SOFTWARE": "1"}
    finally:
        os.close(read)
        server.terminate()
        server.wait()


class Desktop:
    """The screen as a user has it, and the probe inside Blender as a second pair of eyes."""

    def __init__(self, env: dict[str, str], blender: list[str], log: Path) -> None:
        """Start Blender with the probe and wait until its event loop answers."""
        self.env = env
        to_probe, self._questions = os.pipe()
        self._answers, from_probe = os.pipe()
        with log.open("wb") as stream:
            self.blender = subprocess.Popen(
                [*blender, "--python", str(HERE / "probe.py")],
                env=env | {"GUI_PROBE_PIPES": f"{to_probe},{from_probe}"},
                pass_fds=[to_probe, from_probe],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        os.close(to_probe)
        os.close(from_probe)
        self._buffer = b""
        self.ask("screen", patience_s=180)

    def close(self) -> None:
        """End Blender; its settings are a throw-away folder."""
        self.blender.terminate()
        try:
            self.blender.wait(10)
        except subprocess.TimeoutExpired:
            self.blender.kill()
            self.blender.wait()
        os.close(self._questions)
        os.close(self._answers)

    def ask(self, question: str, patience_s: float = 300) -> Any:
        """Ask the probe. Raises GuiError when Blender died, hangs or could not answer."""
        with suppress(BrokenPipeError):
            os.write(self._questions, json.dumps({"ask": question}).encode() + b"\n")
        end = time.monotonic() + patience_s
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise GuiError(f"Blender did not answer {question!r} within {patience_s:g} s")
            piece = os.read(self._answers, 65536)
            if not piece:
                raise GuiError(f"Blender ended with code {self.blender.wait()}")
            self._buffer += piece
        line, self._buffer = self._buffer.split(b"\n", 1)
        reply = json.loads(line)
        if "error" in reply:
            raise GuiError(f"the probe could not answer {question!r}: {reply['error']}")
        return reply["answer"]

    def wait(self, what: str, holds: Callable[[], Any], patience_s: float = 30) -> Any:
        """Poll until `holds()` is true and return its value; GuiError names what never came."""
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            if value := holds():
                return value
            time.sleep(0.02)
        raise GuiError(f"waited {patience_s:g} s in vain for {what}")

    def xdotool(self, *words: object) -> None:
        subprocess.run(["xdotool", *map(str, words)], env=self.env, check=True)

    def move(self, x: float, y: float) -> None:
        """Move the mouse; pixels from the screen's lower left corner, as Blender counts them.

        Two steps, because Blender takes a single jump for a touch and highlights nothing.
        """
        row = SIZE[1] - 1 - round(y)
        self.xdotool("mousemove", round(x) - 2, row, "mousemove", round(x), row)

    def find(self, words: str, box: list[int], across: float = 0.5, step: int = 9) -> Spot:
        """Hover down a column of `box` until Blender names a button whose path contains `words`.

        Returns:
            The middle of the button's height, in the column at `across` of the box's width.
        """
        left, low, width, height = box
        x = left + across * width
        hits: list[float] = []
        for y in range(low + height - 4, low, -step):
            self.move(x, y)
            self.settle()
            under = self.ask("under_mouse")
            if words in under["operator"] or words in under["property"]:
                hits.append(y)
            elif hits:
                break
        if not hits:
            raise GuiError(f"no button for {words!r} is on the screen")
        return x, sum(hits) / len(hits)

    def type_into(self, spot: Spot, text: str) -> None:
        """Replace what a field holds, as a user does: double-click, type, Enter."""
        self.click(*spot, times=2)
        self.settle()
        self.key("ctrl+a")
        self.xdotool("type", "--delay", 15, text)
        self.key("Return")

    def click(self, x: float, y: float, times: int = 1) -> float:
        """Click with the left button; returns the monotonic time of the (last) press."""
        self.move(x, y)
        self.settle()
        if times > 1:
            self.xdotool("click", "--repeat", times - 1, "--delay", 60, 1)
        self.xdotool("mousedown", 1)
        pressed = time.monotonic()
        self.xdotool("mouseup", 1)
        return pressed

    def key(self, *names: str) -> None:
        """Press keys, in xdotool's names, where the mouse is."""
        self.xdotool("key", "--delay", 40, *names)
        self.settle()

    def settle(self) -> None:
        """Wait until Blender has gone round its event loop twice: what was sent has been handled."""
        self.ask("times")
        self.ask("times")

    def photograph(self, path: Path) -> bytes:
        """Save the whole screen as PNG; returns the file's bytes."""
        path.parent.mkdir(parents=True, exist_ok=True)
        command = ["import", "-window", "root", "-define", "png:exclude-chunk=date,time"]
        subprocess.run([*command, str(path)], env=self.env, check=True)
        return path.read_bytes()

    @staticmethod
    def shrink(path: Path) -> None:
        """Bring a picture down to 256 colours: a third of the bytes, and the eye sees the same."""
        subprocess.run(["mogrify", "+dither", "-colors", "256", str(path)], check=True)
        path.chmod(0o644)

    def photograph_when_still(self, path: Path, patience_s: float = 1200) -> None:
        """Save the screen once three pictures in a row are equal (shaders have compiled)."""
        pictures: list[bytes] = []
        end = time.monotonic() + patience_s
        while len(pictures) < 3 or len(set(pictures[-3:])) > 1:
            if time.monotonic() > end:
                raise GuiError(f"the screen did not come to rest within {patience_s:g} s")
            self.settle()
            pictures.append(self.photograph(path))

    def wait_for_rest(self) -> None:
        """Wait until nothing on the screen moves any more."""
        with tempfile.TemporaryDirectory() as folder:
            self.photograph_when_still(Path(folder) / "rest.png")
