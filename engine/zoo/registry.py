"""The zoo: check a model's weights against its card and load it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import Tensor, nn

from engine.errors import BadRecipe, WeightsMismatch
from engine.models.base import Model
from engine.models.registry import model_class
from engine.zoo.card import Card, card, weights_path
from engine.zoo.pack import unpack

MAX_WEIGHTS_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Loaded:
    """A model ready to sample: its card, the model object, the generator on the CPU.

    `prints` are fingerprints of the training examples, `print_scale` their unit of distance: see
    `engine.zoo.novelty`.
    """

    card: Card
    model: Model
    generator: nn.Module
    prints: Tensor
    print_scale: float


def load(name: str) -> Loaded:
    """Load a model for sampling.

    Raises:
        UnknownModel: see `engine.zoo.card.card`.
        WeightsMismatch: the weights are missing, damaged, or not what the card describes.
    """
    about = card(name)
    tensors = _tensors(name, about)
    try:
        model = model_class(about.model)(about.net)
        generator = model.build().generator
        weights = {
            k.removeprefix("generator."): v
            for k, v in tensors.items()
            if k.startswith("generator.")
        }
        generator.load_state_dict(weights)
        prints, scale = tensors["prints.vectors"], float(tensors["prints.scale"])
    except (BadRecipe, KeyError, RuntimeError) as error:
        raise WeightsMismatch(f"the weights of {name} do not fit its card", name=name) from error
    return Loaded(about, model, generator.eval().requires_grad_(False), prints, scale)


def _tensors(name: str, about: Card) -> dict[str, Tensor]:
    path = weights_path(name, about)
    try:
        if path.stat().st_size > MAX_WEIGHTS_BYTES:
            raise WeightsMismatch(f"{path.name} is larger than any model of the zoo", name=name)
        data = path.read_bytes()
    except OSError as error:
        raise WeightsMismatch(f"the weights of {name} are missing", name=name) from error
    if hashlib.sha256(data).hexdigest() != about.sha256:
        raise WeightsMismatch(f"{path.name} is not the file its card describes", name=name)
    try:
        return unpack(load_tensors(data))
    except SafetensorError as error:
        raise WeightsMismatch(f"{path.name} is not a safetensors file", name=name) from error
