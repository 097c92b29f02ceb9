"""Watchers of a run: each turns numbers into a sentence that says what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Finding:
    """A problem seen at a tick: its name, one sentence, one remedy."""

    name: str
    sentence: str
    remedy: str


def diversity(x: Tensor) -> float:
    """Mean root-mean-square distance between all pairs of (B, ...) samples."""
    flat = x.float().flatten(1)
    distances = torch.cdist(flat, flat) / flat.shape[1] ** 0.5
    pairs = len(flat) * (len(flat) - 1)
    return float(distances.sum() / max(pairs, 1))


def watch_collapse(fake: Tensor, real: Tensor) -> tuple[dict[str, float], Finding | None]:
    """Mode collapse: generated samples are far more alike than real ones (C7)."""
    ratio = diversity(fake) / max(diversity(real), 1e-8)
    finding = None
    if ratio < 0.3:
        finding = Finding(
            "collapse",
            f"The samples are nearly alike: {ratio:.0%} of the variety of the data.",
            "Raise gamma tenfold or use more augmentation, and train anew.",
        )
    return {"diversity_ratio": ratio}, finding


def watch_overfit(
    train: Tensor, held_out: Tensor, fake: Tensor
) -> tuple[dict[str, float], Finding | None]:
    """The critic knows the training set by heart: held-out samples score like fakes (C9).

    Args: mean-comparable logits of one head for the three sets. The gap is the share of the way
    from training data (0) to fakes (1) at which held-out data stand; 0 for a critic that does not
    place training data above fakes.
    """
    span = float(train.mean() - fake.mean())
    gap = float(train.mean() - held_out.mean()) / span if span > 1e-6 else 0.0
    finding = None
    if gap > 0.8:
        finding = Finding(
            "overfit",
            f"The critic takes unseen real samples for fakes (gap {gap:.2f} of 1).",
            "Raise augment_p or gamma, add data, or stop here: more steps will copy the data.",
        )
    return {"overfit_gap": gap}, finding


def watch_gradients(norm_g: float, norm_d: float) -> tuple[dict[str, float], Finding | None]:
    """The generator learns nothing because its gradient vanished beside the critic's (C8)."""
    ratio = norm_g / max(norm_d, 1e-12)
    finding = None
    if ratio < 1e-4:
        finding = Finding(
            "vanishing",
            f"The generator's gradient is {ratio:.1e} of the critic's: it hardly learns.",
            "Use the rpgan or nonsaturating loss, or lower the critic's rate.",
        )
    return {"gradient_ratio": ratio}, finding


def watch_convergence(
    accuracy: float, value: float, gap: float | None
) -> tuple[dict[str, float], Finding | None]:
    """How far the players are from an equilibrium (A6), and whether one of them has won.

    Args:
        accuracy: share of samples that the critic tells right; one half at the equilibrium.
        value: V(D, G); -log 4 at the equilibrium of the original game.
        gap: the duality gap, where it was measured: what the better answers of both players are
            worth; 0 at an equilibrium.
    """
    numbers = {"accuracy": accuracy, "value": value} | ({} if gap is None else {"duality_gap": gap})
    finding = None
    if accuracy > 0.98:
        finding = Finding(
            "critic won",
            f"The critic is right on {accuracy:.0%} of the samples: the generator learns from noise.",
            "Raise gamma or augment_p, or lower the critic's rate.",
        )
    elif gap is not None and gap < 0.02 and accuracy < 0.6:
        finding = Finding(
            "converged",
            f"Neither player can gain any more (duality gap {gap:.3f}, accuracy {accuracy:.0%}).",
            "Stop here; for finer results widen both nets.",
        )
    return numbers, finding


def watch_data(examples: int, by_class: Sequence[int], enough: int) -> list[Finding]:
    """What the data let fear before anything is trained (C25): too few, or classes too uneven.

    Args:
        examples: training examples; `enough` of them train a model without copying.
        by_class: examples of each class; fewer than two numbers where there are no classes.
    """
    findings = []
    if examples < enough:
        findings.append(
            Finding(
                "few data",
                f"{examples} examples are few: the critic will know them by heart, and samples copy them.",
                "Add data, begin with a trained model (--init), or set ada_target = 0.6.",
            )
        )
    if len(by_class) > 1 and max(by_class) > 10 * min(by_class):
        findings.append(
            Finding(
                "imbalance",
                f"The largest class has {max(by_class)} examples, the smallest {min(by_class)}.",
                "Add to the small ones, join classes (least), or train without classes.",
            )
        )
    return findings


def not_finite(player: str, rate_scale: float) -> Finding:
    """A gradient with NaN or infinity: the step was skipped and the rates are lower from now on."""
    return Finding(
        "nan",
        f"The {player}'s gradient was not finite: skipped, rates now {rate_scale:g} of the recipe's.",
        "If it comes again, raise gamma tenfold or halve the learning rate, and train anew.",
    )


def fell_back(damaged: list[str], images: int) -> Finding:
    """A resume that had to leave out the newest checkpoints."""
    names = ", ".join(damaged)
    return Finding(
        "checkpoint",
        f"The newest checkpoint ({names}) is damaged: training went on from {images:,} samples.",
        "Check the disk, if no crash or full disk explains it.",
    )
