"""Classic wrong answers to the exercises of `08_query_key_value`. Each must fail its check."""

import numpy as np

from attnlib import soft_lookup, softmax


def soft_read__weights_sum_to_one_over_the_queries(query, key, value, sharpness):
    """Normalize along the wrong axis."""
    weights = softmax(sharpness * query @ key.T, axis=0)
    return weights @ value, weights


def soft_read__sharpness_forgotten(query, key, value, sharpness):
    """Leave the sharpness out."""
    return soft_lookup(query, key, value)


def soft_read__hard_argmax(query, key, value, sharpness):
    """Read the best match alone."""
    weights = np.eye(len(key))[np.argmax(query @ key.T, axis=1)]
    return weights @ value, weights


def soft_read__divided_by_the_sharpness(query, key, value, sharpness):
    """Take the sharpness for a temperature."""
    return soft_lookup(query, key, value, sharpness=1 / sharpness)


def soft_read__scaled_by_root_d(query, key, value, sharpness):
    """Divide by the root of the keys' size out of habit."""
    return soft_lookup(query, key, value, sharpness=sharpness / np.sqrt(key.shape[1]))


def soft_read__cosine(query, key, value, sharpness):
    """Make queries and keys unit length first."""
    query = query / np.linalg.norm(query, axis=1, keepdims=True)
    key = key / np.linalg.norm(key, axis=1, keepdims=True)
    return soft_lookup(query, key, value, sharpness=sharpness)


def soft_read__reads_the_keys(query, key, value, sharpness):
    """Mix the keys where the values were asked for."""
    _, weights = soft_lookup(query, key, value, sharpness=sharpness)
    return weights @ key, weights


def soft_read__values_in_reverse(query, key, value, sharpness):
    """Pair the keys with the values from the other end."""
    _, weights = soft_lookup(query, key, value, sharpness=sharpness)
    return weights @ value[::-1], weights


def soft_read__overflows(query, key, value, sharpness):
    """Exponentiate without taking the largest score away."""
    weights = np.exp(sharpness * query @ key.T)
    weights = weights / weights.sum(axis=1, keepdims=True)
    return weights @ value, weights


def soft_read__one_largest_score_for_all(query, key, value, sharpness):
    """Divide by the total over all queries."""
    scores = sharpness * query @ key.T
    weights = np.exp(scores - scores.max())
    weights = weights / weights.sum()
    return weights @ value, weights


def soft_read__not_normalized(query, key, value, sharpness):
    """Use the exponentials as they are."""
    scores = sharpness * query @ key.T
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights @ value, weights


def soft_read__writes_into_the_query(query, key, value, sharpness):
    """Fold the sharpness into the caller's query in place."""
    query *= sharpness
    return soft_lookup(query, key, value)


def soft_read__query_and_key_swapped(query, key, value, sharpness):
    """Let the keys ask and turn the weights round."""
    weights = softmax(sharpness * key @ query.T).T
    return weights @ value, weights


def sharpness_for__all_keys_are_rivals(share, num_keys, margin):
    """Count the right key among its rivals."""
    return np.log(num_keys * share / (1 - share)) / margin


def sharpness_for__rivals_forgotten(share, num_keys, margin):
    """Take the odds against one rival."""
    return np.log(share / (1 - share)) / margin


def sharpness_for__share_for_odds(share, num_keys, margin):
    """Take the share for the odds."""
    return np.log((num_keys - 1) * share) / margin


def sharpness_for__margin_forgotten(share, num_keys, margin):
    """Suppose that the margin is 1."""
    return np.log((num_keys - 1) * share / (1 - share))


def sharpness_for__times_the_margin(share, num_keys, margin):
    """Multiply by the margin where it divides."""
    return np.log((num_keys - 1) * share / (1 - share)) * margin


def sharpness_for__a_temperature(share, num_keys, margin):
    """Return the temperature, one over the sharpness."""
    odds = (num_keys - 1) * share / (1 - share)
    return margin / np.log(odds) if odds != 1 else np.inf


def sharpness_for__bits(share, num_keys, margin):
    """Take the logarithm to base 2."""
    return np.log2((num_keys - 1) * share / (1 - share)) / margin


def lookup_or_nothing__no_null_key(query, key, value, sharpness, threshold):
    """Ignore the threshold."""
    return soft_lookup(query, key, value, sharpness=sharpness)


def lookup_or_nothing__hard_cut(query, key, value, sharpness, threshold):
    """Strike out the matches below the threshold."""
    matches = query @ key.T
    weights = softmax(np.where(matches >= threshold, sharpness * matches, -np.inf))
    return weights @ value, weights


def lookup_or_nothing__threshold_not_sharpened(query, key, value, sharpness, threshold):
    """Compare a sharpened score with a bare threshold."""
    null = np.full((len(query), 1), threshold)
    weights = softmax(np.concatenate([sharpness * query @ key.T, null], axis=1))[:, :-1]
    return weights @ value, weights


def lookup_or_nothing__shares_handed_back(query, key, value, sharpness, threshold):
    """Let the real weights sum to 1 again."""
    null = np.full((len(query), 1), threshold)
    weights = softmax(sharpness * np.concatenate([query @ key.T, null], axis=1))[:, :-1]
    weights = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    return weights @ value, weights


def lookup_or_nothing__null_weight_returned(query, key, value, sharpness, threshold):
    """Return the null key's weight among the others."""
    null = np.full((len(query), 1), threshold)
    weights = softmax(sharpness * np.concatenate([query @ key.T, null], axis=1))
    return weights[:, :-1] @ value, weights


def lookup_or_nothing__wrong_column_dropped(query, key, value, sharpness, threshold):
    """Put the null key last and drop the first."""
    null = np.full((len(query), 1), threshold)
    weights = softmax(sharpness * np.concatenate([query @ key.T, null], axis=1))[:, 1:]
    return weights @ value, weights


def lookup_or_nothing__null_reads_the_mean(query, key, value, sharpness, threshold):
    """Give the null key the mean value, so that it never says nothing."""
    null = np.full((len(query), 1), threshold)
    weights = softmax(sharpness * np.concatenate([query @ key.T, null], axis=1))
    return weights[:, :-1] @ value + weights[:, -1:] * value.mean(axis=0), weights[:, :-1]


def lookup_or_nothing__threshold_taken_from_the_scores(query, key, value, sharpness, threshold):
    """Subtract the threshold from every score, which changes no weight."""
    weights = softmax(sharpness * (query @ key.T - threshold))
    return weights @ value, weights


def lookup_or_nothing__overflows(query, key, value, sharpness, threshold):
    """Add one to the sum of bare exponentials."""
    boost = np.exp(sharpness * (query @ key.T - threshold))
    weights = boost / (1 + boost.sum(axis=1, keepdims=True))
    return weights @ value, weights
