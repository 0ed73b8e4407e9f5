"""Classic wrong answers to the exercises of chapter 10."""

import numpy as np

HINTS = {
    "frugal_scores__all_at_once": "all exist at once",
    "frugal_scores__as_many_groups": "a group has `rows` queries",
    "frugal_scores__loses_the_last_group": "the last group is left out",
    "frugal_scores__full_groups_only": "the last group may be shorter",
    "frugal_scores__one_query_too_many": "a query belongs to one group",
    "frugal_scores__no_tanh": "tanh is missing",
    "frugal_scores__tanh_before_the_sum": "add first, then tanh",
    "frugal_scores__tanh_after_the_vector": "w_v comes after the tanh",
    "frugal_scores__sum_without_vector": "w_v is missing",
    "frugal_scores__multiplies": "add them, don't multiply",
    "frugal_scores__transposed": "a row for each query",
    "frugal_scores__no_vector_at_all": "w_v sums up the hidden numbers of a pair",
    "corpus_error__mean_of_sentences": "count over the corpus, then divide",
    "corpus_error__precision": "links that were not found count too",
    "corpus_error__recall": "links found by mistake count too",
    "corpus_error__overlap": "divide by |A| + |G|, not by the union",
    "corpus_error__accuracy": "that is the share that is right",
    "corpus_error__without_the_two": "a right link counts twice",
    "corpus_error__either_direction": "(0, 1) is not (1, 0)",
    "corpus_error__all_in_one_set": "a link counts in its own sentence only",
    "corpus_error__where_links_were_found": "count empty sentences too",
}
"""The words by which the check rejects each of them."""

SAME_VALUE = {
    "frugal_scores__all_at_once": "it holds the hidden numbers of all queries",
    "frugal_scores__as_many_groups": "it holds those of more than `rows` queries",
}
"""What is wrong all the same."""


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


def frugal_scores__as_many_groups(query, key, W_q, W_k, w_v, rows):
    """Cuts the queries into `rows` groups."""
    from_key = key @ W_k
    groups = np.array_split(query @ W_q, rows)
    return np.concatenate([np.tanh(group[:, None] + from_key) @ w_v for group in groups])


def frugal_scores__full_groups_only(query, key, W_q, W_k, w_v, rows):
    """Returns no scores for what is left over."""
    whole = len(query) // rows * rows
    return np.tanh((query[:whole] @ W_q)[:, None] + key @ W_k) @ w_v


def frugal_scores__one_query_too_many(query, key, W_q, W_k, w_v, rows):
    """Groups that overlap by one."""
    from_query, from_key = query @ W_q, key @ W_k
    starts = range(0, len(query), rows)
    return np.concatenate([np.tanh(from_query[i : i + rows + 1, None] + from_key) @ w_v for i in starts])


def frugal_scores__multiplies(query, key, W_q, W_k, w_v, rows):
    """Multiplies what should be added."""
    from_query, from_key = query @ W_q, key @ W_k
    starts = range(0, len(query), rows)
    return np.concatenate([np.tanh(from_query[i : i + rows, None] * from_key) @ w_v for i in starts])


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


def corpus_error__where_links_were_found(found, known):
    """Passes over a sentence without found links, and its known ones are not missed."""
    pairs = [(a, g) for a, g in zip(found, known) if a]
    return 1 - 2 * sum(len(a & g) for a, g in pairs) / sum(len(a) + len(g) for a, g in pairs)
