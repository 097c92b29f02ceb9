"""`vernissage judge`: the chance that a picture is real, in the eyes of a run's critic."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.data.picture_dataset import square
from engine.data.picture_files import read_picture
from engine.errors import BadRequest
from engine.gan.appraise import Calibration
from engine.gan.checkpoint import newest, read_net
from engine.models.image_gan import ImageGan, as_sample
from engine.zoo.registry import load


@dataclass(frozen=True)
class Verdict:
    """What the critic says of a file: P(real), where real and generated are equally frequent."""

    file: Path
    probability: float


def judge(run: Path, files: Sequence[Path], class_name: str | None = None) -> tuple[Verdict, ...]:
    """Judge pictures with the critic of a run folder, calibrated on data it was not trained on.

    Args:
        class_name: what they are pictures of; needed for a critic that was told classes.
    Raises:
        BadRequest: the run has no critic, its model makes no pictures, a file is none, or the class
            is unknown. UnknownModel, WeightsMismatch: of the run.
    """
    model = load(str(run)).model
    folder = newest(run)
    if not isinstance(model, ImageGan) or folder is None:
        raise BadRequest(f"{run} is no run of a family of image GANs with its checkpoints")
    critic = model.build().critic
    critic.load_state_dict(read_net(run, "critic"))
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    calibration = Calibration(*state["calibration"])
    label = _label(model, class_name)
    verdicts = []
    for path in files:
        try:
            pixels = read_picture(path.read_bytes())
        except (OSError, ValueError) as error:
            raise BadRequest(f"{path} is no picture that can be read: {error}") from error
        sample = as_sample([square(pixels, model.config.size)], model.config.channels)
        with torch.no_grad():
            logits = model.judge(critic.eval(), sample, label)[0]
        verdicts.append(Verdict(path, float(calibration.probability(logits))))
    return tuple(verdicts)


def _label(model: ImageGan, class_name: str | None) -> torch.Tensor | None:
    names = [kind.name for kind in model.classes()]
    if not names:
        return None
    if class_name not in names:
        raise BadRequest(f"The critic was told classes: name one of {', '.join(names)} (--class)")
    return torch.tensor([names.index(class_name)])
