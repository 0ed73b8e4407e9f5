"""Classic wrong answers to the exercises of chapter 11."""

import numpy as np


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


def _weights(scores, center, width, *, sigma=0.5, first=0, edge=True, everywhere=False, again=False, shift=True):
    distance = np.abs(np.arange(first, first + len(scores)) - center)
    inside = distance <= width if edge else distance < width
    if not inside.any():
        return np.zeros(len(scores))
    voices = np.exp(scores - scores[inside].max() * shift) * (1 if everywhere else inside)
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
    voices = np.exp(scores - scores.max()) * (distance <= width)
    return voices / voices.sum() * np.exp(-2 * (distance / width) ** 2)
