"""Trains the toy game, alone or under torchrun, and writes the players' weights: run by a test.

python two_processes.py RUN_FOLDER PENALTY
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import torch
from safetensors.torch import save_file

from engine.gan.config import TrainConfig
from engine.gan.distributed import join_world
from engine.gan.trainer import Trainer
from tests.engine.gan.toy import Gaussians


def main(run: Path) -> None:
    torch.set_num_threads(1)
    with join_world() as world:
        for penalty in ("exact", "finite_difference", "gradient_penalty"):
            phase = {
                "name": "play",
                "kimg": 0.64,
                "penalty": penalty,
                "augment_p": 0.5,
                "instance_noise": 0.05,
                "hold_critic": 1,
            }
            config = TrainConfig.model_validate(
                {
                    "batch": 64,
                    "phases": [phase],
                    "augment": {"mirror": True, "noise": 0.1},
                    "tick_kimg": 0.32,
                    "precision": "f32",
                }
            )
            folder = run / penalty
            trainer = Trainer(Gaussians(), config, folder, device=torch.device("cpu"), world=world)
            # Plain gradient descent: Adam would turn rounding into steps of full length.
            for name, optimizer in trainer.optimizers.items():
                parameters = [p for g in optimizer.param_groups for p in g["params"]]
                trainer.optimizers[name] = torch.optim.SGD(parameters, lr=1e-3)
            trainer.run()
            if world.leads:
                tensors = {
                    f"{name}.{key}": value.clone()
                    for name, module in trainer._modules().items()
                    for key, value in module.state_dict().items()
                }
                save_file(tensors, folder / "result.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
