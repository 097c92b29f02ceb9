# SPDX-License-Identifier: GPL-3.0-or-later
"""The models that the engine described when it was last seen, for the panels' choosers."""

import zlib

from .. import runtime
from ..core import offers


def known_offers() -> tuple[offers.Offer, ...]:
    """Every model that the engine described when it was last seen."""
    return offers.from_text(runtime.preferences().models)


def solid_offers() -> tuple[offers.Offer, ...]:
    """Those that make what can stand in a scene."""
    return tuple(offer for offer in known_offers() if offer.is_solid) or (offers.CHARACTERS,)


def number(name: str) -> int:
    """What Blender stores of a choice: it must not depend on the order of the choices."""
    return zlib.crc32(name.encode()) & 0x7FFFFFFF
