"""Classic wrong answers to the exercises of chapter 21."""

import numpy as np

from attnlib import dot_product_scores, scaled_dot_product_attention, softmax


def fed_and_expected__not_shifted(sentence):
    """Feeds the word that should be predicted: the loss falls to zero."""
    return [1, *sentence, 2], [1, *sentence, 2]


def fed_and_expected__no_end(sentence):
    """Nobody learns to stop."""
    return [1, *sentence[:-1]], sentence


def fed_and_expected__begin_is_missing(sentence):
    """The first word is fed and never asked for."""
    return sentence, [*sentence[1:], 2]


def fed_and_expected__the_end_is_fed_too(sentence):
    """A padded answer: what follows the end?"""
    return [1, *sentence, 2], [*sentence, 2, 2]


def fed_and_expected__expects_one_less(sentence):
    """Feeds begin and forgets that the answer grows too."""
    return [1, *sentence], sentence


def fed_and_expected__in_place(sentence):
    """Changes the caller's list."""
    fed = [1, *sentence]
    sentence.append(2)
    return fed, sentence


def fed_and_expected__shifted_the_wrong_way(sentence):
    """Feeds the future."""
    return [*sentence, 2], [1, *sentence]


def one_more__blind_to_itself(query, key, value, past_key, past_value):
    """Attends first and appends afterwards."""
    output, _ = scaled_dot_product_attention(query, past_key, past_value)
    return output, np.concatenate([past_key, key]), np.concatenate([past_value, value])


def one_more__cache_not_grown(query, key, value, past_key, past_value):
    """Returns the old cache."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    output, _ = scaled_dot_product_attention(query, keys, values)
    return output, past_key, past_value


def one_more__keys_and_values_exchanged(query, key, value, past_key, past_value):
    """Returns values first."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    output, _ = scaled_dot_product_attention(query, keys, values)
    return output, values, keys


def one_more__only_the_new_word(query, key, value, past_key, past_value):
    """Attends to the new word alone: its own value comes back."""
    output, _ = scaled_dot_product_attention(query, key, value)
    return output, np.concatenate([past_key, key]), np.concatenate([past_value, value])


def one_more__no_scale(query, key, value, past_key, past_value):
    """Forgets the root of d."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    return softmax(dot_product_scores(query, keys, scale=1.0)) @ values, keys, values


def one_more__the_key_is_read(query, key, value, past_key, past_value):
    """Reads the keys in place of the values."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    output, _ = scaled_dot_product_attention(query, keys, keys)
    return output, keys, values


def one_more__every_output(query, key, value, past_key, past_value):
    """Answers for every word again."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    output, _ = scaled_dot_product_attention(keys, keys, values)
    return output, keys, values


def prefix_mask__plain_causal(num_source, num_target):
    """The source's tokens do not see what follows them in the source."""
    return np.tri(num_source + num_target, dtype=bool)


def prefix_mask__true_means_blocked(num_source, num_target):
    """The other convention."""
    n = num_source + num_target
    return ~(np.tri(n, dtype=bool) | (np.arange(n) < num_source))


def prefix_mask__rows_for_columns(num_source, num_target):
    """Opens the rows of the source and not its columns."""
    n = num_source + num_target
    return np.tri(n, dtype=bool) | (np.arange(n) < num_source)[:, None]


def prefix_mask__the_target_sees_its_future(num_source, num_target):
    """One rule for both halves: each half sees itself whole."""
    source = np.arange(num_source + num_target) < num_source
    return source[None, :] | ~source[:, None]


def prefix_mask__the_target_does_not_see_its_past(num_source, num_target):
    """Each word of the target sees the source and itself alone."""
    n = num_source + num_target
    return np.eye(n, dtype=bool) | (np.arange(n) < num_source)


def prefix_mask__blind_to_itself(num_source, num_target):
    """Strictly before."""
    n = num_source + num_target
    return np.tri(n, k=-1, dtype=bool) | (np.arange(n) < num_source)


def prefix_mask__one_half_open(num_source, num_target):
    """Leaves out the target's rows: the mask of an encoder."""
    return np.ones((num_source, num_source + num_target), dtype=bool)


def prefix_mask__floats(num_source, num_target):
    """Zeros and ones, to be multiplied."""
    n = num_source + num_target
    return np.maximum(np.tri(n), np.arange(n) < num_source)
