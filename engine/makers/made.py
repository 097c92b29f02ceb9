"""What a maker hands to the job: an asset, how to write it, what to report of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.assets.asset import Asset
from engine.assets.provenance import provenance
from engine.request import GenerateRequest
from engine.zoo.novelty import Nearest
from engine.zoo.offer import as_asked
from engine.zoo.registry import Loaded


@dataclass(frozen=True)
class Made:
    """One asset, not yet written.

    Attributes:
        writers: for each format that it can be written as, what writes it to a path.
        report: JSON values; what the asset's own report says is among them.
        parts: formats that are several files, each with a writer of its own.
        endings: of file names, where they are not the format's.
    """

    asset: Asset
    writers: Mapping[str, Callable[[Path], None]]
    report: Mapping[str, Any]
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    endings: Mapping[str, str] = field(default_factory=dict)


def origin(request: GenerateRequest, model: Loaded, seed: int, near: Nearest) -> dict[str, Any]:
    """The provenance of the asset that one seed of a settled request gives.

    Of the request it holds what shapes this asset: not the batch that it was a part of.
    """
    shaping = as_asked(request, model.card)
    for batch in ("seed", "count", "formats", "previews"):
        del shaping[batch]
    return provenance(
        model=model.card.name,
        weights_sha256=model.card.sha256,
        seed=seed,
        request=shaping,
        sources=[source.model_dump() for source in model.card.sources],
        nearest=near,
    )
