import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import causal_mask
from attnlib.figures import plot_curves, plot_mask, plot_weights

L, S = 3, 5
WEIGHTS = np.arange(L * S).reshape(L, S) / (L * S)


@pytest.fixture(autouse=True)
def _the_look_of_the_book():
    with plt.style.context("attnlib.book"):
        yield
    plt.close("all")


def labels(axis):
    axis.axes.figure.canvas.draw()
    low, high = sorted(axis.get_view_interval())
    ticks = {tick.get_loc(): tick.label1.get_text().replace("−", "-") for tick in axis.get_major_ticks()}
    return {position: text for position, text in ticks.items() if low <= position <= high}


# weights


def test_queries_are_rows_from_the_top_and_keys_are_columns_from_the_left():
    ax = plot_weights(WEIGHTS, ["the", "cat", "sat"], list("abcde"), title="head 1")
    (image,) = ax.images
    assert_array_equal(image.get_array(), WEIGHTS)
    left, right, bottom, top = image.get_extent()
    assert left < right
    assert top < bottom
    assert ax.get_ylim()[0] > ax.get_ylim()[1], "row 0 is on top"
    assert labels(ax.yaxis) == {0: "the", 1: "cat", 2: "sat"}
    assert labels(ax.xaxis) == dict(enumerate("abcde"))
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title(loc="left")) == ("key", "query", "head 1")


@pytest.mark.parametrize("weights", [WEIGHTS, np.full((L, S), 0.2), np.zeros((L, S))])
def test_the_colours_reach_from_0_to_1_whatever_the_weights(weights):
    assert plot_weights(weights).images[0].get_clim() == (0, 1)


def test_each_number_stands_in_its_own_cell_and_can_be_read_on_its_colour():
    weights = np.linspace(0, 1, 101)[:, None]
    ax = plot_weights(weights)
    assert [text.get_text() for text in ax.texts] == [f"{w:.2f}" for w in weights[:, 0]]
    for text, weight in zip(ax.texts, weights[:, 0]):
        ink, paper = mpl.colors.to_rgb(text.get_color()), ax.images[0].cmap(ax.images[0].norm(weight))[:3]
        darker, lighter = sorted(map(luminance, (ink, paper)))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, f"WCAG asks for a contrast of 4.5 at weight {weight:.2f}"
    places = {text.get_position(): text.get_text() for text in plot_weights(WEIGHTS).texts}
    assert places == {(j, i): f"{WEIGHTS[i, j]:.2f}" for i, j in np.ndindex(L, S)}


def luminance(colour):
    colour = np.array(colour)
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def test_beyond_eight_keys_a_colour_bar_from_0_to_1_takes_the_place_of_the_numbers():
    assert plot_weights(np.eye(8)).figure.axes[1:] == []
    ax = plot_weights(np.eye(9))
    (_, bar) = ax.figure.axes
    assert not ax.texts
    assert bar.get_ylim() == (0, 1)
    assert bar.get_ylabel() == "weight"


def test_a_tensor_with_a_gradient_is_drawn_on_the_axes_that_are_given():
    _, (left, right) = plt.subplots(1, 2)
    assert plot_weights(torch.full((L, S), 0.2, requires_grad=True), ax=right) is right
    assert plot_mask(torch.ones(L, S, dtype=torch.bool), ax=left) is left
    assert len(plt.get_fignums()) == len(left.images) == len(right.images) == 1


@pytest.mark.parametrize("shape", [(2, 3), (3, 1), (1, 1), (40, 30)])
def test_without_tokens_positions_are_whole_numbers(shape):
    ax = plot_weights(np.zeros(shape))
    for axis in (ax.xaxis, ax.yaxis):
        assert labels(axis)
        assert all(float(text) == int(position) == position for position, text in labels(axis).items())


# masks


def test_a_dot_marks_each_pair_that_may_look_and_no_other():
    ax = plot_mask(causal_mask(L, S), queries="xyz", keys="abcde")
    (dots,) = ax.lines
    assert_array_equal(sorted(dots.get_xydata().tolist()), sorted([j, i] for i in range(L) for j in range(i + 3)))
    assert dots.get_marker() == "o"
    assert dots.get_linestyle() == "None"
    shades = ax.images[0].get_array()
    assert ax.images[0].get_clim() == (0, 1)
    assert_array_equal(shades > 0, causal_mask(L, S))
    assert labels(ax.yaxis) == dict(enumerate("xyz"))
    assert labels(ax.xaxis) == dict(enumerate("abcde"))


# curves


def test_each_curve_is_named_at_its_end_in_its_own_colour():
    x = np.array([0.0, 1.0, 4.0])
    ax = plot_curves(x, {"linear": x, "square": (x**2).tolist()}, xlabel="time (s)", ylabel="length (m)")
    assert ax.get_legend() is None
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (s)", "length (m)")
    for line, name, end in zip(ax.lines, ax.texts, (4, 16), strict=True):
        assert_allclose(line.get_xydata()[-1], (4, end))
        assert name.xy == (4, end)
        assert name.get_color() == line.get_color()
    assert [name.get_text() for name in ax.texts] == ["linear", "square"]


def test_the_first_four_curves_differ_in_colour_and_in_dash():
    x = np.arange(3.0)
    ax = plot_curves(x, {str(n): n * x for n in range(4)}, xlabel="x", ylabel="y")
    assert len({line.get_color() for line in ax.lines}) == len({line.get_linestyle() for line in ax.lines}) == 4


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_weights_of_any_precision_can_be_drawn_with_their_gradient(dtype):
    weights = torch.tensor(WEIGHTS, dtype=dtype, requires_grad=True)
    assert_allclose(plot_weights(weights).images[0].get_array(), WEIGHTS, atol=0.01)


# error


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: plot_weights([[-0.2, 1.2]]), r"weights reach from -0.2 to 1.2, expected 0 to 1: are these scores\?"),
        (lambda: plot_weights([[0.5, 1.01]]), "weights reach from 0.5 to 1.01, expected 0 to 1"),
        (lambda: plot_weights([[np.nan, 0.5]]), "weights reach from nan to nan, expected 0 to 1"),
        (lambda: plot_weights(np.zeros((2, L, S))), r"weights has shape \(2, 3, 5\), expected \(queries, keys\):"),
        (lambda: plot_mask(np.ones(S, bool)), r"mask has shape \(5,\), expected \(queries, keys\): choose one batch"),
        (lambda: plot_mask(np.tri(L, S)), "mask is float64, expected booleans, True = may look"),
        (lambda: plot_weights(WEIGHTS, queries="abcde"), "queries has 5 labels, the matrix has 3: one label for each"),
        (lambda: plot_weights(WEIGHTS, keys="abc"), "keys has 3 labels, the matrix has 5: one label for each"),
        (lambda: plot_mask(WEIGHTS > 0, keys="abc"), "keys has 3 labels, the matrix has 5: one label for each"),
        (
            lambda: plot_curves([], {"tall": []}, xlabel="x", ylabel="y"),
            r"x has shape \(0,\), expected \(points,\) and at least one point",
        ),
        (
            lambda: plot_curves([1, 2, 3], {"tall": [1, 2]}, xlabel="x", ylabel="y"),
            r"the curve 'tall' has shape \(2,\), x has \(3,\): one number for each x",
        ),
    ],
)
def test_what_cannot_be_drawn_is_told_in_words(call, words):
    with pytest.raises(ValueError, match=f"^{words}"):
        call()
