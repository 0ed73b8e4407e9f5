"""Classic wrong answers to the exercises of chapter 10."""

import numpy as np


def frugal_scores__all_at_once(query, key, W_q, W_k, w_v, rows):
    """Right, and as hungry as ever: the groups are cut from an array that exists in full."""
    pairs = np.tanh((query @ W_q)[:, None] + key @ W_k)
    return np.concatenate([pairs[i : i + rows] @ w_v for i in range(0, len(query), rows)])


def frugal_scores__loses_the_last_group(query, key, W_q, W_k, w_v, rows):
    """Counts full groups only."""
    from_query, from_key = query @ W_q, key @ W_k
    scores = np.zeros((len(query), len(key)))
    for i in range(len(query) // rows):
        part = slice(i * rows, (i + 1) * rows)
        scores[part] = np.tanh(from_query[part, None] + from_key) @ w_v
    return scores


def frugal_scores__no_tanh(query, key, W_q, W_k, w_v, rows):
    """A straight line."""
    from_query, from_key = query @ W_q, key @ W_k
    return np.concatenate([(from_query[i : i + rows, None] + from_key) @ w_v for i in range(0, len(query), rows)])


def frugal_scores__tanh_before_the_sum(query, key, W_q, W_k, w_v, rows):
    """Bends each part alone: query and key never meet."""
    return np.tanh(query @ W_q) @ w_v[:, None] + (np.tanh(key @ W_k) @ w_v)[None, :]


def frugal_scores__tanh_after_the_vector(query, key, W_q, W_k, w_v, rows):
    """Bends the score instead of the hidden units."""
    return np.tanh((query @ W_q @ w_v)[:, None] + key @ W_k @ w_v)


def frugal_scores__sum_without_vector(query, key, W_q, W_k, w_v, rows):
    """Adds the hidden units up, each with the same say."""
    from_query, from_key = query @ W_q, key @ W_k
    starts = range(0, len(query), rows)
    return np.concatenate([np.tanh(from_query[i : i + rows, None] + from_key).sum(axis=-1) for i in starts])


def frugal_scores__transposed(query, key, W_q, W_k, w_v, rows):
    """Keys as rows."""
    from_query, from_key = query @ W_q, key @ W_k
    starts = range(0, len(query), rows)
    return np.concatenate([np.tanh(from_query[i : i + rows, None] + from_key) @ w_v for i in starts]).T


def frugal_scores__no_vector_at_all(query, key, W_q, W_k, w_v, rows):
    """Leaves the hidden numbers of each pair as they are."""
    from_query, from_key = query @ W_q, key @ W_k
    starts = range(0, len(query), rows)
    return np.concatenate([np.tanh(from_query[i : i + rows, None] + from_key) for i in starts])


def corpus_error__mean_of_sentences(found, known):
    """Each sentence counts the same, however short."""
    return float(np.mean([1 - 2 * len(a & g) / (len(a) + len(g)) for a, g in zip(found, known)]))


def corpus_error__precision(found, known):
    """Forgets links that were not found."""
    return 1 - sum(len(a & g) for a, g in zip(found, known)) / sum(map(len, found))


def corpus_error__recall(found, known):
    """Forgets links that should not be there: linking all to all is perfect."""
    return 1 - sum(len(a & g) for a, g in zip(found, known)) / sum(map(len, known))


def corpus_error__overlap(found, known):
    """Intersection over union, which is another measure."""
    return 1 - sum(len(a & g) for a, g in zip(found, known)) / sum(len(a | g) for a, g in zip(found, known))


def corpus_error__accuracy(found, known):
    """The complement: 1 is best."""
    right = sum(len(a & g) for a, g in zip(found, known))
    return 2 * right / (sum(map(len, found)) + sum(map(len, known)))


def corpus_error__without_the_two(found, known):
    """Counts a right link once where both sides have it."""
    right = sum(len(a & g) for a, g in zip(found, known))
    return 1 - right / (sum(map(len, found)) + sum(map(len, known)))


def corpus_error__either_direction(found, known):
    """Takes (0, 1) for (1, 0)."""
    found, known = ([{tuple(sorted(link)) for link in links} for links in side] for side in (found, known))
    right = sum(len(a & g) for a, g in zip(found, known))
    return 1 - 2 * right / (sum(map(len, found)) + sum(map(len, known)))


def corpus_error__all_in_one_set(found, known):
    """Throws the links of all sentences together: a link of one sentence may match another's."""
    found, known = set().union(*found), set().union(*known)
    return 1 - 2 * len(found & known) / (len(found) + len(known))
