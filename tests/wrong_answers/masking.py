"""Classic wrong answers to the exercises of chapter 15."""

import numpy as np

from attnlib import causal_mask, document_mask, window_mask

HINTS = {
    "masked_softmax__zeroes_the_scores": "a score of 0 takes a share too",
    "masked_softmax__zeroes_the_weights": "hidden scores don't count in the sum",
    "masked_softmax__renormalises_and_mends_the_nans": "subtract the largest score of a visible key",
    "masked_softmax__is_textbook": "−∞ minus −∞ is NaN",
    "masked_softmax__adds_a_large_number": "the mask vanishes",
    "masked_softmax__fills_with_the_lowest_number": "to see nothing is not to see all",
    "masked_softmax__fills_with_a_large_number_and_zeroes": "−1e9 is not low enough for a hidden key",
    "masked_softmax__takes_true_for_blocked": "True means may look",
    "masked_softmax__normalises_over_queries": "along the last axis, not over queries",
    "masked_softmax__subtracts_no_maximum": "exp(1000) is inf: subtract the largest",
    "masked_softmax__takes_zero_for_the_least_maximum": "the largest here is −1000, not 0",
    "masked_softmax__one_maximum_for_all_rows": "each row has a largest score of its own",
    "masked_softmax__the_first_mask_for_all": "each sequence has a mask of its own",
    "masked_softmax__adds_epsilon_below": "divide by the sum and by nothing more",
    "masked_softmax__overwrites_the_scores": "work on a copy",
    "visible_pairs__lays_the_triangle_upper_left": "so that the last query sees the last key",
    "visible_pairs__forgets_the_own_position": "a position sees itself besides",
    "visible_pairs__forgets_that_the_sentence_begins": "the second position sees two keys, not three",
    "visible_pairs__counts_rows_before_the_first_key": "a query before the first key sees 0 keys, not fewer",
    "visible_pairs__moves_early_queries_to_the_first_key": "a query before the first key sees none",
    "visible_pairs__counts_what_is_hidden": "that is hidden",
    "visible_pairs__forgets_the_window": "left=2 is a limit",
    "visible_pairs__counts_the_own_position_among_left": "left=2 are two keys before the own position",
    "visible_pairs__looks_ahead": "right=0: nothing that comes later",
    "visible_pairs__builds_the_mask": "expected to do without the mask",
    "packed_mask__lets_padding_see_padding": "padding sees padding",
    "packed_mask__has_no_window": "the window is missing",
    "packed_mask__looks_ahead": "a position sees what comes later",
    "packed_mask__has_a_window_one_too_long": "yours sees one more",
    "packed_mask__has_a_window_one_too_short": "yours sees one less",
    "packed_mask__hides_the_diagonal": "each position sees itself",
    "packed_mask__forgets_the_documents": "a document sees the one before",
    "packed_mask__has_no_axis_for_heads": "an axis of 1 for the heads",
    "packed_mask__uses_or_for_and": "all conditions at once: and, not or",
    "packed_mask__says_true_for_blocked": "True is for what it may see",
    "packed_mask__is_transposed": "rows are queries",
    "packed_mask__treats_every_row_as_the_first": "each sequence has documents of its own",
    "packed_mask__takes_the_first_padding_for_all": "each sequence has a padding of its own",
    "packed_mask__takes_zero_for_padding": "0 is a document like any other",
    "packed_mask__is_a_float": "a mask is boolean",
}
"""The words by which the check rejects each of them."""

SAME_VALUE = {
    "masked_softmax__overwrites_the_scores": "the caller's arrays stay as they were",
    "visible_pairs__builds_the_mask": "without building the mask",
    "packed_mask__is_a_float": "a boolean mask is asked for",
}
"""Right in value, and wrong all the same: what the text says."""


def _softmax(scores, axis=-1):
    shares = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return shares / shares.sum(axis=axis, keepdims=True)


def masked_softmax__zeroes_the_scores(scores, mask):
    """A score of 0 still gets a share."""
    return _softmax(scores * mask)


def masked_softmax__zeroes_the_weights(scores, mask):
    """Rows no longer sum to 1, and hidden scores stay in the denominator."""
    return _softmax(scores) * mask


def masked_softmax__renormalises_and_mends_the_nans(scores, mask):
    """The largest score is that of a hidden key, and the visible shares underflow."""
    weights = _softmax(scores) * mask
    return np.nan_to_num(weights / weights.sum(axis=-1, keepdims=True))


def masked_softmax__is_textbook(scores, mask):
    """An empty row becomes NaN."""
    return _softmax(np.where(mask, scores, -np.inf))


def masked_softmax__adds_a_large_number(scores, mask):
    """In float64 −1e9 cancels in an empty row: the mask vanishes."""
    return _softmax(scores + np.where(mask, 0, -1e9))


def masked_softmax__fills_with_the_lowest_number(scores, mask):
    """An empty row becomes the plain mean."""
    return _softmax(np.where(mask, scores, np.finfo(scores.dtype).min))


def masked_softmax__fills_with_a_large_number_and_zeroes(scores, mask):
    """Right in empty rows, but a visible score may lie below −1e9."""
    return _softmax(np.where(mask, scores, -1e9)) * mask


def masked_softmax__takes_true_for_blocked(scores, mask):
    """The mask is inverted."""
    return np.nan_to_num(_softmax(np.where(mask, -np.inf, scores)))


def masked_softmax__normalises_over_queries(scores, mask):
    """The wrong axis."""
    return np.nan_to_num(_softmax(np.where(mask, scores, -np.inf), axis=-2))


def masked_softmax__subtracts_no_maximum(scores, mask):
    """Large scores overflow."""
    shares = np.exp(np.where(mask, scores, -np.inf))
    return shares / np.maximum(shares.sum(axis=-1, keepdims=True), 1e-300)


def masked_softmax__takes_zero_for_the_least_maximum(scores, mask):
    """Rows that lie far below 0 vanish."""
    scores = np.where(mask, scores, -np.inf)
    shares = np.exp(scores - np.maximum(scores.max(axis=-1, keepdims=True), 0))
    return shares / np.maximum(shares.sum(axis=-1, keepdims=True), 1e-300)


def masked_softmax__one_maximum_for_all_rows(scores, mask):
    """Rows that lie far below another vanish."""
    shares = np.where(mask, np.exp(scores - scores.max(where=mask, initial=-1e300)), 0)
    return shares / np.maximum(shares.sum(axis=-1, keepdims=True), 1e-300)


def masked_softmax__the_first_mask_for_all(scores, mask):
    """The mask of the first sequence is used for the whole batch."""
    first = mask.reshape(-1, *mask.shape[-2:])[0]
    return np.nan_to_num(_softmax(np.where(first, scores, -np.inf)))


def masked_softmax__adds_epsilon_below(scores, mask):
    """The largest is taken over all keys, and an epsilon hides the 0/0."""
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True)) * mask
    return shares / (shares.sum(axis=-1, keepdims=True) + 1e-12)


def masked_softmax__overwrites_the_scores(scores, mask):
    """Right numbers, but the caller's array is filled with −inf."""
    np.copyto(scores, -np.inf, where=~mask)
    return np.nan_to_num(_softmax(scores))


def visible_pairs__lays_the_triangle_upper_left(num_queries, num_keys, left):
    """Offset 0, as torch's is_causal."""
    return int(window_mask(num_queries, num_keys, left=left, right=0, offset=0).sum())


def visible_pairs__forgets_the_own_position(num_queries, num_keys, left):
    """A window of `left` keys."""
    return sum(min(p, left) for p in range(num_keys - num_queries, num_keys) if p >= 0)


def visible_pairs__forgets_that_the_sentence_begins(num_queries, num_keys, left):
    """Every query sees left + 1 keys, even the first."""
    return num_queries * (left + 1)


def visible_pairs__counts_rows_before_the_first_key(num_queries, num_keys, left):
    """With more queries than keys the early rows count as negative."""
    return sum(min(p, left) + 1 for p in range(num_keys - num_queries, num_keys))


def visible_pairs__counts_what_is_hidden(num_queries, num_keys, left):
    """The mask is inverted."""
    return int((~window_mask(num_queries, num_keys, left=left, right=0)).sum())


def visible_pairs__forgets_the_window(num_queries, num_keys, left):
    """Causal without a left limit."""
    return int(causal_mask(num_queries, num_keys).sum())


def visible_pairs__counts_the_own_position_among_left(num_queries, num_keys, left):
    """A window of `left` keys in all, the own one included."""
    return sum(min(p + 1, left) for p in range(num_keys - num_queries, num_keys) if p >= 0)


def visible_pairs__looks_ahead(num_queries, num_keys, left):
    """A window on both sides."""
    return int(window_mask(num_queries, num_keys, left=left, right=left).sum())


def visible_pairs__moves_early_queries_to_the_first_key(num_queries, num_keys, left):
    """With more queries than keys the early rows see one key each."""
    return sum(min(max(p, 0), left) + 1 for p in range(num_keys - num_queries, num_keys))


def visible_pairs__builds_the_mask(num_queries, num_keys, left):
    """Right, and a terabyte for a million."""
    return int(window_mask(num_queries, num_keys, left=left, right=0).sum())


def packed_mask__lets_padding_see_padding(documents, left):
    """−1 equals −1: padding is taken for a document."""
    return document_mask(documents) & window_mask(documents.shape[1], left=left, right=0)


def packed_mask__has_no_window(documents, left):
    """Causal and document only."""
    return document_mask(documents) & causal_mask(documents.shape[1]) & (documents >= 0)[:, None, None, :]


def packed_mask__looks_ahead(documents, left):
    """A window on both sides."""
    window = window_mask(documents.shape[1], left=left, right=left)
    return document_mask(documents) & window & (documents >= 0)[:, None, None, :]


def packed_mask__has_a_window_one_too_long(documents, left):
    """Sees `left` + 1 positions before it."""
    window = window_mask(documents.shape[1], left=left + 1, right=0)
    return document_mask(documents) & window & (documents >= 0)[:, None, None, :]


def packed_mask__has_a_window_one_too_short(documents, left):
    """`left` keys in all, the own one included."""
    window = window_mask(documents.shape[1], left=left - 1, right=0)
    return document_mask(documents) & window & (documents >= 0)[:, None, None, :]


def packed_mask__hides_the_diagonal(documents, left):
    """The off-by-one: a position does not see itself."""
    strict = causal_mask(documents.shape[1], offset=-1)
    return packed_mask__lets_padding_see_padding(documents, left) & strict & (documents >= 0)[:, None, None, :]


def packed_mask__forgets_the_documents(documents, left):
    """A new document sees the end of the one before."""
    real = (documents >= 0)[:, None, None, :]
    return window_mask(documents.shape[1], left=left, right=0) & real & real.swapaxes(-1, -2)


def packed_mask__has_no_axis_for_heads(documents, left):
    """Shape (B, L, L)."""
    return packed_mask__lets_padding_see_padding(documents, left)[:, 0] & (documents >= 0)[:, None, :]


def packed_mask__uses_or_for_and(documents, left):
    """Permissions are added up where restrictions should be."""
    return document_mask(documents) | window_mask(documents.shape[1], left=left, right=0)


def packed_mask__says_true_for_blocked(documents, left):
    """The mask is inverted."""
    real = (documents >= 0)[:, None, None, :]
    return ~(document_mask(documents) & window_mask(documents.shape[1], left=left, right=0) & real)


def packed_mask__is_transposed(documents, left):
    """Rows are keys."""
    real = (documents >= 0)[:, None, None, :]
    return (document_mask(documents) & window_mask(documents.shape[1], left=left, right=0) & real).swapaxes(-1, -2)


def packed_mask__treats_every_row_as_the_first(documents, left):
    """The documents of the first sequence are used for the whole batch."""
    first = np.broadcast_to(documents[:1], documents.shape)
    real = (first >= 0)[:, None, None, :]
    return document_mask(first) & window_mask(documents.shape[1], left=left, right=0) & real


def packed_mask__takes_the_first_padding_for_all(documents, left):
    """The documents are each row's own, and the padding is that of the first."""
    window = window_mask(documents.shape[1], left=left, right=0)
    return document_mask(documents) & window & (documents[0] >= 0)


def packed_mask__takes_zero_for_padding(documents, left):
    """Above 0 where 0 is a document too."""
    window = window_mask(documents.shape[1], left=left, right=0)
    return document_mask(documents) & window & (documents > 0)[:, None, None, :]


def packed_mask__is_a_float(documents, left):
    """0 and 1 in place of False and True."""
    real = (documents >= 0)[:, None, None, :]
    return (document_mask(documents) & window_mask(documents.shape[1], left=left, right=0) & real).astype(float)
