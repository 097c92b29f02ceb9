"""Pictures from every kind of file; what is broken is named and the rest is read (C19)."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data.picture_dataset import classes_of, read_pictures, to_pixels, to_unit
from engine.data.picture_files import Found, Refused, find_pictures, read_picture
from engine.errors import BadDataset


def noise(seed: int, size: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)


def saved(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def test_c19_alpha_is_seen_over_white_and_grey_in_three_channels() -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert (read_picture(saved(clear)) == 255).all()
    grey = Image.new("L", (8, 8), 77)
    assert (read_picture(saved(grey)) == 77).all()


def test_c19_sixteen_bits_keep_their_brightness() -> None:
    ramp = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    read = read_picture(saved(Image.fromarray(ramp)))
    assert np.abs(read[..., 0].astype(float) - ramp / 257).max() <= 1


def test_c19_a_photograph_is_turned_as_its_camera_was_held() -> None:
    picture = Image.fromarray(noise(1))
    exif = Image.Exif()
    exif[274] = 6  # the camera was turned to its right
    turned = read_picture(saved(picture, exif=exif))
    assert (turned == np.rot90(noise(1), -1)).all()


def test_c19_of_a_film_the_first_frame_is_read() -> None:
    frames = [Image.new("RGB", (8, 8), (v, v, v)) for v in (0, 255)]
    film = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert read_picture(film).max() < 8


def test_c19_a_broken_file_is_refused_by_name_and_the_rest_is_read(tmp_path: Path) -> None:
    for index in range(9):
        Image.fromarray(noise(index)).save(tmp_path / f"{index}.png")
    (tmp_path / "broken.jpg").write_bytes(saved(Image.fromarray(noise(10)), "JPEG")[:300])
    (tmp_path / "text.png").write_bytes(b"no picture")
    Image.fromarray(noise(0, 4)).save(tmp_path / "tiny.png")
    found = read_pictures(tmp_path)
    assert len(found.pictures) == 9
    assert found.refused.keys() == {"broken.jpg", "text.png", "tiny.png"}


def test_c19_an_archive_and_arrays_hold_pictures_with_labels(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        for index in range(3):
            archive.writestr(f"cats/{index}.png", saved(Image.fromarray(noise(index))))
    np.savez(tmp_path / "more.npz", x=np.stack([noise(i) for i in (3, 4)]), y=np.array([7, 8]))
    found = [one for one in find_pictures(tmp_path) if isinstance(one, Found)]
    assert [one.label for one in found] == ["7", "8", "cats", "cats", "cats"]
    assert (found[2].pixels == noise(0)).all()


def test_c19_mnist_and_cifar_files_are_read_as_they_are_published(tmp_path: Path) -> None:
    digits = np.arange(2 * 28 * 28).reshape(2, 28, 28).astype(np.uint8)
    head = struct.pack(">IIII", 0x803, 2, 28, 28)
    (tmp_path / "t-images-idx3-ubyte.gz").write_bytes(gzip.compress(head + digits.tobytes()))
    labels = struct.pack(">II", 0x801, 2) + bytes([5, 9])
    (tmp_path / "t-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels))
    planes = np.arange(3072, dtype=np.int64).astype(np.uint8)
    (tmp_path / "data_batch_1.bin").write_bytes(bytes([4]) + planes.tobytes())
    found = list(find_pictures(tmp_path))
    assert [one.label for one in found if isinstance(one, Found)] == ["4", "5", "9"]
    cifar, first, _ = (one.pixels for one in found if isinstance(one, Found))
    assert (first[..., 1] == digits[0]).all()
    assert (cifar.transpose(2, 0, 1).ravel() == planes).all()


def test_c19_an_idx_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 0x803, 9, 28, 28))
    (found,) = find_pictures(tmp_path)
    assert isinstance(found, Refused)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_pictures_are_told_before_any_training(tmp_path: Path, count: int) -> None:
    for index in range(count):
        Image.fromarray(noise(index)).save(tmp_path / f"{index}.png")
    with pytest.raises(BadDataset, match=f"{count} usable") as caught:
        read_pictures(tmp_path)
    assert "at least 8" in caught.value.fix


def test_twins_are_kept_once_and_details_stay_with_their_painting(tmp_path: Path) -> None:
    for index in range(12):
        Image.fromarray(noise(index)).save(tmp_path / f"p{index}.png")
    Image.fromarray(noise(0)).save(tmp_path / "zz-again.png")
    (tmp_path / "details").mkdir()
    Image.fromarray(noise(99)).save(tmp_path / "details" / "p3_d0.png")
    found = read_pictures(tmp_path, validation=0.5)
    assert found.refused == {"zz-again.png": "looks like p0.png"}
    by_name = {picture.name: picture for picture in found.pictures}
    assert by_name["details/p3_d0.png"].family == "p3"
    assert by_name["details/p3_d0.png"].split == by_name["p3.png"].split


def test_pixels_survive_the_way_to_the_network_and_back() -> None:
    every = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    assert (to_pixels(to_unit(every)) == every).all()


def test_a_small_class_joins_the_largest_of_its_category(tmp_path: Path) -> None:
    rows = ["file,class"]
    for index in range(12):
        (tmp_path / "wood").mkdir(exist_ok=True)
        Image.fromarray(noise(index)).save(tmp_path / "wood" / f"w{index}.png")
        rows.append(f"w{index}.png,{'oak' if index else 'bark'}")
    (tmp_path / "list.csv").write_text("\n".join(rows))
    classes, labels = classes_of(read_pictures(tmp_path).pictures, least=3)
    assert [(one.name, one.examples) for one in classes] == [("oak", 12)]
    assert labels == [0] * 12
