"""The zoo as a catalogue (B22) that is used without what trained it (C21)."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest

from engine.zoo.card import card, names, weights_path
from engine.zoo.recipes import read_recipe, recipe_names
from tests.engine.command import run


def test_b22_every_model_that_ships_is_listed_with_its_title() -> None:
    listed = run("models", "list").stdout
    for name in names():
        assert name in listed
        assert name in recipe_names()  # and can be trained again


@pytest.mark.parametrize("name", names())
def test_b22_a_card_says_what_it_is_made_from_how_good_it_is_and_which_file_it_describes(
    name: str,
) -> None:
    shown = json.loads(run("models", "show", name, "--json").stdout)
    data = weights_path(name, card(name)).read_bytes()
    assert shown["sha256"] == hashlib.sha256(data).hexdigest()
    assert shown["bytes"] == len(data)
    assert shown["licence"]
    assert all(source["licence"] and source["attribution"] for source in shown["sources"])
    assert shown["metrics"], "a model without figures"
    assert shown["cost"], "a model that says not what it cost"
    assert shown["limits"], "a model without limits"


def test_b22_every_family_of_the_articles_has_a_recipe() -> None:
    families = "mlp_gan dcgan lsgan wgan wgan_gp cgan sagan d2gan vae vae_gan stylegan progan can"
    assert set(families.split()) <= set(recipe_names())
    for name in families.split():
        assert read_recipe(name, "cpu").file.model == "image_gan"


def test_c21_a_model_is_used_in_a_process_that_cannot_train() -> None:
    code = (
        "import sys\n"
        "from engine.zoo.registry import load\n"
        "made = load('voxel_characters')\n"
        "field = made.model.synthesise(made.generator, made.model.latents([1]))\n"
        "training = {'engine.gan.trainer', 'engine.gan.checkpoint', 'engine.train'}\n"
        "print(tuple(field.shape), sorted(training & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(1, 4, 16, 16, 16) []"
