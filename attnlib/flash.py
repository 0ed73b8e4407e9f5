"""FlashAttention: exact attention, tile by tile, without the matrix of scores ever being whole."""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from attnlib import mends
from attnlib.arrays import (
    Array,
    cast,
    check_count,
    check_has_positions,
    check_key_and_value,
    check_leading_axes,
    check_query_and_key,
    dtype_name,
    float_namespace,
    is_tensor,
    shared_namespace,
    widen,
)
from attnlib.attention import log_sum_exp, softmax
from attnlib.masking import causal_mask

LOG2_E = math.log2(math.e)
BLOCK_Q, BLOCK_K = 512, 256  # of the fast version: half a mebibyte of float32 scores stays in a processor's cache
CALM = 48  # powers of 2 from −48 to 48, times values up to 2^48, summed over up to 2^30 keys: within float32


def flash_attention(
    query: Float[Array, "*#B L d_k"],
    key: Float[Array, "*#B S d_k"],
    value: Float[Array, "*#B S d_v"],
    *,
    causal: bool = False,
    block_q: int = 256,
    block_k: int = 256,
) -> tuple[Float[Array, "... L d_v"], Float[Array, "... L"]]:
    r"""Attend tile by tile: exact attention, without the matrix of weights.

    .. math:: (o, \ell)_i = \operatorname{merge}\bigl((o, \ell)_i^{(1)},\, (o, \ell)_i^{(2)}, \dots\bigr), \qquad
        o_i^{(t)} = \sum_{j \in t} e^{s_{ij} - \ell_i^{(t)}} v_j, \quad \ell_i^{(t)} = \log \sum_{j \in t} e^{s_{ij}}

    No more than `block_q` × `block_k` scores exist at a time, so the memory needed beside the arrays grows as L + S
    and not as L·S. (Under torch's own gradients every tile is kept: to train, use `attnlib.models.flash`.)

    Parameters
    ----------
    query : array (…, L, d_k)
    key : array (…, S, d_k)
    value : array (…, S, d_v)
    causal : bool
        Query i sees key j when j ≤ i + S − L, the lower-right corner, as in `causal_mask`. Tiles that no query of a
        block may see are not computed.
    block_q, block_k : int
        Queries and keys in one tile. They change the order of the sums, and so only the last digits.

    Returns
    -------
    output : array (…, L, d_v)
    logsumexp : array (…, L)
        The logarithm of each row's sum of exponentials: all that the way back needs of the weights, and what `merge`
        needs to go on with more keys. In float32 where the arrays are narrower. A query that sees no key has −inf,
        and output 0.

    Raises
    ------
    TypeError, ValueError
        If query, key and value do not fit each other, `causal` is not True or False, or a block size is less than 1.

    References
    ----------
    Dao, Fu, Ermon, Rudra & Ré (2022), algorithm 1; Dao (2024), algorithm 1, which puts the queries outside, as here,
    and saves the logsumexp. Both keep an unfinished output and its divisor; we keep a finished output and its
    logsumexp, the same information, so that every partial result is an answer.

    Examples
    --------
    >>> query, key, value = np.array([[1.0]]), np.log([[1.0], [1.0], [2.0]]), np.array([[4.0], [8.0], [10.0]])
    >>> output, logsumexp = flash_attention(query, key, value, block_k=2)
    >>> output, np.exp(logsumexp).round(12)
    (array([[8.]]), array([4.]))
    """
    check_count("block_q", block_q, least=1)
    check_count("block_k", block_k, least=1)
    xp, offset = _check_call(query, key, value, causal)
    dtype, (query, key, value) = value.dtype, widen(xp, query, key, value)
    query = query / math.sqrt(max(query.shape[-1], 1))
    outputs, logsumexps = [], []
    for rows in _blocks(query.shape[-2], block_q):
        block = query[..., rows, :]
        seen = _attend_tile(xp, block, key[..., :0, :], value[..., :0, :])  # no key yet
        for columns, mask in _visible_tiles(rows, key, block_k, offset):
            k, v = key[..., columns, :], value[..., columns, :]
            seen = merge(seen, _attend_tile(xp, block, k, v, mask))
        outputs.append(seen[0])
        logsumexps.append(seen[1])
    output, logsumexp = xp.concat(outputs, axis=-2), xp.concat(logsumexps, axis=-1)
    return cast(xp, dtype, output), xp.broadcast_to(logsumexp, output.shape[:-1])


def merge(
    partial: tuple[Float[Array, "*#B L d_v"], Float[Array, "*#B L"]],
    other: tuple[Float[Array, "*#B L d_v"], Float[Array, "*#B L"]],
) -> tuple[Float[Array, "... L d_v"], Float[Array, "... L"]]:
    r"""Make one result of two over different keys, each an (output, logsumexp).

    .. math:: \ell = \log(e^{\ell_1} + e^{\ell_2}), \qquad o = e^{\ell_1 - \ell}\, o_1 + e^{\ell_2 - \ell}\, o_2

    It is attention over two things: the logsumexps are their scores, the outputs their values. Order and grouping
    change nothing but the last digits. The result over no keys, output 0 and logsumexp −inf, changes nothing at all.

    Parameters
    ----------
    partial, other : pair of arrays (…, L, d_v) and (…, L)

    Returns
    -------
    output : array (…, L, d_v)
    logsumexp : array (…, L)

    Raises
    ------
    TypeError, ValueError
        If either is not such a pair of floats, or the two do not fit each other.

    References
    ----------
    Milakov & Gimelshein (2018), section 3.1, where ⊕ joins pairs (largest score, sum); Rabe & Staats (2021), section 2.

    Examples
    --------
    >>> one, three = (np.array([[0.0]]), np.log([1.0])), (np.array([[8.0]]), np.log([3.0]))
    >>> output, logsumexp = merge(one, three)
    >>> output, np.exp(logsumexp).round(12)
    (array([[6.]]), array([4.]))
    """
    xp = _check_partials(partial=partial, other=other)
    dtype = partial[0].dtype
    outputs, logsumexps = widen(xp, partial[0], other[0]), [partial[1], other[1]]
    scores = xp.stack(xp.broadcast_arrays(*logsumexps), axis=-1)
    weights = softmax(widen(xp, scores)[0])
    output = weights[..., :1] * outputs[0] + weights[..., 1:] * outputs[1]
    return cast(xp, dtype, output), log_sum_exp(scores)


def flash_attention_backward(
    query: Float[Array, "*#B L d_k"],
    key: Float[Array, "*#B S d_k"],
    value: Float[Array, "*#B S d_v"],
    output: Float[Array, "... L d_v"],
    logsumexp: Float[Array, "... L"],
    grad_output: Float[Array, "... L d_v"],
    *,
    causal: bool = False,
    block_q: int = 256,
    block_k: int = 256,
) -> tuple[Float[Array, "... L d_k"], Float[Array, "... S d_k"], Float[Array, "... S d_v"]]:
    r"""Return three gradients; the weights are computed again, tile by tile.

    .. math::
        P_{ij} = e^{s_{ij} - \ell_i}, \quad D_i = dO_i \cdot O_i, \quad
        dV = P^\top dO, \quad dS = P \circ (dO\, V^\top - D), \quad
        dQ = \frac{dS\, K}{\sqrt{d_k}}, \quad dK = \frac{dS^\top Q}{\sqrt{d_k}}

    Parameters
    ----------
    query, key, value : arrays (…, L, d_k), (…, S, d_k), (…, S, d_v)
    output, logsumexp : arrays (…, L, d_v), (…, L)
        What `flash_attention` returned for them, with the same `causal`.
    grad_output : array (…, L, d_v)
        The gradient of the loss with respect to `output`.
    causal, block_q, block_k
        As in `flash_attention`.

    Returns
    -------
    grad_query, grad_key, grad_value : arrays
        Each in the shape and dtype of its array; over axes that were broadcast, the gradients are summed.

    Raises
    ------
    TypeError, ValueError
        As `flash_attention`, and if output, logsumexp or grad_output have not the shapes that belong to the arrays.

    References
    ----------
    Dao et al. (2022), appendix B.2 and algorithm 4; Dao (2024), algorithm 2.

    Examples
    --------
    >>> query, key, value = np.array([[0.0]]), np.array([[1.0], [-1.0]]), np.array([[0.0], [4.0]])
    >>> forward = flash_attention(query, key, value)
    >>> flash_attention_backward(query, key, value, *forward, np.array([[1.0]]))
    (array([[-2.]]), array([[0.], [0.]]), array([[0.5], [0.5]]))
    """
    check_count("block_q", block_q, least=1)
    check_count("block_k", block_k, least=1)
    xp, offset = _check_call(query, key, value, causal)
    _check_forward(query, key, value, output, logsumexp, grad_output)
    dtype, scale = value.dtype, 1 / math.sqrt(max(query.shape[-1], 1))
    query, key, value, output, grad_output = widen(xp, query, key, value, output, grad_output)
    delta = xp.sum(grad_output * output, axis=-1, keepdims=True)
    logsumexp = widen(xp, logsumexp)[0][..., None]
    query = query * scale
    grad_query, grad_key, grad_value = (
        _zeros(xp, *pair) for pair in ((query, block_q), (key, block_k), (value, block_k))
    )
    for rows in _blocks(query.shape[-2], block_q):
        q, grad_o = query[..., rows, :], grad_output[..., rows, :]
        for columns, mask in _visible_tiles(rows, key, block_k, offset):
            k, v = key[..., columns, :], value[..., columns, :]
            weights = _weights(xp, _tile_scores(xp, q, k, mask), logsumexp[..., rows, :])
            grad_scores = weights * (grad_o @ xp.matrix_transpose(v) - delta[..., rows, :])
            _add(xp, grad_query, rows, grad_scores @ k * scale)
            _add(xp, grad_key, columns, xp.matrix_transpose(grad_scores) @ q)
            _add(xp, grad_value, columns, xp.matrix_transpose(weights) @ grad_o)
    whole = (xp.concat(list(blocks.values()), axis=-2) for blocks in (grad_query, grad_key, grad_value))
    return cast(xp, dtype, *whole)


def fast_flash_attention(
    query: Float[np.ndarray, "*#B L d_k"],
    key: Float[np.ndarray, "*#B S d_k"],
    value: Float[np.ndarray, "*#B S d_v"],
    *,
    causal: bool = False,
) -> tuple[Float[np.ndarray, "... L d_v"], Float[np.ndarray, "... L"]]:
    r"""Attend as `flash_attention` does, in place and as fast as NumPy can.

    .. math:: o_i = \frac{\sum_j 2^{t_{ij} - c}\, v_j}{\sum_j 2^{t_{ij} - c}}, \qquad
        t_{ij} = \frac{\log_2 e}{\sqrt{d_k}}\, q_i \cdot k_j, \qquad
        \ell_i = \ln 2\,\Bigl(c + \log_2 \sum_j 2^{t_{ij} - c}\Bigr)

    Powers of 2 cost half as much as powers of e. By Cauchy and Schwarz no :math:`t_{ij}` of a head can pass
    max‖q‖ · max‖k‖ · log₂e / √d_k. Where that is at most 48 no power can overflow or vanish, and c is 0; else c is each
    row's running maximum.

    NumPy arrays only, on one thread but for the matrix products; tensors go to `attnlib.models.flash.flash_attention`.

    Parameters
    ----------
    query : array (…, L, d_k)
    key : array (…, S, d_k)
    value : array (…, S, d_v)
    causal : bool
        As in `flash_attention`.

    Returns
    -------
    output : array (…, L, d_v)
    logsumexp : array (…, L)
        In float32 where the arrays are narrower.

    Raises
    ------
    TypeError, ValueError
        As `flash_attention`, and if the arrays are not NumPy's.

    References
    ----------
    Dao (2024), algorithm 1: queries outside, one division at the end.

    Examples
    --------
    >>> query, key, value = np.array([[1.0]]), np.log([[1.0], [1.0], [2.0]]), np.array([[4.0], [8.0], [10.0]])
    >>> output, logsumexp = fast_flash_attention(query, key, value)
    >>> output.round(12), np.exp(logsumexp).round(12)
    (array([[8.]]), array([4.]))
    """
    for name, array in (("query", query), ("key", key), ("value", value)):
        if is_tensor(array):
            raise TypeError(f"{name} is torch, expected NumPy: attnlib.models.flash.flash_attention takes tensors")
    xp, offset = _check_call(query, key, value, causal)
    dtype, arrays = value.dtype, widen(xp, query, key, value)
    lead = np.broadcast_shapes(*(array.shape[:-2] for array in arrays))
    query, key, value = (np.broadcast_to(array, lead + array.shape[-2:]) for array in arrays)
    output = np.zeros(query.shape[:-1] + value.shape[-1:], query.dtype)
    logsumexp = np.zeros(query.shape[:-1], query.dtype)
    calm, room = _is_calm(query, key, value), _new_room(query.dtype, value.shape[-1])
    for head in np.ndindex(lead):
        _fast_head(query[head], key[head], value[head], offset, calm[head], output[head], logsumexp[head], *room)
    return cast(xp, dtype, output), logsumexp


def _new_room(dtype, d_v):
    """Return what is used again for each tile: a tile of scores, its product with the values, ones, what is hidden."""
    hidden = ~np.tri(BLOCK_K, 2 * BLOCK_K, BLOCK_K, dtype=bool)
    return np.empty(BLOCK_Q * BLOCK_K, dtype), np.empty((BLOCK_Q, d_v), dtype), np.ones(BLOCK_K, dtype), hidden


def _fast_head(query, key, value, offset, calm, output, logsumexp, tile, product, ones, hidden):
    """Fill output and logsumexp of one head, both of them zeros."""
    scale = LOG2_E / math.sqrt(max(query.shape[1], 1))
    for rows in _blocks(len(query), BLOCK_Q):
        block, out, total = query[rows] * scale, output[rows], logsumexp[rows]
        largest = np.full(len(block), 0 if calm else -np.inf, query.dtype)
        for columns, first, diagonal in _cut_tiles(rows, len(key), BLOCK_K, offset):
            k, v, seeing = key[columns], value[columns], slice(first, None)
            scores = tile[: (len(block) - first) * len(k)].reshape(-1, len(k))
            np.matmul(block[seeing], k.T, out=scores)
            corner = scores[: 0 if diagonal is None else len(k)]  # where the diagonal crosses the tile
            above = hidden[: len(corner), BLOCK_K - (diagonal or 0) :][:, : len(k)]
            if not calm:
                np.copyto(corner, -np.inf, where=above)
                new = np.maximum(largest[seeing], scores.max(axis=1))
                shrink = np.exp2(largest[seeing] - new)
                np.subtract(scores, new[:, None], out=scores)
                largest[seeing] = new
                total[seeing] *= shrink
                out[seeing] *= shrink[:, None]
            np.exp2(scores, out=scores)
            np.copyto(corner, 0, where=above)  # after the exponential, which is slow at −inf
            total[seeing] += scores @ ones[: len(k)]
            out[seeing] += np.matmul(scores, v, out=product[: len(scores)])
        out /= np.where(total == 0, 1, total)[:, None]
        with np.errstate(divide="ignore"):  # no key seen: −inf
            total[...] = np.log(total) + largest / LOG2_E


def _is_calm(query, key, value):
    """Tell for each head whether no exponential, and no product of one with a value, can leave the range of floats."""
    longest = [np.einsum("...ld,...ld->...l", array, array).max(axis=-1, initial=0) ** 0.5 for array in (query, key)]
    bound = longest[0] * longest[1] * LOG2_E / math.sqrt(max(query.shape[-1], 1))
    low, high = value.min(axis=(-2, -1), initial=0), value.max(axis=(-2, -1), initial=0)
    return (bound <= CALM) & (low > -(2.0**CALM)) & (high < 2.0**CALM)


def _cut_tiles(rows, num_keys, size, offset):
    """Yield the tiles that a block of queries may see, cut to what is seen, as (keys, first query, diagonal).

    Queries of the block before `first` see nothing of the tile. `diagonal` is where the tile's causal triangle lies, as
    in ``np.tri``, or None where all is seen.
    """
    stop = num_keys if offset is None else min(num_keys, rows.stop + offset)
    for start in range(0, stop, size):
        columns = slice(start, min(start + size, stop))
        seen = num_keys if offset is None else rows.start + offset - start  # the place of the first query in the tile
        first = max(0, -seen)
        yield columns, first, seen + first if seen + first < columns.stop - start - 1 else None


class Accesses(NamedTuple):
    """How many numbers cross between slow and fast memory, read or written, for one head's forward pass."""

    flash: int
    standard: int


def hbm_accesses(num_queries: int, num_keys: int, d: int, sram: int) -> Accesses:
    r"""Count what attention reads from and writes to slow memory, tiled and standard.

    Tiled, with queries outside: a block of b queries and their outputs stay in fast memory while all keys and values
    pass by, one key and one value at a time. The block is as large as fits, b (2d + 3) + 2d ≤ M, counting b scores
    and two running numbers for each query. For L = S = N much larger than b it comes to about 4 N² d² / M.

    Standard: three steps that each read their operands and write their result once, which is generous to them: the
    scores are written and read, then the weights are written and read, 4 L S numbers beside the arrays themselves.

    Parameters
    ----------
    num_queries, num_keys : int
        L and S.
    d : int
        Numbers in a query, a key and a value.
    sram : int
        M, the numbers (not bytes) that fit into fast memory.

    Returns
    -------
    flash, standard : int

    Raises
    ------
    TypeError, ValueError
        If a number is not whole, or `sram` has no room for one query, one key, one value and one output.

    References
    ----------
    Dao et al. (2022), theorem 2, which gives Θ(N² d² / M) and Θ(N d + N²); algorithm 1 there has the keys outside and
    reads and writes each output many times, see chapter 24 for what that costs.

    Examples
    --------
    Four queries of two numbers, three keys; 18 numbers of fast memory hold two queries. Two times the block reads 4
    numbers, all keys and values, 12, and writes 4 of output and 2 logsumexps.

    >>> hbm_accesses(4, 3, 2, sram=18)
    Accesses(flash=44, standard=76)
    """
    for name, number, least in (("num_queries", num_queries, 0), ("num_keys", num_keys, 0), ("d", d, 1)):
        check_count(name, number, least=least)
    check_count("sram", sram, least=4 * d + 3)
    block = (sram - 2 * d) // (2 * d + 3)
    flash = 0
    for rows in _blocks(num_queries, block) if num_queries else []:
        size = rows.stop - rows.start
        flash += size * d  # read the queries
        flash += 2 * num_keys * d  # read every key and every value
        flash += size * d + size  # write the outputs and their logsumexps
    scores = num_queries * num_keys
    standard = num_queries * d + num_keys * d + scores  # read queries and keys, write scores
    standard += scores + scores  # read scores, write weights
    standard += scores + num_keys * d + num_queries * d  # read weights and values, write outputs
    return Accesses(flash, standard)


# --- tiles ------------------------------------------------------------------------------------------------------------


def _blocks(length, size):
    """Cut a length into slices of one size; the last may be shorter, and a length of 0 is one empty slice."""
    return [slice(start, min(start + size, length)) for start in range(0, max(length, 1), size)]


def _visible_tiles(rows, key, block_k, offset):
    """List the slices of keys that some query of `rows` may see, each with its mask, or None where all may see all."""
    tiles = []
    for columns in _blocks(key.shape[-2], block_k):
        if offset is None or columns.stop - 1 <= rows.start + offset:
            tiles.append((columns, None))
        elif columns.start <= rows.stop - 1 + offset:
            length, width = rows.stop - rows.start, columns.stop - columns.start
            shift = rows.start + offset - columns.start  # the place of the block's first query among these keys
            tiles.append((columns, causal_mask(length, width, offset=shift, like=key)))
    return tiles


def _tile_scores(xp, query, key, mask):
    (scores,) = widen(xp, query @ xp.matrix_transpose(key))  # the query is scaled; autocast may have narrowed
    return scores if mask is None else xp.where(mask, scores, -xp.inf)


def _weights(xp, scores, logsumexp):
    """Return exp(scores − logsumexp), and 0 where a query sees no key."""
    return xp.exp(scores - xp.where(logsumexp == -xp.inf, 0, logsumexp))


def _attend_tile(xp, query, key, value, mask=None):
    """Return the output and the logsumexp over the keys of one tile."""
    scores = _tile_scores(xp, query, key, mask)
    logsumexp = log_sum_exp(scores)
    return _weights(xp, scores, logsumexp[..., None]) @ value, logsumexp


def _zeros(xp, array, size):
    """Return a gradient of zeros for each block of an array, by the block's first position."""
    return {rows.start: xp.zeros_like(array[..., rows, :]) for rows in _blocks(array.shape[-2], size)}


def _add(xp, blocks, rows, gradient):
    """Add a tile's gradient to that of its block, summed over the axes along which the block was broadcast."""
    block = blocks[rows.start]
    own = (1,) * (gradient.ndim - block.ndim) + tuple(block.shape)
    axes = tuple(axis for axis in range(gradient.ndim - 2) if own[axis] == 1 != gradient.shape[axis])
    gradient = xp.sum(gradient, axis=axes, keepdims=True) if axes else gradient
    blocks[rows.start] = block + xp.reshape(gradient, tuple(block.shape))


# --- what a wrong call is told ----------------------------------------------------------------------------------------


def _check_call(query, key, value, causal):
    """Return the arrays' library, and the offset of the causal corner, or None if every key may be seen."""
    xp = float_namespace(query=query, key=key, value=value)
    check_query_and_key(query, key)
    check_key_and_value(key, value)
    check_leading_axes(query=query, value=value)
    if not isinstance(causal, bool | np.bool_):
        raise TypeError(
            f"causal is a {type(causal).__name__}, expected True or False; for any other mask, "
            "scaled_dot_product_attention(query, key, value, mask)"
        )
    return xp, key.shape[-2] - query.shape[-2] if causal else None


def _check_forward(query, key, value, output, logsumexp, grad_output):
    """Check that output, logsumexp and grad_output have the shapes that belong to query, key and value."""
    float_namespace(query=query, output=output, grad_output=grad_output)
    _check_logsumexp("logsumexp", logsumexp, query, "query")
    rows = np.broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2]) + query.shape[-2:-1]
    shape = (*rows, value.shape[-1])
    for name, array, expected in (
        ("logsumexp", logsumexp, rows),
        ("output", output, shape),
        ("grad_output", grad_output, shape),
    ):
        if tuple(array.shape) != tuple(expected):
            raise ValueError(
                f"{name} has shape {tuple(array.shape)}, expected {tuple(expected)}, "
                "as `flash_attention` returns it for this query, key and value"
                + f": {name}[..., 0]"
                * (tuple(array.shape) == (*expected, 1))
            )


def _check_logsumexp(name, logsumexp, array, array_name):
    float_namespace(**{name: logsumexp})
    shared_namespace(**{name: logsumexp, array_name: array})
    own, beside = dtype_name(logsumexp), dtype_name(array)
    if own != beside and not (own == "float32" and array.dtype.itemsize < 4):
        expected = "float32" if array.dtype.itemsize < 4 else beside
        raise TypeError(f"{name} is {own}, {array_name} is {beside}: expected {expected}")


def _check_partials(**partials):
    """Return the library of two pairs (output, logsumexp) that fit each other."""
    for name, pair in partials.items():
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            count = f" of {len(pair)}" if isinstance(pair, tuple | list) else ""
            raise TypeError(
                f"{name} is a {type(pair).__name__}{count}, expected a pair (output, logsumexp), "
                "as `flash_attention` returns"
            )
        output, logsumexp = pair
        float_namespace(**{f"{name}[0]": output})
        _check_logsumexp(f"{name}[1]", logsumexp, output, f"{name}[0]")
        check_has_positions(**{f"{name}[0]": output})
        if not mends.broadcasts(logsumexp.shape, output.shape[:-1]) or logsumexp.shape[-1:] != output.shape[-2:-1]:
            raise ValueError(
                f"{name} has an output of shape {tuple(output.shape)} and a logsumexp of shape "
                f"{tuple(logsumexp.shape)}, expected {tuple(output.shape[:-1])}: one number for each query"
            )
    (one, _), (two, _) = partials.values()
    xp = float_namespace(**{"partial[0]": one, "other[0]": two})
    if one.shape[-2:] != two.shape[-2:] or not mends.broadcasts(one.shape[:-2], two.shape[:-2]):
        raise ValueError(
            f"partial has an output of shape {tuple(one.shape)}, other of {tuple(two.shape)}: they must be about the "
            "same queries, and their values equally long"
        )
    return xp
