import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from attnlib.psychology.saliency import feature_maps, gaussian_pyramid, promote, rescale, saliency_map, scan_path

MAP = arrays(float, (7, 11), elements=st.floats(0, 100).map(lambda number: round(number, 3)))
BLUE, YELLOW, GREY = (0.4, 0.4, 1.0), (0.75, 0.75, 0.3), (0.2, 0.2, 0.2)


def picture(*bars, shape=(128, 131)):
    """Draw bars (row, column, colour, is upright) on a grey ground; a photograph of a file is read-only too."""
    image = np.full((*shape, 3), GREY)
    for row, column, colour, is_upright in bars:
        tall, wide = (10, 3) if is_upright else (3, 10)
        image[row - tall : row + tall, column - wide : column + wide] = colour
    image.flags.writeable = False
    return image


def crowd(odd, common):
    places = [(row, column) for row in (20, 62, 104) for column in (22, 64, 106)]
    return picture(*((*place, *(odd if place == (62, 64) else common)) for place in places))


# by hand


def test_one_bright_pixel_becomes_one_four_six_four_one_and_every_second_pixel_stays():
    line = np.array([[0.0, 0, 0, 0, 16, 0, 0, 0, 0]])
    assert_allclose(gaussian_pyramid(line, 3)[1], [[0, 1, 6, 1, 0]])
    assert_allclose(gaussian_pyramid(line.T, 2)[1], [[0], [1], [6], [1], [0]])
    assert_allclose(gaussian_pyramid(np.array([[16.0, 0, 0]]), 2)[1], [[10, 1]])  # mirrored: 0 0 16 | 16 0 …


def test_a_lonely_peak_keeps_its_height_and_equal_peaks_fall_silent():
    assert_allclose(promote(np.array([[0.0, 7, 0, 0, 0]])), [[0, 1, 0, 0, 0]])
    assert_allclose(promote(np.array([[0.0, 7, 0, 7, 0]])), np.zeros((1, 5)))
    assert_allclose(promote(np.array([[0.0, 8, 0, 4, 0, 8, 0]])), np.array([[0, 8, 0, 4, 0, 8, 0]]) / 8 / 16)


def test_only_what_rises_above_a_tenth_is_a_peak_and_a_ridge_of_two_is_one():
    assert_allclose(promote(np.array([[0.0, 10, 0, 1, 0]])).max(), 1)
    assert_allclose(promote(np.array([[0.0, 10, 0, 2, 0]])).max(), 0.64)
    assert_allclose(promote(np.array([[0.0, 10, 10, 0, 5, 0]])).max(), 0.25)
    assert_allclose(promote(np.array([[9.0, 0, 0], [0, 0, 0], [0, 0, 9]])).max(), 0)
    assert_allclose(promote(np.array([[0.0, 0, 9], [0, 8, 0], [0, 0, 0]])).max(), 1)  # neighbours over a corner


def test_the_eye_goes_from_peak_to_peak_and_never_returns():
    field = np.array([[5.0, 4, 0, 0], [0, 0, 0, 3], [1, 0, 0, 0]])
    assert_array_equal(scan_path(field, 9, radius=1.0), [[0, 0], [1, 3], [2, 0]])
    assert_array_equal(scan_path(field, 2, radius=0.5), [[0, 0], [0, 1]])
    assert_array_equal(scan_path(np.array([[3.0, 2.0], [0.0, 1.0]]), 9, radius=1.0), [[0, 0], [1, 1]])  # a disc


# reference


def test_the_pyramid_is_two_convolutions_and_a_choice_of_pixels():
    image = np.random.default_rng(1).random((11, 7))
    kernel = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
    framed = np.pad(image, 2, mode="symmetric")
    blurred = [[(kernel * framed[i : i + 5, j : j + 5]).sum() for j in range(0, 7, 2)] for i in range(0, 11, 2)]
    assert_allclose(gaussian_pyramid(image, 2)[1], blurred)


def test_promotion_is_one_less_the_mean_of_the_other_peaks_squared():
    field = np.random.default_rng(2).random((11, 13))
    x = (field - field.min()) / (field.max() - field.min())
    framed = np.pad(x, 1)
    peaks = sorted(
        x[i, j] for i, j in np.ndindex(x.shape) if x[i, j] > 0.1 and x[i, j] == framed[i : i + 3, j : j + 3].max()
    )
    assert_allclose(promote(field), (1 - np.mean(peaks[:-1])) ** 2 * x)


def test_the_coarse_level_is_enlarged_by_straight_lines():
    ramp = np.linspace(0.2, 0.8, 128)[:, None, None] * np.ones((128, 131, 3))
    inside = feature_maps(ramp)["intensity"][0][24:40, 24:40]
    assert inside.max() < 1e-9, "on an even slope a place is the mean of its surroundings"


# invariant


@given(field=MAP, scale=st.floats(0.1, 10))
def test_neither_unit_nor_origin_of_a_map_matters(field, scale):
    if np.ptp(field) > 0.01:
        assert_allclose(promote(field * scale + 3), promote(field), atol=1e-6)
        assert_allclose([rescale(field).min(), rescale(field).max()], [0, 1])


@given(field=MAP, radius=st.floats(0.5, 6))
def test_fixations_fall_in_height_and_keep_their_distance(field, radius):
    path = scan_path(field, 20, radius=radius)
    assert (np.diff(field[tuple(path.T)]) <= 0).all()
    assert (field[tuple(path.T)] > 0).all()
    for i, place in enumerate(path):
        assert (((path[:i] - place) ** 2).sum(axis=1) > radius**2).all()


def test_a_picture_and_its_transpose_have_transposed_maps():
    image = crowd((BLUE, True), (YELLOW, True))
    turned = np.swapaxes(image, 0, 1)
    assert_allclose(saliency_map(turned), saliency_map(image).T, atol=1e-9)
    maps, turned_maps = feature_maps(image), feature_maps(turned)
    for name, other in {"vertical": "horizontal", "rising": "rising", "falling": "falling", "blue": "blue"}.items():
        for each, turned_each in zip(maps[name], turned_maps[other], strict=True):
            assert_allclose(turned_each, each.T, atol=1e-9)


@pytest.mark.parametrize("common", [(YELLOW, True), (BLUE, False)])
def test_the_odd_bar_is_looked_at_first(common):
    first = scan_path(saliency_map(crowd((BLUE, True), common)), 1)[0] * 8
    assert np.hypot(*(first - (62, 64))) < 14


def test_a_gain_asks_for_a_colour_and_a_direction():
    image = picture((30, 30, BLUE, True), (30, 100, BLUE, False), (98, 30, YELLOW, True), (98, 100, YELLOW, False))
    for gain, place in [
        ({"blue": 1.0, "vertical": 1.0}, (30, 30)),
        ({"blue": 1.0, "horizontal": 1.0}, (30, 100)),
        ({"yellow": 1.0, "vertical": 1.0}, (98, 30)),
        ({"yellow": 2.0, "horizontal": 2.0, "red": 0.0}, (98, 100)),
    ]:
        first = scan_path(saliency_map(image, gain=gain, normalize=rescale), 1)[0] * 8
        assert np.hypot(*(first - place)) < 14


@pytest.mark.parametrize(
    ("name", "colour"),
    [("red", (0.9, 0.3, 0.3)), ("green", (0.3, 0.9, 0.3)), ("blue", (0.3, 0.3, 0.9)), ("yellow", (0.9, 0.9, 0.3))],
)
def test_each_colour_stands_in_its_own_map_and_in_no_other(name, colour):
    maps = feature_maps(picture((64, 64, colour, True)))
    assert maps[name][0][32, 32] > 0.2
    for other in {"red", "green", "blue", "yellow"} - {name}:
        assert maps[other][0][32, 32] < 1e-9


def test_diagonals_are_told_apart():
    steps = np.arange(-20, 21)
    for name, other, slope in [("falling", "rising", 1), ("rising", "falling", -1)]:
        image = np.full((128, 128, 3), 0.2)
        for width in range(-2, 3):
            image[64 + slope * steps, 64 + steps + width] = 0.9
        maps = feature_maps(image)
        assert maps[name][0][32, 32] > 2 * maps[other][0][32, 32]


def test_a_gain_is_a_factor():
    image = crowd((BLUE, True), (YELLOW, False))
    once, thrice = (saliency_map(image, gain={"blue": gain}, normalize=np.abs) for gain in (1.0, 3.0))
    assert once.max() > 0.1
    assert_allclose(thrice, 3 * once)


# edge


@pytest.mark.parametrize("colour", [(0.0, 0.0, 0.0), (0.3, 0.3, 0.3), (0.8, 0.2, 0.2), (1.0, 1.0, 1.0)])
def test_an_even_wall_is_salient_nowhere_and_nobody_looks_at_it(colour):
    saliency = saliency_map(np.full((131, 128, 3), colour))
    assert saliency.shape == (17, 16)
    assert not saliency.any()
    assert scan_path(saliency, 5).shape == (0, 2)


def test_the_smallest_picture_and_other_scales_work():
    image = np.random.default_rng(3).random((64, 67, 3))
    assert saliency_map(image, finest=0).shape == (16, 17)
    assert np.isfinite(saliency_map(image, finest=0)).all()
    assert saliency_map(np.random.default_rng(3).random((256, 257, 3)), finest=2).shape == (16, 17)


def test_a_query_for_nothing_finds_nothing_and_no_look_is_a_path():
    image = crowd((BLUE, True), (YELLOW, True))
    assert not saliency_map(image, gain={}).any()
    assert scan_path(np.ones((3, 5)), 0).shape == (0, 2)
    assert not promote(np.zeros((1, 1))).any()


def test_single_precision_finds_the_same_place():
    image = crowd((BLUE, True), (YELLOW, True))
    single = scan_path(saliency_map(image.astype(np.float32)), 1)
    assert_array_equal(single, scan_path(saliency_map(image), 1))


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_maps_come_in_the_dtype_of_the_picture(dtype):
    image = crowd((BLUE, True), (YELLOW, True)).astype(dtype)
    maps = [saliency_map(image), *feature_maps(image)["blue"], *gaussian_pyramid(image[..., 0], 3), promote(image[0])]
    assert {each.dtype for each in maps} == {image.dtype}


def test_a_ridge_that_is_even_but_for_rounding_is_one_peak():
    field = np.zeros((9, 5))
    field[1:-1, 2] = 1 - 1e-16 * np.arange(7)[::-1] ** 2 % 3e-16
    assert_allclose(promote(field).max(), 1)


def test_rounding_errors_are_no_contrast():
    noise = 1e-9 * np.random.default_rng(4).standard_normal((128, 128, 3))
    assert not saliency_map(0.3 + noise).any()
    assert not promote(noise[..., 0]).any()


# errors


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((128, 128)), r"shape \(128, 128\), expected \(height, width, 3\): np.repeat"),
        (np.zeros((128, 128, 4)), r"image\[\.\.\., :3\] drops a fourth"),
        (np.zeros((3, 128, 128)), r"shape \(3, 128, 128\), expected \(height, width, 3\)"),
        (np.zeros((128, 128, 3), np.uint8), "image is an array of uint8, expected floats"),
        (np.zeros((128, 128, 3), int), "int64, expected floats"),
        (np.full((128, 128, 3), 200.0), "from 200 to 200, expected 0 to 1"),
        (np.full((128, 128, 3), -0.1), "from -0.1 to -0.1, expected 0 to 1"),
        (np.full((128, 128, 3), np.nan), "from nan to nan, expected 0 to 1"),
        (np.zeros((0, 128, 3)), r"shape \(0, 128, 3\), expected 128 pixels a side or more$"),
        (np.zeros((128, 127, 3)), r"shape \(128, 127, 3\), expected 128 pixels a side or more: np.kron"),
    ],
)
def test_a_wrong_picture_is_refused_in_words(plain_errors, image, words):
    with pytest.raises((ValueError, TypeError), match=words):
        saliency_map(image)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: saliency_map(picture(), gain={"upright": 1.0}),
            "a feature in gain is 'upright', expected one of intensity, red, green",
        ),
        (
            lambda: saliency_map(picture(), gain={"red": -1.0}),
            "gain of 'red' is -1.0, expected a finite number, 0 or more",
        ),
        (lambda: saliency_map(picture(), gain={"read": 1.0}), "a feature in gain is 'read', did you mean 'red'?"),
        (
            lambda: saliency_map(picture(), gain=["red"]),
            r"gain is \['red'\], expected features and their factors, such",
        ),
        (
            lambda: saliency_map(picture(), gain={"red": "1"}),
            "gain of 'red' is '1', expected a finite number, 0 or more",
        ),
        (lambda: saliency_map(picture(), normalize=None), "normalize is None, expected a function of a map, such as"),
        (lambda: gaussian_pyramid(np.ones((2, 3, 5)), 2), r"image has shape \(2, 3, 5\), expected \(height, width\)"),
        (lambda: rescale(np.ones(5)), r"feature_map has shape \(5,\), expected \(height, width\)"),
        (lambda: rescale(np.ones((0, 5))), r"feature_map has shape \(0, 5\), expected at least one pixel"),
        (lambda: promote(np.ones((3, 5, 7))), r"feature_map has shape \(3, 5, 7\), expected \(height, width\)"),
        (lambda: scan_path(np.ones(5), 2), r"saliency has shape \(5,\), expected \(height, width\)"),
        (lambda: scan_path(np.ones((0, 0)), 2), r"saliency has shape \(0, 0\), expected at least one pixel"),
        (
            lambda: scan_path(np.full((1, 2), np.nan), 2),
            r"saliency has a number that is infinite or missing: np.nan_to",
        ),
        (lambda: saliency_map([[1.0]]), "image is a list, expected an array"),
        (lambda: saliency_map(picture(), finest=-1), "finest is -1, expected 0"),
        (lambda: scan_path(np.ones((3, 5)), -1), "num_fixations is -1, expected 0"),
        (
            lambda: scan_path(np.ones((3, 5)), 2, radius=0.0),
            "radius is 0.0, expected a positive, finite number, in pixels",
        ),
        (lambda: scan_path([[1.0]], 1), "saliency is a list, expected an array"),
        (lambda: gaussian_pyramid(np.ones((3, 5)), 0), "num_levels is 0, expected 1"),
        (lambda: gaussian_pyramid(np.ones((3, 5), int), 2), "image is an array of int64, expected floats"),
        (lambda: promote(np.ones((3, 5), bool)), "feature_map is an array of bool, expected floats"),
    ],
)
def test_a_wrong_argument_is_named(plain_errors, call, words):
    with pytest.raises((ValueError, TypeError), match=words):
        call()
