"""Starting from another model: what is taken, what is held, and what a resume makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from engine.data.shape_classes import ShapeClass
from engine.errors import BadRecipe, DamagedCheckpoint
from engine.gan import checkpoint
from engine.gan.trainer import Trainer
from engine.gan.transfer import Start, adopt, class_rows
from tests.engine.gan.test_trainer import trainer, weights


def kind(name: str, category: str, examples: int = 1) -> ShapeClass:
    return ShapeClass(name=name, category=category, examples=examples, unit=0.1)


def tensors(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items()}


def start(
    generator: dict[str, Tensor] | None = None, critic: dict[str, Tensor] | None = None
) -> Start:
    """A start without classes."""
    return Start(generator or {}, critic or {}, frozenset(), torch.zeros(0, 0))


def start_of(game: Trainer, *, critic: bool = True) -> Start:
    return start(tensors(game.generator), tensors(game.critic) if critic else {})


def taught(run: Path) -> Trainer:
    game = trainer(run, seed=5, phase={"kimg": 0.32})
    game.run()
    return game


def test_c13_what_fits_is_taken_and_the_rest_keeps_its_first_weights() -> None:
    torch.manual_seed(0)
    old, new = (nn.ModuleList([nn.Linear(4, 8), nn.Linear(8, out)]) for out in (3, 5))
    first = tensors(new)
    assert adopt(new, tensors(old), start()) == 2
    now = tensors(new)
    assert torch.equal(now["0.weight"], tensors(old)["0.weight"])
    assert torch.equal(now["1.weight"], first["1.weight"])


def test_weights_of_which_nothing_fits_are_a_bad_recipe() -> None:
    with pytest.raises(BadRecipe, match="--init"):
        adopt(nn.Linear(2, 2), tensors(nn.Linear(3, 3)), start())


def test_c13_classes_begin_with_their_namesakes_then_their_category_then_all() -> None:
    theirs = [kind("chair", "furniture", 30), kind("table", "furniture", 10), kind("axe", "weapon")]
    mine = [
        kind("axe", "tool"),
        kind("chair", "furniture"),
        kind("lamp", "furniture"),
        kind("cat", ""),
    ]
    expected = torch.tensor(
        [[0, 0, 1], [1, 0, 0], [0.75, 0.25, 0], [30 / 41, 10 / 41, 1 / 41]], dtype=torch.float32
    )
    torch.testing.assert_close(class_rows(mine, theirs), expected)


def test_c13_a_class_named_twice_is_taken_from_its_own_category() -> None:
    theirs = [kind("box", "item"), kind("box", "container")]
    rows = class_rows([kind("box", "container"), kind("box", "garden")], theirs)
    torch.testing.assert_close(rows, torch.tensor([[0.0, 1.0], [0.5, 0.5]]))


def test_c13_a_table_of_classes_is_sorted_anew_even_where_its_shape_fits() -> None:
    old, new = nn.Embedding(2, 3), nn.Embedding(2, 3)
    swapped = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    adopt(new, tensors(old), Start({}, {}, frozenset({"weight"}), swapped))
    assert torch.equal(new.weight, old.weight.flip(0))


def test_c13_a_run_begins_with_the_players_it_adopts_and_so_does_the_average(
    tmp_path: Path,
) -> None:
    old = taught(tmp_path / "old")
    game = trainer(tmp_path / "new")
    game.adopt(start_of(old))
    for module, source in (
        (game.generator, old.generator),
        (game.ema.module, old.generator),
        (game.critic, old.critic),
    ):
        assert torch.equal(weights(module), weights(source))


@pytest.mark.parametrize("came", [True, False])
def test_c13_the_first_layers_of_a_critic_that_came_along_stay(tmp_path: Path, came: bool) -> None:
    phase = {"kimg": 0.64, "hold_critic": 2, "hold_generator": 1}
    game = trainer(tmp_path / "new", phase=phase)
    game.adopt(start_of(taught(tmp_path / "old"), critic=came))
    layers = {name: game.task.layers(player) for name, player in game._modules().items()}
    before = {name: [weights(part) for [part] in parts] for name, parts in layers.items()}
    game.run()
    stayed = {
        name: [
            torch.equal(weights(part), then)
            for [part], then in zip(parts, before[name], strict=True)
        ]
        for name, parts in layers.items()
    }
    held = 2 if came else 0
    assert stayed["critic"] == [index < held for index in range(len(layers["critic"]))]
    assert stayed["generator"] == [index < 1 for index in range(len(layers["generator"]))]


def test_c12_in_a_critic_phase_it_alone_learns(tmp_path: Path) -> None:
    phases = [{"name": "warm up", "kind": "critic", "kimg": 0.64, "lr_d": 1e-3}]
    game = trainer(tmp_path, phases=phases)
    generator, critic = weights(game.generator), weights(game.critic)
    game.run()
    assert torch.equal(weights(game.generator), generator)
    assert not torch.equal(weights(game.critic), critic)


def test_c21_a_fine_tune_resumes_to_the_bit_without_starting_anew(tmp_path: Path) -> None:
    begin = start_of(taught(tmp_path / "old"))
    phase = {"kimg": 1.28, "hold_critic": 1}
    whole = trainer(tmp_path / "whole", phase=phase)
    whole.adopt(begin)
    whole.run()
    first = trainer(tmp_path / "parts", phase=phase)
    first.adopt(begin)
    stops = iter([False] * 7)
    assert not first.run(is_cancelled=lambda: next(stops, True))
    second = trainer(tmp_path / "parts", phase=phase)
    assert second.resume()
    assert second.run()
    for name, module in whole._modules().items():
        assert torch.equal(weights(module), weights(second._modules()[name])), name


def saved_twice(run: Path) -> tuple[Path, Path]:
    """A run with two checkpoints: the older and the newer."""
    trainer(run, phase={"kimg": 2.56}, stop_kimg=1.28, tick_kimg=0.64).run()
    older, newer = sorted((run / "checkpoints").iterdir())
    return older, newer


@pytest.mark.parametrize("name", ["nets.safetensors", "optimizers.safetensors", "state.json"])
def test_a_damaged_newest_checkpoint_gives_way_to_the_one_before_and_is_named(
    tmp_path: Path, name: str
) -> None:
    older, newer = saved_twice(tmp_path)
    (newer / name).write_bytes((newer / name).read_bytes()[:20])
    undamaged = trainer(tmp_path / "again", phase={"kimg": 2.56}, tick_kimg=0.64)
    undamaged.run()
    game = trainer(tmp_path, phase={"kimg": 2.56}, tick_kimg=0.64)
    assert game.resume()
    assert game.images == int(older.name)
    game.run()
    assert torch.equal(weights(game.generator), weights(undamaged.generator))
    said = json.loads((tmp_path / "doctor.json").read_text())[0]
    assert newer.name in said["sentence"]
    assert f"{int(older.name):,} samples" in said["sentence"]


def test_a_run_whose_checkpoints_are_all_damaged_is_refused(tmp_path: Path) -> None:
    for folder in saved_twice(tmp_path):
        (folder / "nets.safetensors").write_bytes(b"")
    with pytest.raises(DamagedCheckpoint, match="damaged"):
        trainer(tmp_path).resume()


def test_the_critic_of_a_run_is_read_from_its_newest_good_checkpoint(tmp_path: Path) -> None:
    _, newer = saved_twice(tmp_path)
    assert (
        checkpoint.read_net(tmp_path, "critic").keys()
        == trainer(tmp_path).critic.state_dict().keys()
    )
    expected = checkpoint.read_net(tmp_path, "critic")
    (newer / "nets.safetensors").write_bytes(b"")
    found = checkpoint.read_net(tmp_path, "critic")
    assert found.keys() == expected.keys()
    assert not torch.equal(next(iter(found.values())), next(iter(expected.values())))
    assert checkpoint.read_net(tmp_path / "none", "critic") == {}
