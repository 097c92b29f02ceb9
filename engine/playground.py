"""`vernissage playground`: watch a GAN learn 25 Gaussians, with any loss, as a page that can be stepped.

Each game is the engine's own trainer on `engine.models.plane`, recorded frame by frame. The report is
one HTML file without any request, an animation and a sheet.
"""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.errors import BadRequest
from engine.files import write_bytes, write_json
from engine.gan.config import TrainConfig
from engine.gan.trainer import StepReport, Trainer
from engine.models.plane import SPREAD, Plane, Shape, centres, modes_hit
from engine.playground_pictures import animation, poster
from engine.request import IsCancelled, OnProgress, Progress

BATCH = 128
FRAMES = 120
POINTS = 640
"""Points of a frame."""
FIELD = 40
"""Edge of the map of the critic's word."""
REACH = 2.8
"""Half the edge of the window in the plane."""
MANY = 2000
"""Points that modes are counted on."""


def _falling(rate: float) -> dict[str, Any]:
    """Adam's rates: at the end of a game a twentieth of what they are at its start."""
    return {key: {"start": rate, "end": rate / 20} for key in ("lr_g", "lr_d")}


_R1_R2 = _falling(2e-3) | {
    "penalty": "exact",
    "penalty_every": 4,
    "gamma": {"start": 0.1, "end": 0.005},
}
_BARE = _falling(1e-3) | {"penalty": "none"}
GAMES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    # name: (what it is, the phase, the task)
    "rpgan": ("relativistic pairs, R1 + R2 (the default)", {"loss": "rpgan"} | _R1_R2, {}),
    "ragan": ("relativistic averages, R1 + R2", {"loss": "ragan"} | _R1_R2, {}),
    "nonsaturating": ("the practical loss of 2014", {"loss": "nonsaturating"} | _BARE, {}),
    "minimax": ("the loss that is proved, and vanishes", {"loss": "minimax"} | _BARE, {}),
    "ls": ("least squares", {"loss": "ls"} | _BARE, {}),
    "hinge": ("hinge, spectral normalisation", {"loss": "hinge"} | _BARE, {"spectral": True}),
    "wgan": (
        "Wasserstein, clipped weights",
        {"loss": "wgan", "clip_weights": 0.1, "n_critic": 5} | _BARE | _falling(2e-3),
        {},
    ),
    "wgan_gp": (
        "Wasserstein, gradient penalty",
        _falling(2e-3)
        | {"loss": "wgan", "penalty": "gradient_penalty", "gamma": 0.5, "n_critic": 5},
        {},
    ),
    "d2gan": ("two critics", {"loss": "d2gan"} | _BARE, {"critics": 2}),
}


@dataclass(frozen=True)
class Frame:
    """One moment of a game.

    Attributes:
        seconds: processor time since the start.
        points: (POINTS, 2) fakes of the averaged generator.
        field: (FIELD, FIELD) in [0, 1], how real the critic calls each place beside the others;
            rows from the top.
        hit: (M,) bool, the modes that have points. share: of the points that are near any.
    """

    step: int
    seconds: float
    points: np.ndarray
    field: np.ndarray
    hit: np.ndarray
    share: float
    critic: float
    generator: float
    accuracy: float


@dataclass(frozen=True)
class Game:
    """A recorded game: its name, what it is, its frames."""

    name: str
    about: str
    frames: tuple[Frame, ...]


def play(
    losses: Sequence[str] = ("rpgan",),
    *,
    shape: Shape = "grid",
    seconds: float = 60.0,
    seed: int = 0,
    out: Path = Path("playground"),
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> list[dict[str, Any]]:
    """Let every loss play for so many processor seconds and write what happened.

    Writes `out`/playground.html, .webp (animated), .png and .json.

    Returns:
        Of each game what the JSON holds: modes at the end, the most it ever had, when, steps.
    Raises:
        BadRequest: an unknown loss. CannotWrite, TrainingDiverged.
    """
    if unknown := [name for name in losses if name not in GAMES]:
        raise BadRequest(f"There is no loss {unknown[0]}; there are {', '.join(GAMES)}")
    torch.set_num_threads(1)
    games = []
    for name in dict.fromkeys(losses):

        def tell(done: float, note: str, name: str = name) -> None:
            if on_progress:
                left = max(seconds - done, 0.0)
                on_progress(Progress(name, round(done), round(seconds), left, note))

        games.append(record(name, shape, seconds, seed, tell, is_cancelled))
    middles = centres(shape)
    summary = _summary(games)
    write_json(out / "playground.json", {"shape": shape, "seed": seed, "games": summary})
    write_bytes(out / "playground.html", page(games, middles, shape).encode())
    write_bytes(out / "playground.webp", animation(games, middles))
    write_bytes(out / "playground.png", poster(games, middles))
    return summary


def record(
    name: str,
    shape: Shape = "grid",
    seconds: float = 60.0,
    seed: int = 0,
    tell: Callable[[float, str], None] = lambda done, note: None,
    is_cancelled: IsCancelled | None = None,
) -> Game:
    """Play one loss for so many processor seconds.

    Frames come at even steps of time's square root: the beginning is where most happens.
    """
    about, phase, task = GAMES[name]
    plane = Plane(shape, **task)
    frames: list[Frame] = []
    with tempfile.TemporaryDirectory(prefix="vernissage-play-") as folder:

        def trainer_for(kimg: float, run: str) -> Trainer:
            config = _config(name, phase, seed, kimg)
            return Trainer(plane, config, Path(folder) / run, device=torch.device("cpu"))

        # Rates fall to their end with the time: what this machine does in it has to be known.
        pace = _pace(trainer_for(1e5, "pace"))
        trainer = trainer_for(max(seconds / pace * BATCH / 1000, BATCH / 1000), "game")
        begin = time.process_time()
        frames.append(_frame(trainer, plane, 0, 0.0, {}))
        over = False
        latest: dict[str, float] = {}

        def on_step(report: StepReport) -> None:
            nonlocal over, latest
            latest = report.values
            used = time.process_time() - begin
            while len(frames) < FRAMES and used >= seconds * (len(frames) / (FRAMES - 1)) ** 2:
                step = report.images // BATCH
                frames.append(_frame(trainer, plane, step, used, report.values))
                hit = int(frames[-1].hit.sum())
                tell(used, f"{hit} of {len(plane.middles)} modes")
            over = used >= seconds

        trainer.run(
            on_step=on_step, is_cancelled=lambda: over or bool(is_cancelled and is_cancelled())
        )
        if len(frames) < FRAMES:  # the machine was faster than its pace
            used = time.process_time() - begin
            frames.append(_frame(trainer, plane, trainer.images // BATCH, used, latest))
    return Game(name, about, tuple(frames))


def _config(name: str, phase: dict[str, Any], seed: int, kimg: float) -> TrainConfig:
    return TrainConfig.model_validate(
        {
            "seed": seed,
            "batch": BATCH,
            "ema_kimg": 8,
            "tick_kimg": 1e6,
            "precision": "f32",
            "phases": [{"name": name, "kimg": kimg, "beta2": 0.99} | phase],
        }
    )


def _pace(trainer: Trainer, steps: int = 20) -> float:
    """Processor seconds a step, penalties among them."""
    phase = trainer.config.phases[0]
    for warm in (True, False):
        begin = time.process_time()
        for _ in range(4 if warm else steps):
            trainer.step(phase, 0.5)
    return (time.process_time() - begin) / steps


@torch.no_grad()
def _frame(
    trainer: Trainer, plane: Plane, step: int, seconds: float, values: dict[str, float]
) -> Frame:
    rng = torch.Generator().manual_seed(1)
    points: Tensor = trainer.ema.module(torch.randn(MANY, 2, generator=rng))
    axis = torch.linspace(-REACH, REACH, FIELD)
    y, x = torch.meshgrid(-axis, axis, indexing="ij")
    trainer.critic.eval()  # no power iteration for being looked at
    logits = plane.judge(trainer.critic, torch.stack([x, y], -1).view(-1, 2), None)[0]
    trainer.critic.train()
    ranks = logits.argsort().argsort().float() / (FIELD * FIELD - 1)  # losses differ in scale
    hit, share = modes_hit(points, plane.middles)
    return Frame(
        step,
        seconds,
        points[:POINTS].numpy(),
        ranks.view(FIELD, FIELD).numpy(),
        hit.numpy(),
        share,
        values.get("critic/loss", float("nan")),
        values.get("generator/loss", float("nan")),
        values.get("critic/accuracy", 0.5),
    )


def _summary(games: Sequence[Game]) -> list[dict[str, Any]]:
    """Of each game: modes at the end, the most it ever had, when it first had all of those."""
    rows = []
    for game in games:
        counts = [int(frame.hit.sum()) for frame in game.frames]
        best = max(counts)
        last = game.frames[-1]
        rows.append(
            {
                "loss": game.name,
                "about": game.about,
                "modes": counts[-1],
                "of": len(last.hit),
                "most": best,
                "most_after_seconds": round(game.frames[counts.index(best)].seconds, 1),
                "near": round(last.share, 3),
                "steps": last.step,
                "cpu_seconds": round(last.seconds, 1),
            }
        )
    return rows


# ---------------------------------------------------------------- the page


def page(games: Sequence[Game], middles: Tensor, shape: Shape) -> str:
    """One HTML file: its only script and style are allowed by their hashes, and nothing else is."""
    text = (files("engine") / "playground.html").read_text(encoding="utf-8")
    data = {
        "shape": shape,
        "reach": REACH,
        "spread": SPREAD,
        "field": FIELD,
        "middles": [[round(v, 4) for v in row] for row in middles.tolist()],
        "games": [_packed(game) for game in games],
    }
    # A JSON block is data, not a script; its only danger would be to end early.
    text = text.replace("{{DATA}}", json.dumps(data).replace("<", "\\u003c"))
    style = text.split("<style>")[1].split("</style>")[0]
    script = text.split("<script>")[1].split("</script>")[0]
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return text.replace("{{POLICY}}", policy)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _packed(game: Game) -> dict[str, Any]:
    points = np.stack([frame.points for frame in game.frames])
    # Twice the window: what is outside stays outside.
    scaled = ((points / (2 * REACH) + 1) / 2 * 65535).clip(0, 65535).astype("<u2")
    fields = np.stack([frame.field for frame in game.frames])
    return {
        "name": game.name,
        "about": game.about,
        "points": base64.b64encode(scaled.tobytes()).decode(),
        "fields": base64.b64encode((fields * 255).astype(np.uint8).tobytes()).decode(),
        "frames": [
            {
                "step": f.step,
                "seconds": round(f.seconds, 2),
                "hit": [int(v) for v in f.hit],
                "near": round(f.share, 4),
                "critic": _number(f.critic),
                "generator": _number(f.generator),
                "accuracy": round(f.accuracy, 3),
            }
            for f in game.frames
        ],
    }


def _number(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None
