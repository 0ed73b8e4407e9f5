"""Classic wrong answers to the exercises of chapter 11."""

import numpy as np

HINTS = {
    "follows_its_keys__asks_whether_anything_changed": "not whether the scores change",
    "follows_its_keys__compares_the_sums": "equal sums are no equal order",
    "follows_its_keys__compares_them_sorted": "sorted, all orders look alike",
    "follows_its_keys__compares_the_best_only": "compare all scores, not the best alone",
    "follows_its_keys__reorders_backwards": "scores[:, order] has the new order",
    "follows_its_keys__swaps_the_first_two_only": "exchange more than the first two",
    "follows_its_keys__the_order_that_changes_nothing": "your keys stay in their order",
    "follows_its_keys__reorders_the_queries": "reorder keys, not queries",
    "follows_its_keys__gives_new_keys": "that other keys score otherwise is not enough",
    "follows_its_keys__reverses_only": "a reversal is only one order",
    "follows_its_keys__rotates_only": "rotations keep neighbours together",
    "follows_its_keys__one_query": "one query proves little",
    "follows_its_keys__one_success_is_enough": "one success proves little",
    "local_weights__normalizes_again": "no second normalization",
    "local_weights__sigma_is_the_width": "σ is half the width",
    "local_weights__softmax_over_everything": "the softmax is over the window alone",
    "local_weights__zeros_outside": "−∞ outside, not 0",
    "local_weights__counts_from_1": "count positions from 0",
    "local_weights__leaves_out_the_edge": "position 1 is on the edge, which is inside",
    "local_weights__rounded_centre": "don't round the centre",
    "local_weights__window_around_a_rounded_centre": "the window is around 1.75, not around 2",
    "local_weights__no_shift": "exp(900) is inf: take the largest score away first",
    "local_weights__shift_by_a_score_outside": "take away the largest of the window",
    "local_weights__no_curve": "no bell curve",
    "local_weights__curve_without_the_half": "the curve is exp(−d² / 2σ²)",
    "local_weights__curve_of_area_1": "the curve is 1 at its top",
    "local_weights__curve_on_the_scores": "the curve multiplies weights, not scores",
    "local_weights__nothing_inside_is_nan": "expected zeros: 0 / 0",
    "local_weights__centre_moved_inside": "don't move the centre",
}
"""The words by which the check rejects each of them."""


def _draw(times=10):
    rng = np.random.default_rng(0)
    for _ in range(times):
        yield rng.normal(size=(2, 5)), rng.normal(size=(7, 5)), rng.permutation(7)


def follows_its_keys__asks_whether_anything_changed(score):
    """A bonus for early places changes too, and does not follow."""
    return not any(np.allclose(score(query, key[order]), score(query, key)) for query, key, order in _draw())


def follows_its_keys__compares_the_sums(score):
    """Scores that stand still have the same sum as well."""
    return all(np.allclose(score(q, k[order]).sum(-1), score(q, k).sum(-1)) for q, k, order in _draw())


def follows_its_keys__compares_them_sorted(score):
    """So do they have the same values in some order."""
    return all(np.allclose(np.sort(score(q, k[order])), np.sort(score(q, k))) for q, k, order in _draw())


def follows_its_keys__compares_the_best_only(score):
    """Asks whether the best key stays the best: a small bonus seldom changes that."""
    return all((score(q, k[o]).argmax(-1) == score(q, k)[:, o].argmax(-1)).all() for q, k, o in _draw())


def follows_its_keys__reorders_backwards(score):
    """Applies the inverse order to the scores: even the dot product seems to fail."""
    return all(np.allclose(score(q, k[order]), score(q, k)[:, np.argsort(order)]) for q, k, order in _draw())


def follows_its_keys__swaps_the_first_two_only(score):
    """One tame order: what depends on the last place slips through."""
    swap = np.array([1, 0, 2, 3, 4, 5, 6])
    return all(np.allclose(score(q, k[swap]), score(q, k)[:, swap]) for q, k, _ in _draw())


def follows_its_keys__the_order_that_changes_nothing(score):
    """Keys in their own order: every score passes."""
    return all(np.allclose(score(q, k[np.arange(7)]), score(q, k)) for q, k, _ in _draw())


def follows_its_keys__reorders_the_queries(score):
    """Turns the wrong axis."""
    return all(np.allclose(score(q[::-1], k), score(q, k)[::-1]) for q, k, _ in _draw())


def follows_its_keys__gives_new_keys(score):
    """Asks whether other keys give other scores: the bonus and the running sum pass."""
    return not any(np.allclose(score(q, k), score(q, k[::-1] + 1)) for q, k, _ in _draw())


def follows_its_keys__reverses_only(score):
    """One order, and a symmetric one."""
    return all(np.allclose(score(q, k[::-1]), score(q, k)[:, ::-1]) for q, k, _ in _draw())


def follows_its_keys__rotates_only(score):
    """Neighbours stay neighbours."""
    return all(np.allclose(score(q, np.roll(k, 1, axis=0)), np.roll(score(q, k), 1, axis=1)) for q, k, _ in _draw())


def follows_its_keys__one_query(score):
    """A single lucky draw."""
    return all(np.allclose(score(q[:1], k[order]), score(q[:1], k)[:, order]) for q, k, order in _draw(1))


def follows_its_keys__one_success_is_enough(score):
    """Any where all is meant."""
    pairs = [(query[:1], key, order) for query, key, order in _draw()]
    return any(np.allclose(score(q, k[order]), score(q, k)[:, order]) for q, k, order in pairs)


def _weights(scores, center, width, *, sigma=0.5, first=0, edge=True, everywhere=False, again=False, shift=True):
    distance = np.abs(np.arange(first, first + len(scores)) - center)
    inside = distance <= width if edge else distance < width
    if not inside.any():
        return np.zeros(len(scores))
    voices = np.exp(np.where(inside | everywhere, scores, -np.inf) - scores[inside].max() * shift)
    weights = voices / voices.sum() * np.exp(-(distance**2) / 2 / (sigma * width) ** 2) * inside
    return weights / weights.sum() if again else weights


def local_weights__normalizes_again(scores, center, width):
    """Makes the weights sum to 1 once more."""
    return _weights(scores, center, width, again=True)


def local_weights__sigma_is_the_width(scores, center, width):
    """The standard deviation is D, not D / 2."""
    return _weights(scores, center, width, sigma=1.0)


def local_weights__softmax_over_everything(scores, center, width):
    """The softmax sees the words beyond the window."""
    return _weights(scores, center, width, everywhere=True)


def local_weights__counts_from_1(scores, center, width):
    """The paper's count with our centre."""
    return _weights(scores, center, width, first=1)


def local_weights__leaves_out_the_edge(scores, center, width):
    """Strictly nearer than D."""
    return _weights(scores, center, width, edge=False)


def local_weights__no_shift(scores, center, width):
    """The exponential of 900 overflows."""
    return _weights(scores, center, width, shift=False)


def local_weights__no_curve(scores, center, width):
    """A window with a flat top."""
    return _weights(scores, center, width, sigma=1e6)


def local_weights__curve_on_the_scores(scores, center, width):
    """Multiplies the scores by the curve, before the softmax."""
    distance = np.abs(np.arange(len(scores)) - center)
    voices = np.exp(scores * np.exp(-2 * (distance / width) ** 2)) * (distance <= width)
    return voices / max(voices.sum(), 1e-300)


def local_weights__nothing_inside_is_nan(scores, center, width):
    """Divides 0 by 0 where the window holds no position."""
    distance = np.abs(np.arange(len(scores)) - center)
    inside = np.where(distance <= width, scores, -np.inf)
    voices = np.exp(inside - inside.max())
    return voices / voices.sum() * np.exp(-2 * (distance / width) ** 2)


def local_weights__rounded_centre(scores, center, width):
    """Takes the nearest position for the centre."""
    return _weights(scores, np.round(center), width)


def local_weights__window_around_a_rounded_centre(scores, center, width):
    """Rounds for the window, and not for the curve."""
    position = np.arange(len(scores))
    inside = np.where(np.abs(position - np.round(center)) <= width, scores, -np.inf)
    voices = np.exp(inside - max(inside.max(), -1e300))
    return voices / max(voices.sum(), 1) * np.exp(-2 * ((position - center) / width) ** 2)


def local_weights__centre_moved_inside(scores, center, width):
    """A centre beyond the end becomes the last position."""
    return _weights(scores, np.clip(center, 0, len(scores) - 1), width)


def local_weights__curve_without_the_half(scores, center, width):
    """exp(−d² / σ²)."""
    return _weights(scores, center, width, sigma=0.5 / np.sqrt(2))


def local_weights__curve_of_area_1(scores, center, width):
    """A density: the peak's height depends on the width."""
    return _weights(scores, center, width) / (width / 2 * np.sqrt(2 * np.pi))


def _softmax_with_zeros(scores, outside):
    voices = np.exp(np.where(outside, 0.0, scores) - np.where(outside, 0.0, scores).max())
    return np.where(outside, 0.0, voices / voices.sum())


def local_weights__zeros_outside(scores, center, width):
    """A score of 0 outside the window is a score like any other."""
    distance = np.abs(np.arange(len(scores)) - center)
    return _softmax_with_zeros(scores, distance > width) * np.exp(-2 * (distance / width) ** 2)


def local_weights__shift_by_a_score_outside(scores, center, width):
    """Takes the largest of all scores away: where it is far outside, every exponential inside vanishes."""
    distance = np.abs(np.arange(len(scores)) - center)
    voices = np.exp(scores - scores.max()) * (distance <= width)
    return voices / voices.sum() * np.exp(-2 * (distance / width) ** 2) if (distance <= width).any() else voices
