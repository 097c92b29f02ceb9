"""Two processes under torchrun do what one does with the same batch (C14)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine.gan.distributed import World

SCRIPT = Path(__file__).with_name("two_processes.py")


def test_c14_two_processes_equal_one_with_the_same_batch(tmp_path: Path) -> None:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    launch = {
        "one": [sys.executable, str(SCRIPT)],
        "two": [
            sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
            str(SCRIPT),
        ],
    }  # fmt: skip
    for name, command in launch.items():
        done = subprocess.run(
            [*command, str(tmp_path / name)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
    for penalty in ("exact", "finite_difference", "gradient_penalty"):
        one, two = (
            load_file(tmp_path / name / penalty / "result.safetensors") for name in ("one", "two")
        )
        assert one.keys() == two.keys()
        for key, value in one.items():
            torch.testing.assert_close(two[key], value, atol=1e-5, rtol=0, msg=key)
        logs = list((tmp_path / "two" / penalty / "tensorboard").iterdir())
        assert len(logs) == 1  # only one process writes


def test_c14_rows_of_all_processes_and_parts_are_the_batch_in_order() -> None:
    rows = [row for rank in range(2) for row in World(rank, 2).rows(24, 3)]
    assert [(r.first, r.count, r.total) for r in rows] == [(4 * i, 4, 24) for i in range(6)]
    x = torch.arange(24)
    assert torch.equal(torch.cat([row.of(x) for row in rows]), x)
    with pytest.raises(ValueError, match="divided"):
        World(0, 2).rows(25, 1)
