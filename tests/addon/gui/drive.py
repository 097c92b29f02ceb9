"""Drive the add-on in a real Blender window with a real mouse pointer, and take its picture.

    python3 drive.py --engine "COMMAND" [--out FOLDER] [--pictures FOLDER]

Run it where `blender`, `Xvfb`, `xdotool` and ImageMagick are: on such a machine directly, elsewhere
through enter.sh. It builds and validates the extension, installs it, gives the engine's command in
the preferences, generates characters and, if the engine has a model of them, textured shapes,
undoes and redoes, cancels, and checks the scene each time.
Ends with 0 and a report (drive.json) when everything held, with 1 and one sentence when not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from checks import check_characters, check_same, check_shapes
from desktop import Desktop, GuiError, virtual_screen
from museum import play_museum

ROOT = Path(__file__).resolve().parents[3]
ADDON = "bl_ext.user_default.vernissage"
HEIGHT_M = 1.7
CANCEL_S = 2.0
"""Seconds within which a cancelled job must be over (design.md §8)."""
ACTS = ("characters", "shapes", "museum")
"""Parts of the play, in order."""
MANY = 250
"""A job long enough to be cancelled in the middle."""


def main() -> int:
    """Run the whole play; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--blender", default="blender", help="the program")
    parser.add_argument("--engine", default=str(ROOT / ".venv/bin/vernissage"), help="the command")
    parser.add_argument("--out", type=Path, default=Path("gui-out"), help="report, log, pictures")
    parser.add_argument("--pictures", type=Path, help="folder for the pictures, else --out")
    parser.add_argument("--count", type=int, default=12, help="characters in the picture")
    parser.add_argument("--acts", nargs="+", default=ACTS, choices=ACTS, help="parts of the play")
    parser.add_argument("--works", type=int, default=6, help="works of the museum")
    parser.add_argument("--theme", default="baroque_enfilade", help="of the museum")
    parser.add_argument("--kind", default="furniture", help="class or category of the shapes")
    options = parser.parse_args()
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    pictures = (options.pictures or out).resolve()
    report: dict = {}
    try:
        with tempfile.TemporaryDirectory() as user:
            os.environ["BLENDER_USER_RESOURCES"] = user
            report["extension"] = install(options.blender, out)
            with virtual_screen() as env:
                desktop = Desktop(env, command_line(options.blender), out / "blender.log")
                try:
                    play = Play(desktop, out, pictures, report)
                    play.begin(options.engine)
                    if "characters" in options.acts:
                        play.characters(options.count)
                    if "shapes" in options.acts:
                        play.shapes(options.kind, options.count)
                    if "museum" in options.acts:
                        play_museum(play, options.works, options.theme)
                except BaseException:
                    desktop.photograph(out / "failed.png")
                    raise
                finally:
                    desktop.close()
    except GuiError as error:
        print(f"drive: {error}", file=sys.stderr)
        report["failed"] = str(error)
        return 1
    finally:
        (out / "drive.json").write_text(json.dumps(report, indent=2) + "\n")
        print(json.dumps(report, indent=2))
    return 0


def command_line(blender: str) -> list[str]:
    """Factory settings, and one window over the whole screen."""
    return [blender, "--factory-startup", "--window-geometry", "0", "0", "1600", "900"]


def build(out: Path) -> Path:
    """Build the extension into `out`."""
    tool = [sys.executable, str(ROOT / "tools" / "build_addon.py"), "--out", str(out)]
    done = subprocess.run(tool, check=True, capture_output=True, text=True)
    return Path(done.stdout.strip().splitlines()[-1])


def install(blender: str, out: Path) -> str:
    """Build the extension, let Blender judge it, install it; returns Blender's verdict."""
    archive = build(out)
    verdict = validate(blender, archive)
    extension(blender, "install-file", "-r", "user_default", str(archive))
    return verdict


def validate(blender: str, archive: Path) -> str:
    """Let Blender judge an extension; returns its verdict. Raises GuiError with it when it is bad."""
    return extension(blender, "validate", str(archive)).replace(str(archive), archive.name)


def extension(blender: str, *words: str) -> str:
    """Run `blender --command extension …`. Raises GuiError with its words when it fails."""
    done = subprocess.run(
        [blender, "--command", "extension", *words], capture_output=True, text=True
    )
    said = (done.stdout + done.stderr).strip()
    if done.returncode:
        raise GuiError(f"blender --command extension {words[0]} failed: {said}")
    return done.stdout.strip().splitlines()[-1]


class Play:
    """The acts, in order. Everything a user would do goes through the mouse and the keyboard."""

    def __init__(self, desktop: Desktop, out: Path, pictures: Path, report: dict) -> None:
        self.desktop = desktop
        self.out = out
        self.pictures = pictures
        self.report = report

    def begin(self, engine: str) -> None:
        """From a fresh Blender to the panel."""
        self.desktop.key("Escape")  # the splash screen
        self.clear_scene()
        self.give_engine(engine)
        self.open_tab()

    def characters(self, count: int) -> None:
        """Characters, and jobs that are cancelled."""
        desktop = self.desktop
        self.set_field("count", count)
        desktop.ask("time_operators")
        self.generate("characters", count)
        self.report["characters"] = check_characters(self.after, count, HEIGHT_M)
        self.undo_and_redo("characters")
        self.step_closer()
        self.portrait("blender-panel.png")
        self.shade("SOLID")  # every move of the mouse draws the view: here it costs least
        self.set_field("count", MANY)
        self.cancel("button", lambda where: desktop.click(*where))
        self.cancel("escape", lambda _: self.press_escape())

    def shapes(self, kind: str, count: int) -> None:
        """Another model, one of its classes, and what the panel makes of them."""
        wanted = "textured_props"
        if wanted not in self.desktop.ask("settings")["models"]:
            self.report["shapes"] = "not run: the engine has no model of shapes"
            return
        self.clear_scene()
        self.choose_model(wanted)
        self.choose_class(kind)
        self.set_field("count", count)
        self.generate("shapes", count)
        self.report["shapes"] = check_shapes(self.after, count)
        self.undo_and_redo("shapes")
        self.step_closer()
        self.portrait("blender-props.png")

    def choose_model(self, wanted: str) -> None:
        """Ctrl and the wheel over the menu of models, until `wanted` is chosen."""
        desktop = self.desktop
        spot = desktop.find("vernissage.model", self.box("sidebar"), 0.6)
        desktop.move(*spot)
        for wheel in (4, 5):
            for _ in desktop.ask("settings")["models"]:
                desktop.xdotool("keydown", "ctrl", "click", wheel, "keyup", "ctrl")
                desktop.settle()
                if desktop.ask("settings")["model"] == wanted:
                    return
        raise GuiError(f"the menu of models has no {wanted}")

    def choose_class(self, kind: str) -> None:
        """Type into the search field; Enter takes what it found first."""
        desktop = self.desktop
        desktop.click(*desktop.find("vernissage.class_name", self.box("sidebar"), 0.7))
        desktop.settle()
        desktop.xdotool("type", "--delay", 15, kind)
        desktop.settle()
        desktop.photograph(self.out / "blender-search.png")
        desktop.key("Return")
        found = desktop.ask("settings")
        if kind not in found["class_name"] or found["class_name"] not in found["classes"]:
            raise GuiError(f"searched the classes for {kind}, got {found['class_name']!r}")

    def box(self, name: str) -> list[int]:
        """A region's x, y, width, height."""
        return self.desktop.ask("screen")[name]

    def over_viewport(self) -> None:
        """Put the mouse where keys go to the 3D view."""
        x, y, width, height = self.box("viewport")
        self.desktop.move(x + width * 0.4, y + height * 0.5)

    def clear_scene(self) -> None:
        """Select all, delete."""
        self.over_viewport()
        self.desktop.key("a")
        self.desktop.key("Delete")
        self.desktop.wait("an empty scene", lambda: not self.desktop.ask("facts")["objects"])

    def open_tab(self) -> None:
        """N, then click down the column of tabs until ours is in front."""
        self.over_viewport()
        self.desktop.key("n")
        self.desktop.wait("the sidebar", lambda: self.box("sidebar"))
        x, y, width, height = self.box("sidebar")
        for row in range(y + height - 20, y, -20):
            self.desktop.click(x + width - 8, row)
            self.desktop.settle()
            if self.desktop.ask("screen")["tab"] == "Vernissage":
                return
        raise GuiError("the sidebar has no tab called Vernissage")

    def give_engine(self, command: str) -> None:
        """Edit > Preferences > Add-ons: tick Vernissage, type its command, check the engine."""
        desktop = self.desktop
        x, y, _, height = self.box("header")
        desktop.click(x + 76, y + height + 14)
        desktop.key("p")
        desktop.wait("the preferences", lambda: len(self.box("windows")) == 2)
        window = self.box("windows")[1]
        x, y, _, height = window
        for row in range(y + height - 20, y, -12):
            desktop.click(x + 80, row)
            desktop.settle()
            if self.box("preferences") == "ADDONS":
                break
        else:
            raise GuiError("the preferences have no section called Add-ons")
        desktop.click(*desktop.find(f'addon_enable(module="{ADDON}")', window, 0.242))
        desktop.click(*desktop.find(f'addon_expand(module="{ADDON}")', window, 0.217))
        desktop.type_into(desktop.find("engine_command", window, 0.7), command)
        given = desktop.ask("settings")["engine_command"]
        if given != command:
            raise GuiError(f"typed the command {command!r}, the preferences hold {given!r}")
        desktop.click(*desktop.find("check_engine", window, 0.6))
        self.wait_for_job("the engine to introduce itself")
        desktop.photograph(self.out / "blender-preferences.png")
        desktop.ask("close_preferences")
        desktop.wait("the preferences to close", lambda: len(self.box("windows")) == 1)

    def wait_for_job(self, what: str, patience_s: float = 120) -> dict:
        """Wait until a job that began has ended; returns the probe's times."""
        self.desktop.wait(what, lambda: self.desktop.ask("times")["job_gone_at"], patience_s)
        return self.desktop.ask("times")

    def set_field(self, name: str, value: int) -> None:
        """Double-click a number in the panel, type, Enter."""
        spot = self.desktop.find(f"vernissage.{name}", self.box("sidebar"), 0.7)
        self.desktop.type_into(spot, str(value))
        if self.desktop.ask("settings")[name] != value:
            raise GuiError(f"typed {value} into {name}, and it did not take it")

    def press_generate(self) -> float:
        """Click the button; returns the time of the press."""
        self.spot = self.desktop.find("vernissage.generate", self.box("sidebar"))
        self.desktop.settle()
        self.desktop.ask("reset")
        return self.desktop.click(*self.spot)

    def generate(self, what: str, count: int) -> None:
        """Click Generate and wait for the result."""
        self.before = self.desktop.ask("facts")
        pressed = self.press_generate()
        times = self.wait_for_job(what, 600)
        self.after = self.desktop.ask("facts")
        self.report.setdefault("generate", {})[what] = {
            "count": count,
            "acknowledged_s": round(times["job_seen_at"] - pressed, 3),
            "in_the_scene_s": round(times["job_gone_at"] - pressed, 3),
            "longest_on_the_main_thread_s": {
                part: round(seconds, 4) for part, seconds in times["longest_s"].items()
            },
        }

    def undo_and_redo(self, what: str) -> None:
        """One Ctrl-Z takes back the insertion and nothing else; Ctrl-Shift-Z brings it again."""
        self.over_viewport()
        self.desktop.key("ctrl+z")
        check_same(f"undo of {what}", self.before, self.desktop.ask("facts"))
        self.desktop.key("ctrl+shift+z")
        check_same(f"redo of {what}", self.after, self.desktop.ask("facts"))
        self.report["undo"] = "one step takes back exactly the insertion; redo brings it again"

    def step_closer(self) -> None:
        """Deselect; look down from the front right, near enough to see the textures' pixels."""
        desktop = self.desktop
        self.over_viewport()
        desktop.key("alt+a")
        desktop.key("KP_1", "KP_5", "KP_8", "KP_8", "KP_6", "KP_6", "Home")
        for _ in range(3):
            desktop.xdotool("click", 4)  # the wheel, which Blender ignores while it still zooms
            desktop.settle()
        desktop.key(*["ctrl+KP_6"] * 5)

    def portrait(self, name: str) -> None:
        """Material Preview, and a picture once its shaders are there."""
        self.shade("MATERIAL")
        self.over_viewport()
        self.desktop.photograph_when_still(self.pictures / name)
        self.desktop.shrink(self.pictures / name)

    def shade(self, kind: str) -> None:
        """Click along the shading buttons of the viewport's header until `kind` is shown."""
        x, y, width, height = self.box("header")
        for column in range(x + width - 20, x + width // 2, -12):
            self.desktop.move(column, y + height / 2)
            self.desktop.settle()
            if "shading.type" in self.desktop.ask("under_mouse")["property"]:
                self.desktop.click(column, y + height / 2)
                self.desktop.settle()
                if self.box("shading") == kind:
                    return
        raise GuiError(f"the header has no button for {kind}")

    def cancel(self, name: str, stop: Callable[[tuple[float, float]], float]) -> None:
        """Begin a long job, stop it in the middle, and find the scene as it was."""
        desktop = self.desktop
        before = desktop.ask("facts")
        self.press_generate()
        x, y = self.spot
        spot = desktop.find("vernissage.cancel", [round(x) - 60, round(y) - 60, 120, 120], step=6)
        if name == "button":
            desktop.move(*spot)
            desktop.photograph(self.pictures / "blender-progress.png")
        if desktop.ask("times")["job_gone_at"]:
            raise GuiError(f"the job of {MANY} was over before it could be cancelled")
        pressed = stop(spot)
        times = self.wait_for_job("the job to stop", CANCEL_S + 10)
        if name == "button":
            desktop.shrink(self.pictures / "blender-progress.png")
        seconds = times["job_gone_at"] - pressed
        check_same(f"cancel by {name}", before, desktop.ask("facts"))
        self.report.setdefault("cancel_s", {})[name] = round(seconds, 3)
        if seconds > CANCEL_S:
            raise GuiError(f"cancelling by {name} took {seconds:.1f} s, more than {CANCEL_S:g} s")

    def press_escape(self) -> float:
        """Press Esc over the viewport; returns the time."""
        self.over_viewport()
        self.desktop.settle()
        pressed = time.monotonic()
        self.desktop.xdotool("key", "Escape")
        return pressed


if __name__ == "__main__":
    sys.exit(main())
