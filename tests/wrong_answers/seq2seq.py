"""Classic wrong answers to the exercises of chapter 9."""

import torch


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


def search__a_beam_for_each_beginning(next_words, length, beam):
    """Keeps `beam` words for each beginning instead of `beam` beginnings in all."""
    kept = [(1.0, ())]
    for _ in range(length):
        grown = []
        for p, words in kept:
            longer = [(p * q, (*words, word)) for word, q in next_words(words).items()]
            grown += sorted(longer, reverse=True)[: max(1, beam // len(kept))]
        kept = grown
    return max(kept)[1]
