"""The model of textured shapes: classes, batches, losses of its own, and its public form."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.data.mesh_dataset import MANIFEST
from engine.gan.rng import Streams
from engine.models.textured_shapes import PUBLIC, TexturedShapes, field_loss
from engine.nets.cells import fold
from engine.nets.field import FieldGenerator

TINY = {
    "size": 16,
    "widths": (8, 8),
    "encoder": (8, 8),
    "coarse": (8, 8),
    "fine": (8, 8),
    "paint": 8,
    "geometry": 64,
    "color": 64,
    "colors": 3,
    "least": 4,
    "z_dim": 6,
}


def write_data(folder: Path) -> Path:
    """Twelve bars and twelve plates of 16 voxels, and one lonely cube."""
    items = []
    for index in range(25):
        kind = "bar" if index < 12 else "plate" if index < 24 else "cube"
        half = {"bar": (6.0, 2.0, 2.0), "plate": (1.5, 6.0, 6.0), "cube": (6.0, 6.0, 6.0)}[kind]
        line = torch.arange(16) + 0.5
        z, y, x = line[:, None, None] - 2 - half[0], line[:, None] - 8, line - 8
        inside = torch.minimum(
            torch.minimum(half[0] - z.abs(), half[1] - y.abs()), half[2] - x.abs()
        )
        color = torch.full((3, 16, 16, 16), (index % 12) / 6 - 1)
        field = torch.cat([(inside / 2).clamp(-1, 1)[None], color]).numpy().astype(np.float16)
        name = f"{kind}{index}"
        np.savez_compressed(
            folder / f"{name}.npz", field=field, facts=np.frombuffer(b"{}", np.uint8)
        )
        items.append(
            {
                "file": f"{name}.glb",
                "category": "thing",
                "class": kind,
                "family": name,
                "units_per_voxel": 0.5 if kind == "bar" else 0.1,
                "item": f"{name}.npz",
            }
        )
    (folder / MANIFEST).write_text(json.dumps({"size": 16, "items": items}))
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TexturedShapes:
    shapes = TexturedShapes(TINY)
    shapes.load(write_data(tmp_path_factory.mktemp("data")), Streams(0))
    return shapes


def test_kinds_become_classes_with_their_own_size(model: TexturedShapes) -> None:
    assert [entry.name for entry in model.classes()] == ["bar", "plate"]
    bar = model.classes()[0]
    # The longest side of a bar is 12 voxels of 0.5 m; the public field has 60 for it.
    assert bar.unit * (PUBLIC - 4) == pytest.approx(12 * 0.5)


def test_a_lonely_example_joins_the_largest_class_of_its_category(model: TexturedShapes) -> None:
    assert sum(entry.examples for entry in model.classes()) == len(model.dataset.of("train"))


def test_a_batch_is_a_function_of_its_step_alone(model: TexturedShapes) -> None:
    a, b, c = (model.batch(4, step, Streams(3)) for step in (5, 5, 6))
    assert torch.equal(a.real, b.real)
    assert torch.equal(a.z, b.z)
    assert not torch.equal(a.real, c.real)
    assert float(a.real.abs().max()) <= 1


def test_decode_undoes_encode(model: TexturedShapes) -> None:
    field = np.full((4, 32, 32, 32), -1, np.float32)
    field[0, 2:30, 12:20, 9:23] = 1
    back = model.decode(model.encode(field).numpy())
    assert back.shape == (4, PUBLIC, PUBLIC, PUBLIC)
    sides = [np.ptp(np.flatnonzero((back[0] > 0).any(axes))) for axes in ((1, 2), (0, 2), (0, 1))]
    assert np.array(sides) / sides[0] == pytest.approx(np.array([1, 8 / 28, 14 / 28]), abs=0.08)


def test_what_is_cast_in_one_material_is_of_the_nearest() -> None:
    shapes = TexturedShapes(TINY | {"casts": ["#ff0000", "#203040"]})
    sample = np.full((7, 16, 16, 16), 0.5, np.float32)
    sample[1] = np.linspace(0, 1, 16)  # patches of reds
    sample[2:4] = -1
    field = shapes.decode(sample)
    inside = field[1:4, field[0] > 0.25]
    assert inside.shape[1] > 0
    assert np.allclose(inside, np.float32([[1], [-1], [-1]]), atol=1e-5)


def test_the_field_loss_is_zero_for_the_field_itself_and_blind_to_hidden_colour() -> None:
    torch.manual_seed(0)
    samples = torch.rand(2, 7, 8, 8, 8) * 2 - 1
    samples[:, 4:] = samples[:, 4:, :1, :1, :1]
    samples[:, 0, :4] = 1  # deep inside: no colour is seen there
    repainted = samples.clone()
    repainted[:, 1:4, :4] = 0.3
    for other in (samples, repainted):
        shape, color = field_loss(fold(other), fold(samples))
        assert float(shape) == pytest.approx(0, abs=1e-6)
        assert float(color) == pytest.approx(0, abs=1e-6)
    shape, _ = field_loss(fold(-samples), fold(samples))
    assert float(shape) > 0.1


def test_a_finished_generator_remembers_every_example_in_the_place_of_its_class(
    model: TexturedShapes,
) -> None:
    torch.manual_seed(0)
    generator = model.build().generator
    assert isinstance(generator, FieldGenerator)
    model.finish(generator)
    names, samples = model.examples()
    for index, name in enumerate(names):
        kind = next(i for i, one in enumerate(model.classes()) if name.startswith(one.name))
        with torch.no_grad():
            code = generator.encode(fold(samples[index : index + 1].float()))[0]
        like = (generator.mapping.codes - code).norm(dim=1).argmin()
        if name.startswith(("bar", "plate")):
            assert int(generator.mapping.owner[like]) == kind


def test_polishing_brings_what_is_remembered_nearer_to_the_examples_and_stops_when_told(
    model: TexturedShapes,
) -> None:
    torch.manual_seed(0)
    generator = model.build().generator
    assert isinstance(generator, FieldGenerator)
    samples = model.examples()[1].float()

    def lost() -> list[float]:
        codes = generator.mapping.codes[model._rows]
        with torch.no_grad():
            made = generator.train().decode(codes)
        return [
            sum(map(float, field_loss(a[None], fold(b[None]))))
            for a, b in zip(made, samples, strict=True)
        ]

    model.finish(generator)
    before = lost()
    model.finish(generator, whole=True, is_cancelled=lambda: True)
    assert lost() == before
    told: list[int] = []
    model.finish(generator, whole=True, on_progress=lambda p: told.append(p.done))
    assert all(b < a for a, b in zip(before, lost(), strict=True))
    assert told[-1] == len(samples)
    assert all(p.requires_grad for p in generator.parameters())


def test_pretraining_lowers_the_error_of_unseen_batches_c12(model: TexturedShapes) -> None:
    torch.manual_seed(0)
    generator = model.build().generator
    adam = torch.optim.Adam(generator.parameters(), lr=3e-3)

    def error() -> float:
        losses = model.pretrain(
            generator, model.batch(8, 999, Streams(1)), Streams(1).torch("test", 0)
        )
        return float(losses["shape"].detach())

    before = error()
    for step in range(30):
        batch = model.batch(8, step, Streams(0))
        losses = model.pretrain(generator, batch, Streams(0).torch("test", step))
        adam.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        adam.step()
    assert error() < 0.6 * before
