"""Materials that repeat without a seam: the model behind `vernissage generate materials`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_unshuffle

from engine.data.picture_dataset import Picture, resized
from engine.gan.task import Nets
from engine.models.code_game import SMALL, CodeGame, CodeGameConfig
from engine.models.registry import register
from engine.nets.code_generator import CodeGenerator, PatchCode, PictureGenerator
from engine.nets.image_generator import ImageGenerator
from engine.nets.tile_spectra import AXES, SpectralBase


class MaterialsConfig(CodeGameConfig):
    """Nets and data of `materials`."""

    spectra: int = Field(7, ge=1, description="Tiles of each class whose spectra are kept.")
    examples_kept: int = Field(0, ge=0, description="Spectra in all; filled from the data.")
    game: float = Field(0.15, ge=0, description="How far the game may go from the spectrum.")
    touch: float = Field(0.33, ge=0, le=1, description="Share of that in use.")


class MaterialGenerator(PictureGenerator):
    """Latents → codes of tiles: rolled noise in the spectrum of examples, and what a game adds to it."""

    def __init__(
        self,
        base: SpectralBase,
        game: ImageGenerator,
        code: PatchCode,
        reach: float,
        touch: float,
    ) -> None:
        super().__init__()
        self.base, self.game, self.code = base, game, code
        self.reach, self.touch = reach, touch

    @property
    def latents(self) -> int:
        """Numbers in a latent: three that choose examples, noise of the base, latents of the game."""
        size = self.base.size
        return 3 + AXES * size * size + self.game.z_dim + self.grain

    @property
    def grain(self) -> int:
        """Noise of the game's coarsest stage, beside what it sees of the base."""
        return self.game.maps[0] * self.game.edges[0] ** 2

    def tiles(self, z: Tensor, label: Tensor) -> Tensor:
        """(B, 3, S, S): the base alone."""
        size = self.base.size
        noise = z[:, 3 : 3 + AXES * size * size].view(-1, AXES, size, size)
        first, second, share = self.base.chosen(z[:, :3], label)
        return self.base(noise, first, second, share)

    def change(self, z: Tensor, label: Tensor, codes: Tensor, truncation: float = 1.0) -> Tensor:
        """What the game adds to the codes of the base; a share of it once it is trained."""
        style, grain = z[:, 3 + AXES * self.base.size**2 :].split([self.game.z_dim, self.grain], 1)
        edge = self.game.edges[0]
        maps = [grain.view(len(z), self.game.maps[0], edge, edge), pixel_unshuffle(codes, 2)]
        w = self.game.mapping(style, label, truncation)
        added: Tensor = self.game.synthesise(w, maps)
        return (1.0 if self.training else self.touch) * self.reach * added

    def forward(self, z: Tensor, label: Tensor, truncation: float = 1.0) -> Tensor:
        """(B, code, H, W) in [-1, 1], what the critic sees."""
        with torch.no_grad():
            codes = self.code.encode(self.tiles(z, label))
        return (codes + self.change(z, label, codes, truncation)).clamp(-1, 1)

    def pictures(self, z: Tensor, label: Tensor | None, truncation: float = 1.0) -> Tensor:
        """Tiles (B, 3, S, S); what codes cannot hold of the base stays in it."""
        assert label is not None
        tiles = self.tiles(z, label)
        codes = self.code.encode(tiles)
        changed = codes + self.change(z, label, codes, truncation).float()
        return (tiles + self.code.decode_change(changed - codes)).clamp(-1, 1)


@register("materials")
class Materials(CodeGame):
    """Tiles on a torus, from first noise to last pixel; a class for each kind of each group."""

    Config: ClassVar[type[CodeGameConfig]] = MaterialsConfig
    makes = "materials"
    torus: ClassVar[bool] = True
    from_data = CodeGame.from_data | {f"base.{n}" for n in ("mean", "axes", "amplitude", "label")}
    config: MaterialsConfig

    def usable(self, pictures: Sequence[Picture]) -> list[Picture]:
        """Tiles that meet themselves; of data that do not say, all. Not those that were cut short."""
        told = [picture for picture in pictures if picture.tileable]
        return [p for p in told or pictures if not _cut_short(p.pixels)]

    def prepare(self, own: list[int]) -> None:
        c = self.config
        chosen: list[int] = []
        for label in range(len(c.classes)):
            members = [i for i, one in enumerate(own) if one == label]
            step = max(1.0, len(members) / c.spectra)
            chosen += [members[int(k * step)] for k in range(min(c.spectra, len(members)))]
        tiles = self.views_of([self._train[i] for i in chosen])
        self._base = SpectralBase(len(chosen), c.size).fit(
            tiles, torch.tensor([float(own[i]) for i in chosen])
        )
        self.config = c.model_copy(update={"examples_kept": len(chosen)})

    def build(self) -> Nets:
        c = self.config
        nets = super().build()
        assert isinstance(nets.generator, CodeGenerator)
        game, code = nets.generator.game, nets.generator.code
        nn.init.zeros_(game.leave.weight)  # it begins as the spectrum alone
        base = SpectralBase(c.examples_kept, c.size)
        if hasattr(self, "_base"):
            base.load_state_dict(self._base.state_dict())
        return Nets(MaterialGenerator(base, game, code, c.game, c.touch), nets.critic)

    def view(self, picture: Picture, rng: np.random.Generator | None) -> np.ndarray:
        """The tile, by chance rolled and mirrored: each is the same material."""
        size = self.config.size
        tile = resized(picture.pixels[: min(picture.pixels.shape[:2])], size, size)
        if rng is None:
            return tile
        tile = np.roll(tile, tuple(rng.integers(size, size=2)), (0, 1))
        if rng.random() < 0.5:
            tile = tile[:, ::-1]
        return np.ascontiguousarray(tile[::-1] if rng.random() < 0.5 else tile)

    def seen(self, pictures: Tensor) -> Tensor:
        """Colour and spectrum: rolling a tile changes neither."""
        small = interpolate(pictures.float(), (SMALL * 2, SMALL * 2), mode="area")
        mean = small.mean((2, 3), keepdim=True)
        waves = torch.fft.rfft2(small - mean, norm="ortho").abs()[..., :SMALL]
        return torch.cat([mean.expand(-1, -1, SMALL * 2, SMALL), waves.add(0.05).log2() / 4], 1)

    def _latent_size(self) -> int:
        c = self.config
        return 3 + AXES * c.size**2 + c.z_dim + c.maps[0] * 16


def _cut_short(pixels: np.ndarray) -> bool:
    """Rows of one white at an end: the picture was cut from a sheet beyond its edge."""
    return bool((pixels[-6:] > 250).all() or (pixels[:, -6:] > 250).all())
