"""Checkpoints: safetensors and JSON, never pickle; a folder is complete or absent."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from engine.errors import BadCheckpoint, CannotWrite, DamagedCheckpoint
from engine.files import write_json

KEEP = 2
HEADER = frozenset({"identity", "images", "rate_scale", "strikes", "bf16"})
"""What a header must hold."""


def save(
    run: Path,
    images: int,
    modules: dict[str, nn.Module],
    optimizers: dict[str, Optimizer],
    header: dict[str, Any],
) -> Path:
    """Write `run/checkpoints/<images>` beside, then rename it; keep it and the one before.

    Later ones belong to an earlier run in the same folder: they go, or `newest` would prefer them.

    Raises:
        CannotWrite: the disk is full or not writable; older checkpoints stay.
    """
    folder = run / "checkpoints" / f"{images:010d}"
    beside = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        nets = {f"{n}.{k}": v for n, m in modules.items() for k, v in m.state_dict().items()}
        tied = _tied(nets)
        apart = {k: v.contiguous() for k, v in nets.items() if k not in tied}
        save_file(apart, beside / "nets.safetensors", metadata=tied)
        moments = {f"{n}.{k}": v for n, o in optimizers.items() for k, v in _moments(o).items()}
        save_file(moments, beside / "optimizers.safetensors")
        write_json(beside / "state.json", header | {"images": images})
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(beside, folder)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise CannotWrite(f"the checkpoint {folder} could not be written: {error}") from error
    found = _complete(run)
    here = found.index(folder) + 1
    for other in found[: max(here - KEEP, 0)] + found[here:]:
        shutil.rmtree(other, ignore_errors=True)
    for half in folder.parent.glob(".*.part"):  # of a run that was killed while it saved
        shutil.rmtree(half, ignore_errors=True)
    return folder


def newest(run: Path) -> Path | None:
    """The newest complete checkpoint of a run folder, if any."""
    found = _complete(run)
    return found[-1] if found else None


def restore_newest(
    run: Path,
    modules: dict[str, nn.Module],
    optimizers: dict[str, Optimizer],
    identity: str,
) -> tuple[dict[str, Any], list[str]] | None:
    """Restore the newest checkpoint of a run folder that is not damaged; None if there is none.

    Returns:
        Its header, and the names of newer ones that are damaged.
    Raises:
        DamagedCheckpoint: all are.
        BadCheckpoint: the newest readable one names another `identity`.
    """
    damaged: list[str] = []
    for folder in reversed(_complete(run)):
        try:
            return restore(folder, modules, optimizers, identity), damaged
        except DamagedCheckpoint as error:
            damaged.append(folder.name)
            last = error
    if damaged:
        raise last
    return None


def read_net(run: Path, name: str) -> dict[str, Tensor]:
    """The tensors of one module in the newest readable checkpoint of a run; empty without one."""
    for folder in reversed(_complete(run)):
        try:
            nets = _under(_load_nets(folder), name)
            return {key: value.clone() for key, value in nets.items()}  # no longer of the file
        except (OSError, SafetensorError):
            continue
    return {}


def restore(
    folder: Path,
    modules: dict[str, nn.Module],
    optimizers: dict[str, Optimizer],
    identity: str,
) -> dict[str, Any]:
    """Load a checkpoint into modules and optimisers; returns its header.

    Raises:
        DamagedCheckpoint: a file is missing or damaged; the modules may be half loaded.
        BadCheckpoint: the header names another `identity`.
    """
    try:
        header: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        if lacking := HEADER.difference(header):
            raise LookupError(f"state.json lacks {', '.join(sorted(lacking))}")
        if header["identity"] != identity:
            raise BadCheckpoint(
                f"the checkpoint {folder.name} was made by another recipe, or with another --init"
            )
        nets = _load_nets(folder)
        moments = load_file(folder / "optimizers.safetensors")
        for name, module in modules.items():
            module.load_state_dict(_under(nets, name))
        for name, optimizer in optimizers.items():
            _set_moments(optimizer, _under(moments, name))
    except (OSError, SafetensorError, ValueError, LookupError, TypeError, RuntimeError) as error:
        message = f"the checkpoint {folder.name} is damaged and cannot be used: {error}"
        raise DamagedCheckpoint(message) from error
    return header


def _complete(run: Path) -> list[Path]:
    """The complete checkpoints of a run folder, oldest first."""
    return sorted((run / "checkpoints").glob("[0-9]*"))


def _tied(nets: dict[str, Tensor]) -> dict[str, str]:
    """Names of tensors that are another one's (shared weights), each with the name of that one."""
    owners: dict[tuple[int, torch.Size, tuple[int, ...]], str] = {}
    tied = {}
    for name, tensor in nets.items():
        if tensor.numel():
            owner = owners.setdefault((tensor.data_ptr(), tensor.shape, tensor.stride()), name)
            if owner != name:
                tied[name] = owner
    return tied


def _load_nets(folder: Path) -> dict[str, Tensor]:
    """All tensors of a checkpoint's nets; a tied one is the same tensor as its owner."""
    path = folder / "nets.safetensors"
    nets = load_file(path)
    with safe_open(path, framework="pt") as file:
        tied = file.metadata() or {}
    return nets | {name: nets[owner] for name, owner in tied.items()}


def _under(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    prefix = f"{name}."
    return {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}


def _moments(optimizer: Optimizer) -> dict[str, Tensor]:
    state = optimizer.state_dict()["state"]
    return {
        f"{index}.{key}": torch.as_tensor(value).contiguous()
        for index, entry in state.items()
        for key, value in entry.items()
    }


def _set_moments(optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        index, key = name.split(".", 1)
        like = parameters[int(index)]
        if value.shape == like.shape:
            # The parameter's own memory layout: fused Adam walks both in step.
            value = torch.empty_like(like).copy_(value)
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
