"""`vernissage check`: every check on every file, one bad file never stopping the others."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.check.atlas_checks import atlas_checks
from engine.check.finding import Finding, judged
from engine.check.level_checks import level_checks
from engine.check.look_checks import look, place_checks
from engine.check.surface_checks import surface_checks
from engine.check.written import read_written
from engine.errors import BadAsset, BadRequest, Cancelled
from engine.request import IsCancelled, OnProgress, Progress

PATIENCE = 120
"""Seconds that the Khronos validator may take for one file."""
_HINT = 2  # severities: 0 error, 1 warning, 2 information, 3 hint


@dataclass(frozen=True)
class Checked:
    """A file and what was found; it holds where no check failed."""

    path: Path
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        return all(finding.holds is not False for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        findings = [finding.as_json() for finding in self.findings]
        return {"file": str(self.path), "holds": self.holds, "findings": findings}


def check(
    paths: Sequence[Path],
    *,
    validator: Path | None = None,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> list[Checked]:
    """Check files, and all .glb files in and below folders.

    Args:
        validator: a script for node that prints the Khronos validator's report on a file as JSON,
            such as tests/node/validate.mjs; None leaves that check out.
    Raises:
        BadRequest: a path that does not exist, no .glb file among them, or no node to run with.
        Cancelled: `is_cancelled` said so.
    """
    files = gather(paths)
    command = _command(validator)
    checked: list[Checked] = []
    begin = time.monotonic()
    for path in files:
        if is_cancelled and is_cancelled():
            raise Cancelled(f"Stopped after {len(checked)} of {len(files)} files")
        checked.append(Checked(path, tuple(examine(path, command))))
        if on_progress:
            left = (time.monotonic() - begin) / len(checked) * (len(files) - len(checked))
            on_progress(Progress("Checking", len(checked), len(files), left))
    return checked


def gather(paths: Sequence[Path]) -> list[Path]:
    """The files to check, in the order given, those of a folder by name; each once.

    Raises:
        BadRequest: a path that is not there, a file that is no .glb, or nothing to check.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [one for one in path.rglob("*.glb") if not one.name.startswith(".")]
            if not inside:
                raise BadRequest(f"{path} holds no .glb file")
            files += sorted(inside)
        elif not path.exists():
            raise BadRequest(f"{path} is not there")
        elif path.suffix.lower() != ".glb":
            raise BadRequest(f"{path.name}: only .glb files are checked")
        else:
            files.append(path)
    return list(dict.fromkeys(files))


def examine(path: Path, validator: Sequence[str] = ()) -> list[Finding]:
    """All findings on one file; one that cannot be read has a single, failed one."""
    try:
        return _findings(path, validator)
    except BadAsset as error:
        return [Finding("readable", False, str(error), error.fix)]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # JSON of any shape may stand where a material or a report is expected.
        told = BadAsset(f"{path.name} is damaged: {type(error).__name__} {error}")
        return [Finding("readable", False, str(told), told.fix)]


def _findings(path: Path, validator: Sequence[str]) -> list[Finding]:
    written = read_written(path)
    seen = look(written)
    findings = [
        Finding("readable", True, f"{len(written.chain)} parts that are drawn"),
        *surface_checks(written, blocky=seen.palette),
        *atlas_checks(written, seen.size, palette=seen.palette),
        *level_checks(written),
        *seen.findings,
        *place_checks(written),
    ]
    if validator:
        findings.append(_khronos(path, validator))
    return findings


def _command(validator: Path | None) -> list[str]:
    if validator is None:
        return []
    if not validator.is_file():
        raise BadRequest(f"--validator {validator}: there is no such script")
    node = shutil.which("node")
    if node is None:
        raise BadRequest("--validator needs node, which is not installed")
    return [node, str(validator)]


def _khronos(path: Path, command: Sequence[str]) -> Finding:
    """What the Khronos glTF validator says: no error and no warning are wanted."""
    fix = "Export it again; each code is explained in the validator's ISSUES.md."
    try:
        done = subprocess.run(
            [*command, str(path)], capture_output=True, text=True, timeout=PATIENCE, check=True
        )
        issues = json.loads(done.stdout)["issues"]
        errors, warnings = int(issues["numErrors"]), int(issues["numWarnings"])
        codes = sorted({one["code"] for one in issues["messages"] if one["severity"] < _HINT})
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        return Finding("khronos", False, f"the validator did not answer: {error}", "Run it alone.")
    told = f"{errors} errors, {warnings} warnings" + (f": {', '.join(codes)}" if codes else "")
    return judged("khronos", not errors + warnings, told, fix, errors + warnings)
