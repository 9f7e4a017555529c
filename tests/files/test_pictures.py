"""Single images: odd ones are shown as they are meant, bad ones are refused by a sentence before they cost anything."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from idcore.data.read import read_pictures
from idcore.errors import DataError
from idcore.files.picture import Unreadable, decode
from tests.tools.bad_images import BAD, COLOURS, GREY, deep, encoded, floats, rotated
from tests.tools.peak import grown


@pytest.mark.parametrize("name", BAD)
def test_a_bad_image_is_refused_with_a_reason_and_within_bounded_memory(name):
    content, kind, reason = BAD[name]

    def refused():
        with pytest.raises(DataError, match=f"^x.png cannot be used: (it|its) .*({reason})"):
            read_pictures(content, "x.png")
        with pytest.raises(Unreadable) as error:
            decode(content)
        assert error.value.kind in kind.split("|")

    assert grown(refused) < 2**27 + 3 * len(content)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "WEBP", "GIF"])
def test_an_image_has_the_same_pixels_in_every_lossless_format(kind):
    image = Image.fromarray(COLOURS // 64 * 64).quantize(200) if kind == "GIF" else Image.fromarray(COLOURS)
    expected = np.asarray(image.convert("RGB")).transpose(2, 0, 1)
    found = decode(encoded(image, kind, **({"lossless": True} if kind == "WEBP" else {})))
    assert np.array_equal(found.pixels, expected) and found.pixels.dtype == np.uint8 and not found.remarks


def test_images_of_many_honest_pieces_are_read():
    noise = np.random.default_rng(0).integers(0, 256, (1200, 1200), dtype=np.uint8)
    for kind, options in (("PNG", {}), ("GIF", {}), ("JPEG", {"progressive": True, "restart_marker_rows": 1})):
        assert decode(encoded(noise, kind, quality=100, **options)).pixels.shape[1:] == (1200, 1200), kind
    frames = [Image.fromarray(noise[:8, :8] + np.uint8(i)) for i in range(200)]
    for kind in ("PNG", "GIF", "WEBP", "TIFF"):
        remarks = decode(encoded(frames[0], kind, save_all=True, append_images=frames[1:])).remarks
        assert any("first of several frames" in remark for remark in remarks), kind


def test_a_grey_image_keeps_its_one_channel():
    for image in (GREY, encoded(GREY, "JPEG", quality=100)):
        found = decode(encoded(image) if isinstance(image, np.ndarray) else image)
        assert found.pixels.shape == (1, 12, 16) and abs(found.pixels[0].astype(int) - GREY).max() <= 3
    bits = decode(encoded(Image.fromarray(GREY > 127)))
    assert np.array_equal(bits.pixels[0] == 255, GREY > 127)


def test_an_image_of_one_pixel_is_an_image():
    assert decode(encoded(np.full((1, 1), 7, np.uint8))).pixels.tolist() == [[[7]]]


def test_transparent_parts_are_shown_on_white_and_this_is_said():
    pixels = np.dstack([COLOURS, np.full(GREY.shape, 255, np.uint8)])
    pixels[:, :8, 3] = 0
    found = decode(encoded(pixels))
    assert (found.pixels[:, :, :8] == 255).all() and np.array_equal(
        found.pixels[:, :, 8:], COLOURS.transpose(2, 0, 1)[:, :, 8:]
    )
    assert found.remarks == ("transparent parts are shown on white",)
    grey = decode(encoded(np.dstack([GREY, pixels[..., 3]])))
    assert grey.pixels.shape == (1, 12, 16) and (grey.pixels[0, :, :8] == 255).all()


def test_an_opaque_alpha_channel_changes_nothing():
    found = decode(encoded(np.dstack([COLOURS, np.full(GREY.shape, 255, np.uint8)])))
    assert np.array_equal(found.pixels, COLOURS.transpose(2, 0, 1)) and not found.remarks


def test_a_palette_becomes_its_colours_and_its_transparent_entry_white():
    image = Image.fromarray(GREY // 128).convert("P")
    image.putpalette([10, 20, 30, 200, 100, 50])
    plain, clear = decode(encoded(image)), decode(encoded(image, transparency=0))
    assert set(map(tuple, plain.pixels.reshape(3, -1).T)) == {(10, 20, 30), (200, 100, 50)}
    assert set(map(tuple, clear.pixels.reshape(3, -1).T)) == {(255, 255, 255), (200, 100, 50)}


def test_cmyk_becomes_rgb_and_this_is_said():
    found = decode(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=100))
    assert found.pixels.shape == (3, 8, 8) and "CMYK was converted to RGB" in found.remarks
    assert found.pixels[0].min() > 200 and found.pixels[1:].max() < 60


def test_sixteen_bits_are_kept():
    values = np.array([[0, 1, 300], [40_000, 65_534, 65_535]], np.uint16)
    for kind in ("PNG", "TIFF", "PPM"):
        found = decode(encoded(values, kind))
        assert found.pixels.dtype == np.float32 and np.array_equal(np.round(found.pixels[0] * 65535), values), kind
        assert "more than 8 bits" in found.remarks[0]


@pytest.mark.parametrize(("kind", "channels"), [("PNG", 3), ("PNG", 4), ("PNG", 2), ("TIFF", 3), ("PPM", 3)])
def test_of_sixteen_bits_of_colour_the_upper_eight_are_kept_and_this_is_said(kind, channels):
    values = np.random.RandomState(1).randint(0, 65_536, (4, 5, channels))
    values[..., 3 if channels == 4 else 1 if channels == 2 else []] = 65_535
    found = decode(deep(kind, values))
    assert found.remarks == ("more than 8 bits a channel of colour, the upper 8 of them kept",)
    assert np.abs(found.pixels[0].astype(int) - values[..., 0] / 257).max() <= 1


def test_colours_of_eight_bits_lose_nothing_and_nothing_is_said_of_it():
    for content in (encoded(COLOURS, "TIFF"), encoded(COLOURS, "PPM"), b"P6 1 1 200\n" + bytes(3)):
        assert decode(content).remarks == ()


def test_floating_point_pixels_in_0_to_1_are_taken_as_they_are():
    assert np.array_equal(decode(floats(0.0, 0.25, 1.0)).pixels, np.array([[[0, 0.25, 1]]], np.float32))


@pytest.mark.parametrize(("orientation", "side"), [(1, "top"), (3, "bottom"), (6, "right"), (8, "left")])
def test_a_photograph_is_turned_as_the_camera_noted(orientation, side):
    found = decode(rotated(orientation))
    dark = found.pixels[0] < 128
    expected = {"top": dark[:4], "bottom": dark[-4:], "right": dark[:, -4:], "left": dark[:, :4]}[side]
    assert expected.all() and abs(dark.mean() - 0.5) < 0.1
    assert found.pixels.shape[1:] == ((24, 16) if orientation > 4 else (16, 24))
    assert ("turned upright" in " ".join(found.remarks)) == (orientation > 1)


def test_of_several_frames_the_first_is_taken_and_this_is_said():
    frames = [Image.fromarray(np.full((4, 4), value, np.uint8)) for value in (10, 200)]
    found = decode(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert found.pixels.max() == 10 and "the first of several frames was taken" in found.remarks


def test_the_largest_image_that_is_read_takes_bounded_memory():
    content = encoded(Image.new("RGBA", (8000, 8000), (9, 9, 9, 100)), compress_level=1)
    assert len(content) < 2**22 and grown(lambda: decode(content)) < 12.5 * 64e6


def test_reading_an_image_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decode(encoded(Image.new("L", (9500, 6500))))


@given(st.sampled_from(["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "PPM"]), st.data())
@settings(max_examples=120, deadline=None)
def test_a_damaged_image_gives_pixels_or_a_reason_and_nothing_else(kind, data):
    content = bytearray(encoded(COLOURS, kind))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        pixels = decode(bytes(content[: data.draw(st.integers(1, len(content)))])).pixels
    except Unreadable as error:
        assert error.kind and error.reason
    else:
        assert len(pixels) in (1, 3) and pixels.ndim == 3


def test_a_single_image_is_read_by_its_content_whatever_it_is_called():
    (found,) = read_pictures(memoryview(encoded(COLOURS)), "photo.txt")
    assert np.array_equal(found.pixels, COLOURS.transpose(2, 0, 1))
    with pytest.raises(DataError, match=r"^<b>x</b> cannot be used"):
        read_pictures(b"", "<b>x</b>\u202e")


def test_pillow_tries_no_other_format_than_those_that_are_read(monkeypatch):
    tried = []
    original = Image.open
    monkeypatch.setattr(Image, "open", lambda *a, **k: tried.append(k.get("formats")) or original(*a, **k))
    decode(encoded(COLOURS))
    assert tried == [("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")]
    assert not {"EPS", "WMF", "PSD", "FITS", "HDF5"} & set(tried[0])
