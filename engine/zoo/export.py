"""From a trained generator to what ships: compact weights and a card that describes them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

from engine import __version__
from engine.files import write_bytes, write_json
from engine.models.base import Model
from engine.zoo.card import CARD, Card
from engine.zoo.novelty import distance_among, distance_scale, fingerprint
from engine.zoo.pack import pack
from engine.zoo.recipes import Recipe

WEIGHTS = "generator.safetensors"


def export(
    run: Path, recipe: Recipe, model: Model, generator: nn.Module, cost: dict[str, Any]
) -> Path:
    """Write `run/generator.safetensors` (see `engine.zoo.pack`) and `run/card.json`; returns the card's path.

    Raises:
        CannotWrite: the run folder is full or not writable.
    """
    examples, fields = model.examples()
    prints = torch.cat([fingerprint(model.comparable(part)) for part in fields.split(128)])
    held_out = model.held_out(10_000)
    if not examples:
        scale = 1.0  # a tool: nothing of it is drawn from seeds
    elif held_out is None:
        scale = distance_among(prints)
    else:
        scale = distance_scale(model.comparable(held_out), prints)
    tensors = {f"generator.{k}": v for k, v in generator.state_dict().items()}
    tensors |= {"prints.vectors": prints, "prints.scale": torch.tensor(scale)}
    data = save(pack(tensors))
    write_bytes(run / WEIGHTS, data)
    sources = recipe.file.sources
    card = Card(
        name=recipe.name,
        title=recipe.file.title,
        summary=recipe.file.summary,
        model=recipe.file.model,
        makes=model.makes,
        net=model.config.model_dump(mode="json"),
        rig=recipe.file.rig,
        weights=WEIGHTS,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        licence=" AND ".join(sorted({source.licence for source in sources})),
        attribution="; ".join(source.attribution for source in sources),
        sources=sources,
        parents=recipe.parents,
        finetune=recipe.file.finetune.model_dump(exclude_defaults=True),
        engine=__version__,
        cost=cost,
        limits=recipe.file.limits,
        examples=tuple(examples),
    )
    write_json(run / CARD, card.model_dump(mode="json"))
    return run / CARD
