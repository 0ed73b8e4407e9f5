"""Classic wrong answers to the exercises of chapter 9."""

import torch

HINTS = {
    "gru_step__update_gate_exchanged": "z keeps the old state here",
    "gru_step__gates_in_another_order": "the rows of r come before those of z",
    "gru_step__candidate_first": "the rows of n come last",
    "gru_step__every_third_row": "r is the first third of the rows, not every third row",
    "gru_step__no_reset": "the reset gate is missing",
    "gru_step__no_biases": "where are the biases?",
    "gru_step__sigmoid_for_the_candidate": "n is a tanh, not a sigmoid",
    "gru_step__reset_before_the_matrix": "r multiplies U h, not h",
    "gru_step__bias_outside_the_bracket": "b_U of n belongs inside the bracket of r",
    "gru_step__in_place": "yours writes into it",
    "gru_step__first_sentence_only": "a state for each sentence: yours has shape",
    "search__greedy": "yours is greedy: keep 2",
    "search__everything": "keep 1 beginning, not all",
    "search__sum_of_probabilities": "chances multiply, they are not added",
    "search__last_word_only": "the last word is not all",
    "search__least_likely": "likeliest, not least likely",
    "search__one_word_too_many": "3 words: yours has 4",
    "search__one_word_too_few": "3 words: yours has 2",
    "search__a_beam_for_each_beginning": "keep 2 in all, not 2 after each",
    "search__one_for_each_last_word": "two of those kept may end alike",
    "search__asks_with_the_last_word": "no sentence begins so: give all words so far",
}
"""The words by which the check rejects each of them."""

SAME_VALUE = {"gru_step__in_place": "the state that the caller keeps is overwritten"}
"""What is wrong all the same."""


def _gru(x, h, W, U, b_W, b_U, *, order=(0, 1, 2), exchange=False, bracket=True, squash=torch.tanh):
    of_x, of_h = (x @ W.T + b_W).chunk(3, dim=-1), (h @ U.T + b_U).chunk(3, dim=-1)
    r, z, n = order
    reset, update = torch.sigmoid(of_x[r] + of_h[r]), torch.sigmoid(of_x[z] + of_h[z])
    candidate = squash(of_x[n] + (reset * of_h[n] if bracket else of_h[n]))
    if exchange:
        update = 1 - update
    return (1 - update) * candidate + update * h


def gru_step__update_gate_exchanged(x, h, W, U, b_W, b_U):
    """The other convention: z brings in the candidate."""
    return _gru(x, h, W, U, b_W, b_U, exchange=True)


def gru_step__gates_in_another_order(x, h, W, U, b_W, b_U):
    """Takes the first third for the update gate."""
    return _gru(x, h, W, U, b_W, b_U, order=(1, 0, 2))


def gru_step__candidate_first(x, h, W, U, b_W, b_U):
    """Takes the first third for the candidate."""
    return _gru(x, h, W, U, b_W, b_U, order=(1, 2, 0))


def gru_step__every_third_row(x, h, W, U, b_W, b_U):
    """The rows of r, z and n in turn."""
    return _gru(x, h, *(torch.cat([rows[i::3] for i in range(3)]) for rows in (W, U, b_W, b_U)))


def gru_step__no_biases(x, h, W, U, b_W, b_U):
    """The chapter's formula as it stands."""
    return _gru(x, h, W, U, 0 * b_W, 0 * b_U)


def gru_step__no_reset(x, h, W, U, b_W, b_U):
    """Forgets the reset gate."""
    return _gru(x, h, W, U, b_W, b_U, bracket=False)


def gru_step__sigmoid_for_the_candidate(x, h, W, U, b_W, b_U):
    """A candidate between 0 and 1."""
    return _gru(x, h, W, U, b_W, b_U, squash=torch.sigmoid)


def gru_step__reset_before_the_matrix(x, h, W, U, b_W, b_U):
    """The order of the paper: the state is multiplied by r, then by the matrix."""
    (r_x, z_x, n_x), (r_h, z_h, _) = (x @ W.T + b_W).chunk(3, dim=-1), (h @ U.T + b_U).chunk(3, dim=-1)
    reset, update = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
    size = h.shape[-1]
    candidate = torch.tanh(n_x + (reset * h) @ U[2 * size :].T + b_U[2 * size :])
    return (1 - update) * candidate + update * h


def gru_step__bias_outside_the_bracket(x, h, W, U, b_W, b_U):
    """Adds the state's bias after the reset gate."""
    (r_x, z_x, n_x), (r_h, z_h, n_h) = (x @ W.T + b_W).chunk(3, dim=-1), (h @ U.T).chunk(3, dim=-1)
    r_b, z_b, n_b = b_U.chunk(3)
    reset, update = torch.sigmoid(r_x + r_h + r_b), torch.sigmoid(z_x + z_h + z_b)
    candidate = torch.tanh(n_x + reset * n_h + n_b)
    return (1 - update) * candidate + update * h


def gru_step__in_place(x, h, W, U, b_W, b_U):
    """Writes the new state into the old one."""
    return h.copy_(_gru(x, h, W, U, b_W, b_U))


def gru_step__first_sentence_only(x, h, W, U, b_W, b_U):
    """Forgets the batch."""
    return _gru(x, h, W, U, b_W, b_U)[:1]


def _search(next_words, length, beam, *, join=lambda p, q: p * q, keep=True, best=max):
    kept = [(1.0, ())]
    for _ in range(length):
        grown = [(join(p, q), (*words, word)) for p, words in kept for word, q in next_words(words).items()]
        kept = sorted(grown, reverse=best is max)
        kept = kept[:beam] if keep else kept
    return best(kept)[1]


def search__greedy(next_words, length, beam):
    """Ignores the beam."""
    return _search(next_words, length, 1)


def search__everything(next_words, length, beam):
    """Never drops a beginning: exponential, and not what a beam of 1 finds."""
    return _search(next_words, length, beam, keep=False)


def search__sum_of_probabilities(next_words, length, beam):
    """Adds where it should multiply."""
    return _search(next_words, length, beam, join=lambda p, q: p + q)


def search__last_word_only(next_words, length, beam):
    """Forgets how likely the beginning was."""
    return _search(next_words, length, beam, join=lambda p, q: q)


def search__least_likely(next_words, length, beam):
    """Sorts upwards."""
    return _search(next_words, length, beam, best=min)


def search__one_word_too_many(next_words, length, beam):
    """Counts the beginning as a word."""
    found = _search(next_words, length, beam)
    return (*found, found[-1])


def search__one_word_too_few(next_words, length, beam):
    """Takes the first word for step 0."""
    return _search(next_words, length - 1, beam)


def search__a_beam_for_each_beginning(next_words, length, beam):
    """Keeps `beam` words for each beginning instead of `beam` beginnings in all."""
    kept = [(1.0, ())]
    for _ in range(length):
        likeliest = [sorted(next_words(words).items(), key=lambda item: -item[1])[:beam] for _, words in kept]
        kept = [(p * q, (*words, word)) for (p, words), best in zip(kept, likeliest) for word, q in best]
    return max(kept)[1]


def search__one_for_each_last_word(next_words, length, beam):
    """Keeps the best beginning for each last word, as for a chain without memory."""
    kept = [(1.0, ())]
    for _ in range(length):
        grown = sorted((p * q, (*words, word)) for p, words in kept for word, q in next_words(words).items())
        best = {words[-1]: (p, words) for p, words in grown}
        kept = sorted(best.values(), reverse=True)[:beam]
    return kept[0][1]


def search__asks_with_the_last_word(next_words, length, beam):
    """Gives `next_words` the last word alone."""
    return _search(lambda words: next_words(words[-1:]), length, beam)
