"""Classic wrong answers to the exercises of chapter 8."""

import numpy as np

from attnlib import soft_lookup, softmax

HINTS = {
    "soft_read__weights_sum_to_one_over_the_queries": "the sum is 1 over keys, not queries",
    "soft_read__sharpness_forgotten": "sharpness is missing",
    "soft_read__hard_argmax": "not the best alone",
    "soft_read__divided_by_the_sharpness": "multiply by the sharpness, don't divide",
    "soft_read__scaled_by_root_d": "no division by the root of d here",
    "soft_read__cosine": "lengths count: no unit vectors",
    "soft_read__reads_the_keys": "it is values that are read",
    "soft_read__values_in_reverse": "a value belongs to the key in its place",
    "soft_read__overflows": "take the row's largest score away first",
    "soft_read__one_sum_for_all": "each query has a sum of its own",
    "soft_read__one_largest_score_for_all": "each row has its own largest score",
    "soft_read__shifted_by_the_minimum": "take 3000 away, and not 0",
    "soft_read__not_normalized": "divide by the sum of the exponentials",
    "soft_read__shares_of_the_scores": "shares of exponentials, not scores",
    "soft_read__sharpened_twice": "q · k times the sharpness, once",
    "sharpness_for__all_keys_are_rivals": "the right key is none of its 3 rivals",
    "sharpness_for__rivals_forgotten": "three rivals, not one",
    "sharpness_for__share_for_odds": "the odds are 9 to 1, not 0.9 to 1",
    "sharpness_for__margin_forgotten": "divide by the margin",
    "sharpness_for__times_the_margin": "you multiply by the margin",
    "sharpness_for__a_temperature": "that is the temperature: one over it",
    "sharpness_for__bits": "ln, not log₂",
    "sharpness_for__divided_by_the_rivals": "more rivals need more sharpness",
    "sharpness_for__no_logarithm": "take the logarithm",
    "lookup_or_nothing__no_null_key": "the null key should take its share",
    "lookup_or_nothing__hard_cut": "don't cut at the threshold: it competes",
    "lookup_or_nothing__threshold_not_sharpened": "the threshold is a match: times the sharpness",
    "lookup_or_nothing__null_weight_returned": "expected 3 of them",
    "lookup_or_nothing__wrong_column_dropped": "the last is the weight of the null key",
    "lookup_or_nothing__null_reads_the_mean": "the null key reads 0",
    "lookup_or_nothing__threshold_times_the_length": "don't multiply by the length of q",
    "lookup_or_nothing__vector_of_thresholds": "your null key is a vector of thresholds",
    "lookup_or_nothing__sharpened_twice": "multiply by the sharpness once",
    "lookup_or_nothing__overflows": "exp(12000) is inf",
}
"""The words by which the check rejects each of them."""


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


def soft_read__one_sum_for_all(query, key, value, sharpness):
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


def soft_read__one_largest_score_for_all(query, key, value, sharpness):
    """Take the largest score of all rows away: rows that lie far below it become 0/0."""
    scores = sharpness * query @ key.T
    weights = np.exp(scores - scores.max())
    weights = weights / weights.sum(axis=1, keepdims=True)
    return weights @ value, weights


def soft_read__shifted_by_the_minimum(query, key, value, sharpness):
    """Take the smallest score away: right as long as the row is narrow."""
    scores = sharpness * query @ key.T
    weights = np.exp(scores - scores.min(axis=1, keepdims=True))
    weights = weights / weights.sum(axis=1, keepdims=True)
    return weights @ value, weights


def soft_read__shares_of_the_scores(query, key, value, sharpness):
    """Divide the scores by their sum, without exponentials."""
    scores = sharpness * query @ key.T
    weights = scores / scores.sum(axis=1, keepdims=True)
    return weights @ value, weights


def soft_read__sharpened_twice(query, key, value, sharpness):
    """Multiply query and key by the sharpness."""
    return soft_lookup(sharpness * query, sharpness * key, value)


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


def sharpness_for__divided_by_the_rivals(share, num_keys, margin):
    """Share the odds out among the rivals, where they add up."""
    return np.log(share / (1 - share) / (num_keys - 1)) / margin


def sharpness_for__no_logarithm(share, num_keys, margin):
    """Stop at the odds."""
    return (num_keys - 1) * share / (1 - share) / margin


def lookup_or_nothing__no_null_key(query, key, value, sharpness, threshold):
    """Ignore the threshold: the weights sum to 1."""
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


def lookup_or_nothing__threshold_times_the_length(query, key, value, sharpness, threshold):
    """Take the threshold for a cosine: a longer query then has a higher one."""
    null = threshold * np.linalg.norm(query, axis=1, keepdims=True)
    weights = softmax(sharpness * np.concatenate([query @ key.T, null], axis=1))[:, :-1]
    return weights @ value, weights


def lookup_or_nothing__vector_of_thresholds(query, key, value, sharpness, threshold):
    """Append a key that holds the threshold everywhere: its match depends on the query."""
    null = np.full((1, key.shape[1]), threshold)
    weights = softmax(sharpness * query @ np.concatenate([key, null]).T)[:, :-1]
    return weights @ value, weights


def lookup_or_nothing__sharpened_twice(query, key, value, sharpness, threshold):
    """Multiply the threshold by the sharpness before all are multiplied by it."""
    null = np.full((len(query), 1), sharpness * threshold)
    weights = softmax(sharpness * np.concatenate([query @ key.T, null], axis=1))[:, :-1]
    return weights @ value, weights


def lookup_or_nothing__overflows(query, key, value, sharpness, threshold):
    """Add one to the sum of bare exponentials."""
    boost = np.exp(sharpness * (query @ key.T - threshold))
    weights = boost / (1 + boost.sum(axis=1, keepdims=True))
    return weights @ value, weights
