"""Which device and number format this machine should train with: measured, not assumed."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import conv3d


@dataclass(frozen=True)
class Probe:
    """What a probe found: milliseconds for one small convolution, and whether bf16 is right."""

    f32_ms: float
    bf16_ms: float
    relative_error: float

    @property
    def use_bf16(self) -> bool:
        """bfloat16 pays and agrees with float32 (some cuDNN builds returned wrong results)."""
        return self.bf16_ms < 0.8 * self.f32_ms and self.relative_error < 0.05


def probe_bf16(device: torch.device, repeats: int = 5) -> Probe:
    """Time and compare one 3-D convolution, forward and backward, in float32 and bfloat16.

    Args:
        device: where to run it. About 50 ms on a CPU core.
    """
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(8, 32, 8, 8, 8, generator=generator).to(device)
    w = torch.randn(32, 32, 3, 3, 3, generator=generator).to(device) / 30
    x = x.to(memory_format=torch.channels_last_3d)
    w = w.to(memory_format=torch.channels_last_3d)

    def run(dtype: torch.dtype) -> tuple[float, Tensor]:
        best = float("inf")
        out = x
        for _ in range(repeats):
            a = x.to(dtype).requires_grad_()
            b = w.to(dtype).requires_grad_()
            wait(device)
            start = time.perf_counter()
            out = conv3d(a, b, padding=1)
            out.sum().backward()
            wait(device)
            best = min(best, time.perf_counter() - start)
        return best * 1e3, out.detach().float()

    f32_ms, expected = run(torch.float32)
    bf16_ms, found = run(torch.bfloat16)
    error = ((found - expected).norm() / expected.norm()).item()
    return Probe(f32_ms, bf16_ms, error)


def wait(device: torch.device) -> None:
    """Return when all work given to the device is done, so that a clock may be read."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def best_device() -> torch.device:
    """The accelerator where there is one, else the CPU."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", torch.cuda.current_device())
