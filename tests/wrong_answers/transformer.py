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
    "fed_and_expected__begin_and_end_exchanged": "begin is 1 and end is 2, and yours are exchanged",
    "fed_and_expected__reversed": "the words stand in the order of the sentence",
    "fed_and_expected__begin_twice": "begin is fed once",
    "fed_and_expected__nothing": "end it with `return fed, expected`",
    "fed_and_expected__pairs": "expected two lists and no pairs",
    "fed_and_expected__each_word_once": "(a word may come twice)",
    "fed_and_expected__at_most_ten_words": "(a long one)",
    "one_more__blind_to_itself": "the new word does not see itself",
    "one_more__cache_not_grown": "3 keys and 3 values, yours [2, 2]",
    "one_more__appended_in_front": "the new key stands behind those of the past",
    "one_more__values_not_grown": "3 keys and 3 values, yours [3, 2]",
    "one_more__keys_and_values_exchanged": "keys and values have changed places in the cache you return",
    "one_more__only_the_new_word": "only the new word is read, and not the cache",
    "one_more__no_scale": "the scores are not divided by the root of d",
    "one_more__the_key_is_read": "the weights read the keys; it is the values that are read",
    "one_more__every_output": "expected an output of (1, 5), yours has (3, 5)",
    "one_more__the_query_is_kept": "the cache keeps a word's key, and not its query",
    "one_more__values_in_front": "the new value stands behind those of the past",
    "one_more__the_key_asks": "it is the key that asks, and not the query",
    "one_more__divided_by_d": "the scores are divided by d, and not by its root",
    "one_more__root_of_the_number_of_keys": "the root is that of the number of keys, and not of d",
    "one_more__upper_left_mask": "the new word sees the first key alone",
    "one_more__softmax_over_queries": "each weight is 1",
    "one_more__a_row_for_an_array": "expected an output of (1, 5), yours has (5,)",
    "one_more__nothing": "yours returns None",
    "one_more__the_output_alone": "yours returns one thing",
    "one_more__a_pair": "yours returns a pair",
    "one_more__the_last_three": "output after 5 words: yours is",
    "one_more__the_first_word_reads_nothing": "output after 0 words: yours is",
    "prefix_mask__plain_causal": "the columns of the source are open to every row",
    "prefix_mask__true_means_blocked": "you say True for blocked",
    "prefix_mask__rows_for_columns": "the source sees the target",
    "prefix_mask__the_target_sees_its_future": "a word of the target sees words after it",
    "prefix_mask__the_target_does_not_see_its_past": "a word of the target does not see all that is before it",
    "prefix_mask__the_target_does_not_see_the_source": "a word of the target does not see the whole source",
    "prefix_mask__blind_to_itself": "a token does not see itself",
    "prefix_mask__one_half_open": "rows and columns, yours has the shape",
    "prefix_mask__floats": "a mask is boolean, yours holds",
    "prefix_mask__the_numbers_exchanged": "the two numbers have changed places",
    "prefix_mask__one_token_too_many": "the source sees one token more",
    "prefix_mask__one_token_too_few": "the source's last token is hidden",
    "prefix_mask__turned_over": "queries are rows and keys columns",
    "prefix_mask__target_first": "the source stands first, and yours last",
    "prefix_mask__everything": "every token sees every other",
    "prefix_mask__source_tokens_alone": "a source token sees the whole source",
    "prefix_mask__a_window_of_four": "source of 5, target of 6",
    "prefix_mask__nothing": "prefix_mask(4, 2) returns None",
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
    """Two names for the caller's one list."""
    fed = expected = sentence
    fed.insert(0, 1)
    expected.append(2)
    return fed, expected


def fed_and_expected__shifted_the_wrong_way(sentence):
    """Feeds the future."""
    return [*sentence, 2], [1, *sentence]


def fed_and_expected__begin_and_end_exchanged(sentence):
    """Begins with the end."""
    return [2, *sentence], [*sentence, 1]


def fed_and_expected__reversed(sentence):
    """Turns the sentence round, as an early trick did with sources."""
    return [1, *sentence[::-1]], [*sentence[::-1], 2]


def fed_and_expected__begin_twice(sentence):
    """Shifts by two."""
    return [1, 1, *sentence[:-1]], [*sentence, 2]


def fed_and_expected__nothing(sentence):
    """Makes both and forgets to return them."""
    [1, *sentence], [*sentence, 2]


def fed_and_expected__pairs(sentence):
    """One list of pairs."""
    return list(zip([1, *sentence], [*sentence, 2]))


def fed_and_expected__each_word_once(sentence):
    """Passes through a dictionary."""
    words = list(dict.fromkeys(sentence))
    return [1, *words], [*words, 2]


def fed_and_expected__at_most_ten_words(sentence):
    """Cuts a long sentence off."""
    return [1, *sentence[:10]], [*sentence[:10], 2]


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


def one_more__the_query_is_kept(query, key, value, past_key, past_value):
    """Appends the query to the keys."""
    keys, values = np.concatenate([past_key, query]), np.concatenate([past_value, value])
    output, _ = scaled_dot_product_attention(query, np.concatenate([past_key, key]), values)
    return output, keys, values


def one_more__values_in_front(query, key, value, past_key, past_value):
    """Appends keys behind and values in front."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([value, past_value])
    return scaled_dot_product_attention(query, keys, values)[0], keys, values


def one_more__the_key_asks(query, key, value, past_key, past_value):
    """Asks with the new key."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    return scaled_dot_product_attention(key, keys, values)[0], keys, values


def one_more__divided_by_d(query, key, value, past_key, past_value):
    """Forgets the root."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    return softmax(query @ keys.T / query.shape[1]) @ values, keys, values


def one_more__root_of_the_number_of_keys(query, key, value, past_key, past_value):
    """The root of the wrong axis."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    return softmax(query @ keys.T / len(keys) ** 0.5) @ values, keys, values


def one_more__upper_left_mask(query, key, value, past_key, past_value):
    """A causal mask of one row, as others count it."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    mask = np.tri(1, len(keys), dtype=bool)
    return scaled_dot_product_attention(query, keys, values, mask)[0], keys, values


def one_more__softmax_over_queries(query, key, value, past_key, past_value):
    """Normalizes along the axis of the one query."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    scores = query @ keys.T / query.shape[1] ** 0.5
    return softmax(scores, axis=0) @ values, keys, values


def one_more__a_row_for_an_array(query, key, value, past_key, past_value):
    """Drops the axis of the one word."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    return scaled_dot_product_attention(query, keys, values)[0][0], keys, values


def one_more__nothing(query, key, value, past_key, past_value):
    """Computes all and forgets to return it."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    scaled_dot_product_attention(query, keys, values)


def one_more__the_output_alone(query, key, value, past_key, past_value):
    """Forgets the cache, and not the comma."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    return (scaled_dot_product_attention(query, keys, values)[0],)


def one_more__a_pair(query, key, value, past_key, past_value):
    """Returns output and weights, as the library does."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    return scaled_dot_product_attention(query, keys, values)


def one_more__the_last_three(query, key, value, past_key, past_value):
    """Looks at three words at most."""
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    return scaled_dot_product_attention(query, keys[-3:], values[-3:])[0], keys, values


def one_more__the_first_word_reads_nothing(query, key, value, past_key, past_value):
    """A special case too many."""
    if not len(past_key):
        return np.zeros_like(value), key, value
    keys, values = np.concatenate([past_key, key]), np.concatenate([past_value, value])
    return scaled_dot_product_attention(query, keys, values)[0], keys, values


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
    """A bias, to be added to the scores."""
    n = num_source + num_target
    return np.where(np.tri(n, dtype=bool) | (np.arange(n) < num_source), 0, -np.inf)


def prefix_mask__the_numbers_exchanged(num_source, num_target):
    """Opens as many columns as the target has tokens."""
    n = num_source + num_target
    return np.tri(n, dtype=bool) | (np.arange(n) < num_target)


def prefix_mask__one_token_too_many(num_source, num_target):
    """Counts up to and with."""
    n = num_source + num_target
    return np.tri(n, dtype=bool) | (np.arange(n) <= num_source)


def prefix_mask__one_token_too_few(num_source, num_target):
    """Stops one early."""
    n = num_source + num_target
    return np.tri(n, dtype=bool) | (np.arange(n) < num_source - 1)


def prefix_mask__turned_over(num_source, num_target):
    """Keys as rows."""
    n = num_source + num_target
    return (np.tri(n, dtype=bool) | (np.arange(n) < num_source)).T


def prefix_mask__target_first(num_source, num_target):
    """The source behind the target."""
    n = num_source + num_target
    return (np.tri(n, dtype=bool) | (np.arange(n) < num_source))[::-1, ::-1]


def prefix_mask__everything(num_source, num_target):
    """No mask."""
    n = num_source + num_target
    return np.ones((n, n), dtype=bool)


def prefix_mask__source_tokens_alone(num_source, num_target):
    """The source looks at nothing but itself, token by token."""
    n = num_source + num_target
    return np.tri(n, dtype=bool) & ((np.arange(n) >= num_source)[:, None] | np.eye(n, dtype=bool))


def prefix_mask__a_window_of_four(num_source, num_target):
    """The target remembers four tokens of its own."""
    n = num_source + num_target
    return np.tri(n, dtype=bool) & ~np.tri(n, k=-4, dtype=bool) | (np.arange(n) < num_source)


def prefix_mask__nothing(num_source, num_target):
    """Opens the source's columns in place and forgets to return the mask."""
    mask = np.tri(num_source + num_target, dtype=bool)
    mask[:, :num_source] = True
