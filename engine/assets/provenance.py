"""Where a generated thing comes from: JSON that travels in every file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from engine import __version__

DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

EDITED_SOURCE_TYPE = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
)


class Neighbour(Protocol):
    """The nearest training example; `ratio` 0 is a copy, 1 as new as an unseen original."""

    @property
    def example(self) -> str: ...

    @property
    def ratio(self) -> float: ...


def provenance(
    *,
    model: str,
    weights_sha256: str,
    seed: int,
    request: Mapping[str, Any],
    sources: Sequence[Mapping[str, Any]],
    nearest: Neighbour | None = None,
) -> dict[str, Any]:
    """Describe one generated asset. No clock and no machine: equal inputs give equal JSON.

    Args:
        request: what was asked for, as JSON values; only its hash is kept.
        sources: the training data, each with `name`, `author`, `licence`, `attribution`.
        nearest: the nearest training example, so that a copy is seen as one.
    """
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    record: dict[str, Any] = {
        "generator": f"Vernissage {__version__}",
        "engine": __version__,
        "model": model,
        "weights_sha256": weights_sha256,
        "seed": seed,
        "request_sha256": hashlib.sha256(canonical.encode()).hexdigest(),
        "digitalSourceType": DIGITAL_SOURCE_TYPE,
        "data": [dict(source) for source in sources],
        "licence": " AND ".join(sorted({source["licence"] for source in sources})),
        "attribution": "; ".join(source["attribution"] for source in sources),
    }
    if nearest is not None:
        record["nearest_example"] = {"name": nearest.example, "ratio": nearest.ratio}
    return record


def picture_record(
    model: str, sha256: str, sources: Sequence[Mapping[str, Any]], edit: Mapping[str, Any]
) -> dict[str, Any]:
    """Describe a user's picture that a model changed: `edit` is what was asked for."""
    record = provenance(model=model, weights_sha256=sha256, seed=0, request=edit, sources=sources)
    record["digitalSourceType"] = EDITED_SOURCE_TYPE
    record["operation"] = dict(edit)
    return record


def xmp_packet(name: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """The same as an XMP packet for the glTF extension KHR_xmp_json_ld."""
    packet: dict[str, Any] = {
        "@context": {
            "dc": "http://purl.org/dc/elements/1.1/",
            "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
            "xmp": "http://ns.adobe.com/xap/1.0/",
            "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
        },
        "dc:format": "model/gltf-binary",
        "dc:title": _english(name),
        "Iptc4xmpExt:DigitalSourceType": record.get("digitalSourceType", DIGITAL_SOURCE_TYPE),
    }
    if generator := record.get("generator"):
        packet["xmp:CreatorTool"] = generator
    if authors := [source["author"] for source in record.get("data", ()) if source.get("author")]:
        packet["dc:contributor"] = {"@set": authors}
    if attribution := record.get("attribution"):
        packet["dc:rights"] = _english(f"Training data: {attribution} ({record['licence']})")
    if "model" in record:
        made = f"Made by the model {record['model']} from seed {record['seed']}"
        if operation := record.get("operation"):
            made += f", by the edit {operation['verb']}"
        packet["dc:description"] = _english(made)
        packet["dc:identifier"] = (
            f"urn:vernissage:{record['model']}:{record['weights_sha256'][:16]}:{record['seed']}"
            f":{record['request_sha256'][:16]}"
        )
    return packet


def _english(text: str) -> dict[str, Any]:
    return {"@type": "rdf:Alt", "rdf:_1": {"@language": "en-us", "@value": text}}
