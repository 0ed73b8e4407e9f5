"""Classic wrong answers to the exercises of chapter 21."""

import numpy as np

from attnlib import dot_product_scores, scaled_dot_product_attention, softmax

HINTS = {
    "fed_and_expected__not_shifted": "it is fed the very word that it should predict, and learns to copy",
    "fed_and_expected__no_end": "without an end, 2, to predict, a translation never stops",
    "fed_and_expected__begin_is_missing": "the first token that is fed is begin, 1",
    "fed_and_expected__the_end_is_fed_too": "nothing follows the end, so it is not fed",
    "fed_and_expected__expects_one_less": "one answer for each token that is fed, so both are equally long",
    "fed_and_expected__in_place": "the caller's list has been changed",
    "fed_and_expected__shifted_the_wrong_way": "the two lists have changed places",
    "one_more__blind_to_itself": "the new word does not see itself",
    "one_more__cache_not_grown": "the cache should hold 3 keys",
    "one_more__appended_in_front": "the new key stands behind those of the past",
    "one_more__values_not_grown": "keys and values, yours 3 and 2",
    "one_more__keys_and_values_exchanged": "keys and values have changed places in the cache you return",
    "one_more__only_the_new_word": "only the new word is read, and not the cache",
    "one_more__no_scale": "the scores are not divided by the root of 4, the size of a key",
    "one_more__the_key_is_read": "the weights read the keys; it is the values that are read",
    "one_more__every_output": "expected an output of (1, 4)",
    "prefix_mask__plain_causal": "the columns of the source are open to every row",
    "prefix_mask__true_means_blocked": "you say True for blocked",
    "prefix_mask__rows_for_columns": "the source sees the target",
    "prefix_mask__the_target_sees_its_future": "a word of the target sees words after it",
    "prefix_mask__the_target_does_not_see_its_past": "a word of the target does not see all that is before it",
    "prefix_mask__the_target_does_not_see_the_source": "a word of the target does not see the whole source",
    "prefix_mask__blind_to_itself": "a token does not see itself",
    "prefix_mask__one_half_open": "rows and columns, yours has the shape",
    "prefix_mask__floats": "a mask is boolean, yours holds",
}
"""The words by which the check rejects each of them."""


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


def one_more__appended_in_front(query, key, value, past_key, past_value):
    """The output is right, since attention knows no order; the cache is not."""
    keys, values = np.concatenate([key, past_key]), np.concatenate([value, past_value])
    return scaled_dot_product_attention(query, keys, values)[0], keys, values


def one_more__values_not_grown(query, key, value, past_key, past_value):
    """Returns the values that it was given."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    return scaled_dot_product_attention(query, keys, values)[0], keys, past_value


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


def prefix_mask__the_target_does_not_see_the_source(num_source, num_target):
    """Two masks side by side: each half keeps to itself."""
    source = np.arange(num_source + num_target) < num_source
    return (source[:, None] & source) | (~source[:, None] & ~source & np.tri(len(source), dtype=bool))


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
