"""Provenance: deterministic JSON that names model, data and the nearest original."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from engine.assets.provenance import provenance, xmp_packet

SOURCES = [
    {"name": "B", "author": "Bo", "licence": "CC0-1.0", "attribution": "B by Bo"},
    {"name": "A", "author": "Al", "licence": "CC-BY-4.0", "attribution": "A by Al"},
]


@dataclass(frozen=True)
class Near:
    example: str
    ratio: float


def record(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "model": "people",
        "weights_sha256": "0f" * 32,
        "seed": 3,
        "request": {"height": 1.7, "rig": True},
        "sources": SOURCES,
        "nearest": Near("chr_a.vox", 0.9),
    }
    return provenance(**(values | changes))


def test_e10_it_is_plain_json_and_names_what_made_it():
    made = record()
    assert json.loads(json.dumps(made)) == made
    assert (made["model"], made["seed"], made["weights_sha256"]) == ("people", 3, "0f" * 32)
    assert made["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
    assert made["nearest_example"] == {"name": "chr_a.vox", "ratio": 0.9}


def test_licences_and_credits_of_all_data_are_kept():
    made = record()
    assert made["licence"] == "CC-BY-4.0 AND CC0-1.0"
    assert made["attribution"] == "B by Bo; A by Al"


def test_the_request_hash_ignores_the_order_of_keys_and_sees_every_value():
    same = record(request={"rig": True, "height": 1.7})
    other = record(request={"rig": True, "height": 1.8})
    assert same == record()
    assert other["request_sha256"] != record()["request_sha256"]


def test_the_xmp_packet_tells_model_and_seed_and_obeys_the_list_rules():
    packet = xmp_packet("Ann", record())
    assert packet["dc:title"]["rdf:_1"]["@value"] == "Ann"
    assert "people" in packet["dc:description"]["rdf:_1"]["@value"]
    assert not any(isinstance(value, list) for value in packet.values())
    assert packet["dc:identifier"].split(":")[2] == "people"


def test_an_empty_record_still_gives_the_source_type():
    packet = xmp_packet("Ann", {})
    assert packet["Iptc4xmpExt:DigitalSourceType"].endswith("/trainedAlgorithmicMedia")
