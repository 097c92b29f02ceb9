"""The last act: a museum built by its button, visited, one work made anew, each taken back by Ctrl-Z."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checks import check_museum
from desktop import GuiError

if TYPE_CHECKING:
    from drive import Play

ROW_PX = 30
"""From the header of a panel to what stands below it."""
PATIENCE_S = 1800
"""Seconds for building; a shared machine without a GPU is slow."""


def play_museum(play: Play, works: int, theme: str) -> None:
    """From an empty scene to a picture of a room with the panel beside it."""
    act = MuseumAct(play)
    play.clear_scene()
    act.unfold_panel()
    act.choose_theme(theme)
    for name, value in (("works", works), ("versions", 0)):
        act.set_field(name, value)
    act.build(works)
    act.visit()
    act.make_anew()


class MuseumAct:
    """Everything a user would do in the panel *Museum*, by mouse."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.desktop = play.desktop

    def sidebar(self) -> list[int]:
        return self.play.box("sidebar")

    def unfold_panel(self) -> None:
        """Click the header of the first panel, which folds it, and then the one below it."""
        x, y = self.desktop.find("vernissage.model", self.sidebar(), 0.5)
        header = y + ROW_PX
        for below in (0.0, ROW_PX, 0.85 * ROW_PX, 1.15 * ROW_PX):
            self.desktop.click(x, header - below)
            self.desktop.wait_for_rest()  # panels glide
            if below and self.is_shown("museum.theme"):
                return
        raise GuiError("the sidebar has no panel called Museum")

    def is_shown(self, words: str) -> bool:
        try:
            return bool(self.desktop.find(words, self.sidebar(), 0.7, step=16))
        except GuiError:
            return False

    def settings(self) -> dict[str, Any]:
        return self.desktop.ask("settings")["museum"]

    def choose_theme(self, wanted: str) -> None:
        """Ctrl and the wheel over the menu, until the theme is chosen."""
        self.desktop.move(*self.desktop.find("museum.theme", self.sidebar(), 0.7))
        for wheel in (4, 5):
            for _ in range(8):
                if self.settings()["theme"] == wanted:
                    return
                self.desktop.xdotool("keydown", "ctrl", "click", wheel, "keyup", "ctrl")
                self.desktop.settle()
        raise GuiError(f"the menu of themes has no {wanted}")

    def set_field(self, name: str, value: int) -> None:
        """Double-click a number, type, Enter."""
        spot = self.desktop.find(f"museum.{name}", self.sidebar(), 0.7)
        self.desktop.type_into(spot, str(value))
        if self.settings()[name] != value:
            raise GuiError(f"typed {value} into {name}, and it did not take it")

    def job(self, button: str, what: str) -> tuple[dict[str, Any], dict[str, Any], float]:
        """Press a button that asks the engine; returns the scene before, after, and the seconds."""
        before = self.desktop.ask("facts")
        spot = self.desktop.find(button, self.sidebar(), 0.3)
        self.desktop.ask("reset")
        pressed = self.desktop.click(*spot)
        times = self.play.wait_for_job(what, PATIENCE_S)
        after = self.desktop.ask("facts")
        self.play.before, self.play.after = before, after
        return before, after, times["job_gone_at"] - pressed

    def build(self, works: int) -> None:
        """Build Museum; one Ctrl-Z empties the scene again, Ctrl-Shift-Z brings it back."""
        _, after, seconds = self.job("vernissage.build_museum", "the museum")
        found = check_museum(after, works)
        self.play.report["museum"] = {**found, "in_the_scene_s": round(seconds, 1)}
        self.play.undo_and_redo("museum")

    def visit(self) -> None:
        """Play Tour looks through its camera; Baked Light shows the lightmaps; a click selects."""
        desktop = self.desktop
        desktop.click(*desktop.find("vernissage.use_lightmap", self.sidebar()))
        desktop.click(*desktop.find("vernissage.play_tour", self.sidebar(), 0.7))
        desktop.settle()
        self.play.over_viewport()
        desktop.key("Escape", "alt+shift+z")  # ends the walk where it has come to; hides overlays
        seen = desktop.ask("screen")
        if seen["view"] != "CAMERA" or not seen["camera"].startswith("Tour"):
            raise GuiError(f"after Play Tour the view is {seen['view']} of {seen['camera']!r}")
        self.play.portrait("blender-tour.png")

    def make_anew(self) -> None:
        """Click a work, look at it from where a visitor stands, Regenerate; Ctrl-Z brings it back."""
        desktop = self.desktop
        self.select_a_work()
        desktop.click(*desktop.find("vernissage.go_to_work", self.sidebar()))
        self.play.portrait("blender-museum.png")
        before, after, seconds = self.job("vernissage.regenerate", "the work")
        old = {name for name, thing in before["objects"].items() if thing["role"] == "work"}
        new = {name for name, thing in after["objects"].items() if thing["role"] == "work"}
        if len(old) != len(new) or len(new - old) != 1:
            raise GuiError(f"Regenerate gave {sorted(new - old)} for {sorted(old - new)}")
        self.play.report["museum"]["regenerate_s"] = round(seconds, 1)
        self.play.undo_and_redo("regenerate")

    def select_a_work(self) -> None:
        """Click over the view until what is hit is a work."""
        x, y, width, height = self.play.box("viewport")
        for down in (0.5, 0.55, 0.45, 0.6):
            for across in (0.4, 0.3, 0.5, 0.2, 0.6, 0.1):
                self.desktop.click(x + across * width, y + down * height)
                self.desktop.settle()
                things = self.desktop.ask("facts")["objects"].values()
                if any(thing["selected"] and thing["role"] == "work" for thing in things):
                    return
        raise GuiError("no click in the view hit a work")
