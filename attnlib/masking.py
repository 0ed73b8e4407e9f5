"""Who may look at whom. Every mask is boolean, True = may look, and masks combine with ``&`` and ``|``."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Integer

from attnlib import mends
from attnlib.arrays import Array, check_count, creation_namespace, holds, integer_namespace


def causal_mask(
    num_queries: int, num_keys: int | None = None, *, offset: int | None = None, like: Array | None = None
) -> Bool[Array, "L S"]:
    r"""Let query i see key j when j ≤ i + offset: nothing that comes later.

    Parameters
    ----------
    num_queries, num_keys : int
        L and S. Without `num_keys` they are equal.
    offset : int, optional
        The position of query 0 among the keys. The default S − L lets the last query see every key, as in decoding
        with a cache. 0 is the "upper-left" convention of ``is_causal`` in torch.
    like : array, optional
        Its library and device are used. Without it the mask is NumPy.

    Returns
    -------
    mask : boolean array (L, S)

    Raises
    ------
    TypeError, ValueError
        If a length or the offset is not a whole number, or a length is negative.

    Examples
    --------
    >>> causal_mask(2, 4).astype(int)
    array([[1, 1, 1, 0],
           [1, 1, 1, 1]])
    """
    return window_mask(num_queries, num_keys, right=0, offset=offset, like=like)


def window_mask(
    num_queries: int,
    num_keys: int | None = None,
    *,
    left: int | None = None,
    right: int | None = None,
    offset: int | None = None,
    like: Array | None = None,
) -> Bool[Array, "L S"]:
    r"""Let query i see the keys from `left` places before its own position to `right` places after it.

    .. math:: -\text{left} \le j - (i + \text{offset}) \le \text{right}

    `None` means no limit on that side. ``left=2, right=0`` is a causal window of three keys: the query's own position
    counts. Otherwise as `causal_mask`, which is ``right=0``.

    Raises
    ------
    TypeError, ValueError
        If a number is not whole, or one of them other than the offset is negative.

    References
    ----------
    Beltagy, Peters & Cohan (2020), section 3.1. Their window of size w is ``left=right=w // 2``.

    Examples
    --------
    >>> window_mask(4, left=1, right=0).astype(int)
    array([[1, 0, 0, 0],
           [1, 1, 0, 0],
           [0, 1, 1, 0],
           [0, 0, 1, 1]])
    """
    num_keys = num_queries if num_keys is None else num_keys
    num_queries, num_keys = check_count("num_queries", num_queries), check_count("num_keys", num_keys)
    for name, number in (("left", left), ("right", right)):
        if number is not None:
            check_count(name, number)
    offset = num_keys - num_queries if offset is None else offset
    offset = check_count("offset", offset, least=None)
    xp, device = creation_namespace(like)
    distance = xp.arange(num_keys, **device)[None, :] - xp.arange(num_queries, **device)[:, None] - offset
    mask = xp.ones_like(distance, dtype=xp.bool)
    if left is not None:
        mask = mask & (distance >= -left)
    if right is not None:
        mask = mask & (distance <= right)
    return mask


def prefix_mask(
    num_queries: int,
    num_keys: int | None = None,
    *,
    prefix: int,
    offset: int | None = None,
    like: Array | None = None,
) -> Bool[Array, "L S"]:
    r"""Let every query see the first `prefix` keys, and the later ones causally.

    For a batch whose prefixes differ, write ``causal_mask(L) | padding_mask(prefixes, L)``.

    Raises
    ------
    TypeError, ValueError
        If a length or the prefix is not a whole number, or is negative.

    References
    ----------
    Raffel et al. (2020), section 3.2.1 and figure 3, "causal with prefix".

    Examples
    --------
    >>> prefix_mask(3, prefix=2).astype(int)
    array([[1, 1, 0],
           [1, 1, 0],
           [1, 1, 1]])
    """
    check_count("prefix", prefix)
    causal = causal_mask(num_queries, num_keys, offset=offset, like=like)
    xp, device = creation_namespace(like)
    return causal | (xp.arange(causal.shape[1], **device) < prefix)


def padding_mask(
    lengths: Integer[Array, "B"] | Sequence[int], num_keys: int, *, like: Array | None = None
) -> Bool[Array, "B 1 1 S"]:
    r"""Let every query, in every head, see the first `lengths[b]` keys of sequence b, and not the padding behind them.

    Parameters
    ----------
    lengths : integers (B,)
        How many keys of each sequence are real, from 0 to `num_keys`.
    num_keys : int
        S, the padded length.
    like : array, optional
        Its library and device are used. Without it those of `lengths`, or NumPy for a list.

    Returns
    -------
    mask : boolean array (B, 1, 1, S)

    Raises
    ------
    TypeError, ValueError
        If the lengths are not whole numbers from 0 to `num_keys`, one for each sequence.

    Examples
    --------
    >>> padding_mask([1, 3], 3).astype(int)[:, 0, 0]
    array([[1, 0, 0],
           [1, 1, 1]])
    """
    num_keys = check_count("num_keys", num_keys)
    lengths = lengths if hasattr(lengths, "dtype") else _as_array(lengths)
    xp, device = creation_namespace(lengths if like is None else like)
    lengths = xp.asarray(lengths, **device)
    integer_namespace(lengths=lengths)
    if lengths.ndim != 1:
        raise ValueError(f"lengths has shape {tuple(lengths.shape)}, expected (batch,): one length for each sequence")
    wrong = (lengths < 0) | (lengths > num_keys)
    if not holds(~wrong.any()):
        raise ValueError(f"a length is {int(lengths[wrong][0])}, expected 0 to num_keys = {num_keys}")
    return xp.arange(num_keys, **device) < lengths[:, None, None, None]


def _as_array(lengths):
    """Return an array of a list of lengths, also of an empty one."""
    if not isinstance(lengths, Sequence) or isinstance(lengths, str) or any(map(np.ndim, lengths)):
        raise TypeError(f"lengths is {lengths!r}, expected a list or an array with one length for each sequence")
    return np.asarray(lengths) if len(lengths) else np.zeros(0, int)


def document_mask(
    documents: Integer[Array, "*B L"], key_documents: Integer[Array, "*B S"] | None = None
) -> Bool[Array, "*B 1 L S"] | Bool[Array, "L S"]:
    r"""Let each query see only the keys of its own document, where several are packed into one row.

    Parameters
    ----------
    documents : integers (L,) or (B, L)
        The document that each position belongs to.
    key_documents : integers (S,) or (B, S), optional
        The same for the keys. Without it they are the queries.

    Returns
    -------
    mask : boolean array (L, S) or (B, 1, L, S)
        With a batch axis it has a heads axis of 1 too.

    Raises
    ------
    TypeError, ValueError
        If the ids are not whole numbers, or the two arrays do not hold as many sequences.

    Examples
    --------
    >>> (document_mask(np.array([0, 0, 1])) & causal_mask(3)).astype(int)
    array([[1, 0, 0],
           [1, 1, 0],
           [0, 0, 1]])
    """
    key_documents = documents if key_documents is None else key_documents
    integer_namespace(documents=documents, key_documents=key_documents)
    for name, array in (("documents", documents), ("key_documents", key_documents)):
        if array.ndim == 0:
            raise ValueError(f"{name} is a single number, expected one for each position: {name}[None]")
    if not mends.broadcasts(documents.shape[:-1], key_documents.shape[:-1]):
        raise ValueError(
            f"documents has shape {tuple(documents.shape)}, key_documents {tuple(key_documents.shape)}: "
            "expected as many sequences in both"
        )
    mask = documents[..., :, None] == key_documents[..., None, :]
    return mask if mask.ndim == 2 else mask[..., None, :, :]
