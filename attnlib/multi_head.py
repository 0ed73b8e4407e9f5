"""Several attentions side by side: one wide projection is cut into heads, and what they read is joined again."""

from einops import rearrange, repeat
from jaxtyping import Bool, Float

from attnlib.arrays import (
    Array,
    cast,
    check_axes,
    check_count,
    check_has_heads,
    check_has_positions,
    check_head_columns,
    check_heads_mask,
    check_key_and_value,
    check_num_heads,
    check_pairs,
    check_parameter,
    float_namespace,
    widen,
)
from attnlib.dot_product import scaled_dot_product_attention


def split_heads(x: Float[Array, "*B L d_model"], num_heads: int) -> Float[Array, "*B H L d_k"]:
    r"""Cut the features of each position into heads, and put the axis of heads before that of positions.

    .. math:: \text{head } h \text{ of position } i \text{ gets the features } h d_k, \dots, (h + 1) d_k - 1
        \text{ of position } i, \qquad d_k = d_\text{model} / H

    Every number keeps its position. A bare ``x.reshape(B, H, L, d_k)`` has the same shape and mixes positions.

    Parameters
    ----------
    x : array (…, L, d_model)
    num_heads : int
        H, a divisor of d_model.

    Returns
    -------
    heads : array (…, H, L, d_k)

    Raises
    ------
    TypeError, ValueError
        If `x` is not an array of floats with positions and features, or `num_heads` does not divide d_model.

    References
    ----------
    Vaswani et al. (2017), section 3.2.2, where each head has a matrix of its own. Here the H matrices stand side by
    side in one, and its columns are cut afterwards.

    Examples
    --------
    >>> split_heads(np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]), 2)
    array([[[1., 2.],
            [5., 6.]],
           [[3., 4.],
            [7., 8.]]])
    """
    float_namespace(x=x)
    check_has_positions(x=x)
    num_heads = check_num_heads(num_heads, "x's last axis", x.shape[-1])
    return rearrange(x, "... length (heads features) -> ... heads length features", heads=num_heads)


def merge_heads(x: Float[Array, "*B H L d_v"]) -> Float[Array, "*B L d_model"]:
    r"""Join what the heads hold at each position: the inverse of `split_heads`, and the Concat of the paper.

    .. math:: \operatorname{Concat}(\text{head}_1, \dots, \text{head}_H), \qquad d_\text{model} = H d_v

    Raises
    ------
    TypeError, ValueError
        If `x` is not an array of floats with heads, positions and features.

    References
    ----------
    Vaswani et al. (2017), section 3.2.2.

    Examples
    --------
    >>> merge_heads(np.array([[[1.0, 2.0], [5.0, 6.0]], [[3.0, 4.0], [7.0, 8.0]]]))
    array([[1., 2., 3., 4.],
           [5., 6., 7., 8.]])
    """
    float_namespace(x=x)
    check_has_heads(x=x)
    return rearrange(x, "... heads length features -> ... length (heads features)")


def repeat_heads(x: Float[Array, "*B G S d"], num_groups: int) -> Float[Array, "*B H S d"]:
    r"""Repeat each key or value head, so that a few of them serve many query heads.

    .. math:: \text{query head } h \text{ is served by key head } \lfloor h / n \rfloor, \qquad n = H / G

    Neighbouring query heads share a key head, as in Ainslie et al. and with ``enable_gqa=True`` in torch. One head for
    all, G = 1, is multi-query attention.

    Parameters
    ----------
    x : array (…, G, S, d)
        Key heads or value heads.
    num_groups : int
        n = H / G: how many query heads each of them serves. Others call it ``n_rep`` or ``num_key_value_groups``. The
        "GQA-8" of the paper counts the other factor, G = 8.

    Returns
    -------
    heads : array (…, H, S, d)
        H = G · n.

    Raises
    ------
    TypeError, ValueError
        If `x` is not an array of floats with heads, positions and features, or `num_groups` is not 1 or more.

    References
    ----------
    Shazeer (2019), section 3, for one head; Ainslie et al. (2023), section 2.2, for groups.

    Examples
    --------
    >>> repeat_heads(np.array([[[1.0, 2.0]], [[3.0, 4.0]]]), 2)
    array([[[1., 2.]],
           [[1., 2.]],
           [[3., 4.]],
           [[3., 4.]]])
    """
    float_namespace(x=x)
    check_has_heads(x=x)
    num_groups = check_count("num_groups", num_groups, least=1)
    if num_groups == 1:
        return x
    return repeat(x, "... heads length features -> ... (heads groups) length features", groups=num_groups)


def multi_head_attention(
    query: Float[Array, "*#B L d_q"],
    key: Float[Array, "*#B S d_key"],
    value: Float[Array, "*#B S d_value"],
    W_q: Float[Array, "d_q H_d_k"],
    W_k: Float[Array, "d_key H_d_k"],
    W_v: Float[Array, "d_value H_d_v"],
    W_o: Float[Array, "H_d_v d_model"],
    *,
    num_heads: int,
    mask: Bool[Array, "..."] | None = None,
) -> tuple[Float[Array, "... L d_model"], Float[Array, "... H L S"]]:
    r"""Attend with several heads, each in a space of its own, and join what they read.

    .. math:: \operatorname{MultiHead}(Q, K, V) = \operatorname{Concat}(\text{head}_1, \dots, \text{head}_h) W^O,
        \qquad \text{head}_i = \operatorname{Attention}(Q W_i^Q, K W_i^K, V W_i^V)

    Self-attention is ``query = key = value``. All heads of a matrix stand side by side: the first d_k columns of W_q
    are :math:`W_1^Q`, the next d_k are :math:`W_2^Q`; the first d_v rows of W_o belong to head 1.

    Parameters
    ----------
    query : array (…, L, d_q)
    key : array (…, S, d_key)
    value : array (…, S, d_value)
        In the paper the three widths are d_model.
    W_q : array (d_q, H·d_k)
    W_k : array (d_key, H·d_k)
    W_v : array (d_value, H·d_v)
    W_o : array (H·d_v, d_model)
    num_heads : int
        H. Every one needs its columns in each matrix: fewer key heads are repeated first, see `repeat_heads`.
    mask : boolean array, optional
        True = may look, against the weights: (L, S), (B, 1, 1, S), (B, 1, L, S) or (B, H, L, S).

    Returns
    -------
    output : array (…, L, d_model)
    weights : array (…, H, L, S)

    Raises
    ------
    TypeError, ValueError
        If the arrays are not floats of one library and dtype, do not fit each other, `num_heads` does not divide
        their columns, or the mask is not boolean, does not fit the weights, or has a batch and no axis of heads.

    References
    ----------
    Vaswani et al. (2017), section 3.2.2.

    Examples
    --------
    Head 1 asks with the first number and head 2 with the second; both heads read one key each.

    >>> query, key, value = np.array([[9.0, -9.0]]), np.array([[9.0, 9.0], [-9.0, -9.0]]), np.array([[1.0], [2.0]])
    >>> one = np.eye(2)
    >>> output, weights = multi_head_attention(query, key, value, one, one, np.ones((1, 2)), one, num_heads=2)
    >>> output.round(6), weights.round(6)
    (array([[1., 2.]]), array([[[1., 0.]],
           [[0., 1.]]]))
    """
    xp = float_namespace(query=query, key=key, value=value, W_q=W_q, W_k=W_k, W_v=W_v, W_o=W_o)
    check_pairs(query, key, W_q.shape[:1], W_k.shape[:1])
    check_key_and_value(key, value)
    _check_matrices(query, key, value, W_q, W_k, W_v, W_o, num_heads)
    check_heads_mask(mask, max(query.ndim, key.ndim) + 1, num_heads)
    dtype, (query, key, value, W_q, W_k, W_v, W_o) = query.dtype, widen(xp, query, key, value, W_q, W_k, W_v, W_o)
    heads = (split_heads(x @ W, num_heads) for x, W in ((query, W_q), (key, W_k), (value, W_v)))
    output, weights = scaled_dot_product_attention(*heads, mask)
    return cast(xp, dtype, merge_heads(output) @ W_o, weights)


def _check_matrices(query, key, value, W_q, W_k, W_v, W_o, num_heads):
    for name, W in (("W_q", W_q), ("W_k", W_k), ("W_v", W_v)):
        check_axes(name, W, "features", "heads × features")
    check_axes("W_o", W_o, "heads × features", "features")
    check_num_heads(num_heads, "W_q's last axis", W_q.shape[1])
    check_num_heads(num_heads, "W_o's first axis", W_o.shape[0])
    check_parameter("W_q", W_q, (query.shape[-1], W_q.shape[1]), "query's last axis × the columns of all heads")
    check_head_columns("W_k", W_k, (key.shape[-1], W_q.shape[1]), num_heads, "key's last axis × the columns of W_q")
    check_head_columns("W_v", W_v, (value.shape[-1], W_o.shape[0]), num_heads, "value's last axis × the rows of W_o")
