"""Classic wrong answers to the exercises of chapter 5: each must be refused by its check."""

import numpy as np

from attnlib.psychology.saliency import scan_path

HINTS = {
    "forgetful_path__never_forgets": "inhibition wears off",
    "forgetful_path__minus_zero_is_everything": "path[-0:] is the whole path",
    "forgetful_path__remembers_the_first": "the last places inhibit, not the first",
    "forgetful_path__one_too_many": "memory + 1 places inhibit: one too many",
    "forgetful_path__edge_of_the_disc_is_allowed": "exactly the radius is still within",
    "forgetful_path__square_for_disc": "a disc, not a square",
    "forgetful_path__column_before_row": "row before column",
    "forgetful_path__looks_at_nothing": "stop where nothing above zero may be looked at",
    "forgetful_path__eats_the_map": "you changed it",
    "forgetful_path__starts_again_when_stuck": "stop early, do not start again",
    "forgetful_path__places_without_surroundings": "the surroundings are forbidden too",
    "forgetful_path__only_the_last": "more than the last place inhibits",
    "forgetful_path__city_blocks": "distance is not rows plus columns",
    "best_gains__negative": "no gain below zero",
    "best_gains__wrong_axis": "average over items",
    "best_gains__ratio": "a difference, not a ratio",
    "best_gains__not_scaled": "all gains sum to 1",
    "best_gains__divides_by_zero": "no division by zero",
    "best_gains__loudest_other": "the mean, not the largest",
    "best_gains__winner_takes_all": "not one feature alone",
    "best_gains__median": "the mean, not the median",
    "best_gains__sum_of_the_others": "the mean, not the sum",
    "best_gains__length_one": "the sum is 1, not the length",
    "best_gains__equal_shares": "gains grow with the excess",
    "best_gains__equal_where_nothing_exceeds": "zeros, not equal gains",
    "best_gains__softmax": "no exponentials",
}
"""The words by which the check rejects each of them."""

SAME_VALUE = {
    "forgetful_path__eats_the_map": "the text forbids it",
}
"""Right in their value, and wrong all the same."""


def _path(saliency, num_fixations, radius, remembered, *, closer=np.less_equal, least=0.0):
    rows, columns = np.indices(saliency.shape)
    path = []
    while len(path) < num_fixations:
        may_look = saliency > least
        for row, column in remembered(path):
            may_look &= ~closer((rows - row) ** 2 + (columns - column) ** 2, radius**2)
        if not may_look.any():
            break
        path.append(np.unravel_index(np.where(may_look, saliency, -np.inf).argmax(), saliency.shape))
    return np.array(path, dtype=int).reshape(-1, 2)


def forgetful_path__never_forgets(saliency, num_fixations, radius, memory):
    """The scan path of the chapter, whatever the memory."""
    return scan_path(saliency, num_fixations, radius=radius)


def forgetful_path__minus_zero_is_everything(saliency, num_fixations, radius, memory):
    """`path[-memory:]` with memory 0 is the whole path."""
    return _path(saliency, num_fixations, radius, lambda path: path[-memory:])


def forgetful_path__remembers_the_first(saliency, num_fixations, radius, memory):
    """The first places are forbidden for ever, the last ones never."""
    return _path(saliency, num_fixations, radius, lambda path: path[:memory])


def forgetful_path__one_too_many(saliency, num_fixations, radius, memory):
    """Off by one: memory + 1 places inhibit."""
    return _path(saliency, num_fixations, radius, lambda path: path[max(len(path) - memory - 1, 0) :])


def forgetful_path__edge_of_the_disc_is_allowed(saliency, num_fixations, radius, memory):
    """A place at exactly the radius may be looked at again."""
    return _path(saliency, num_fixations, radius, lambda path: path[max(len(path) - memory, 0) :], closer=np.less)


def forgetful_path__square_for_disc(saliency, num_fixations, radius, memory):
    """Forbids a square: the diagonal neighbour too."""
    rows, columns = np.indices(saliency.shape)
    path = []
    while len(path) < num_fixations:
        may_look = saliency > 0
        for row, column in path[max(len(path) - memory, 0) :]:
            may_look &= np.maximum(abs(rows - row), abs(columns - column)) > radius
        if not may_look.any():
            break
        path.append(np.unravel_index(np.where(may_look, saliency, -np.inf).argmax(), saliency.shape))
    return np.array(path, dtype=int).reshape(-1, 2)


def forgetful_path__column_before_row(saliency, num_fixations, radius, memory):
    """Returns (x, y)."""
    return _path(saliency, num_fixations, radius, lambda path: path[max(len(path) - memory, 0) :])[:, ::-1]


def forgetful_path__looks_at_nothing(saliency, num_fixations, radius, memory):
    """Goes on where nothing is above zero."""
    return _path(saliency, num_fixations, radius, lambda path: path[max(len(path) - memory, 0) :], least=-1.0)


def forgetful_path__eats_the_map(saliency, num_fixations, radius, memory):
    """Sets what was seen to zero in the caller's map, and restores nothing."""
    path = _path(saliency, num_fixations, radius, lambda path: path[max(len(path) - memory, 0) :])
    saliency[tuple(path.T)] = 0
    return path


def best_gains__negative(target, others):
    """A feature that the others have more of gets a negative gain."""
    excess = target - others.mean(axis=0)
    return excess / (excess.sum() or 1)


def best_gains__wrong_axis(target, others):
    """Averages over features in place of items."""
    excess = np.maximum(target - others.mean(axis=1).mean(), 0)
    return excess / (excess.sum() or 1)


def best_gains__ratio(target, others):
    """The target divided by the mean of the others."""
    with np.errstate(all="ignore"):
        ratio = np.nan_to_num(target / others.mean(axis=0))
    return ratio / (ratio.sum() or 1)


def best_gains__not_scaled(target, others):
    """Gains that do not sum to 1."""
    return np.maximum(target - others.mean(axis=0), 0)


def best_gains__divides_by_zero(target, others):
    """A target that exceeds nowhere gets NaN."""
    excess = np.maximum(target - others.mean(axis=0), 0)
    return excess / excess.sum()


def best_gains__loudest_other(target, others):
    """The largest of the others in place of their mean."""
    excess = np.maximum(target - others.max(axis=0), 0)
    return excess / (excess.sum() or 1)


def best_gains__winner_takes_all(target, others):
    """All the gain on one feature."""
    excess = target - others.mean(axis=0)
    return np.eye(len(target))[excess.argmax()] * (excess.max() > 0)


def _last(path, memory):
    return path[max(len(path) - memory, 0) :]


def forgetful_path__starts_again_when_stuck(saliency, num_fixations, radius, memory):
    """Forgets everything where no place is left, in place of stopping."""
    path = []
    while len(path) < num_fixations and (saliency > 0).any():
        again = _path(saliency, num_fixations - len(path), radius, lambda path: _last(path, memory))
        path += again.tolist()
    return np.array(path, dtype=int).reshape(-1, 2)


def forgetful_path__places_without_surroundings(saliency, num_fixations, radius, memory):
    """Forbids the places and nothing around them."""
    return _path(saliency, num_fixations, 0.0, lambda path: _last(path, memory))


def forgetful_path__only_the_last(saliency, num_fixations, radius, memory):
    """Only the last place inhibits, whatever the memory."""
    return _path(saliency, num_fixations, radius, lambda path: _last(path, min(memory, 1)))


def forgetful_path__city_blocks(saliency, num_fixations, radius, memory):
    """Adds rows and columns in place of their squares."""
    rows, columns = np.indices(saliency.shape)
    path = []
    while len(path) < num_fixations:
        may_look = saliency > 0
        for row, column in _last(path, memory):
            may_look &= abs(rows - row) + abs(columns - column) > radius
        if not may_look.any():
            break
        path.append(np.unravel_index(np.where(may_look, saliency, -np.inf).argmax(), saliency.shape))
    return np.array(path, dtype=int).reshape(-1, 2)


def best_gains__median(target, others):
    """The median of the others in place of their mean."""
    excess = np.maximum(target - np.median(others, axis=0), 0)
    return excess / (excess.sum() or 1)


def best_gains__sum_of_the_others(target, others):
    """The sum of the others in place of their mean."""
    excess = np.maximum(target - others.sum(axis=0), 0)
    return excess / (excess.sum() or 1)


def best_gains__length_one(target, others):
    """Squares that sum to 1."""
    excess = np.maximum(target - others.mean(axis=0), 0)
    return excess / (np.linalg.norm(excess) or 1)


def best_gains__equal_shares(target, others):
    """The same gain for each feature that exceeds."""
    excess = (target > others.mean(axis=0)).astype(float)
    return excess / (excess.sum() or 1)


def best_gains__equal_where_nothing_exceeds(target, others):
    """Equal gains where all should be 0."""
    excess = np.maximum(target - others.mean(axis=0), 0)
    return excess / excess.sum() if excess.any() else np.full(len(target), 1 / len(target))


def best_gains__softmax(target, others):
    """Exponentials of the excess."""
    excess = np.exp(target - others.mean(axis=0))
    return excess / excess.sum()
