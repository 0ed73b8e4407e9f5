"""The four verbs: score, mask, normalize, read. Every other module plugs into one of them."""

from collections.abc import Callable

from jaxtyping import Bool, Float

from attnlib.arrays import Array, check_mask, check_scores_and_value, float_namespace


def softmax(scores: Float[Array, "*shape"], axis: int = -1) -> Float[Array, "*shape"]:
    r"""Turn scores into shares that are positive and sum to 1.

    .. math:: w_j = \frac{e^{s_j - m}}{\sum_k e^{s_k - m}}, \qquad m = \max_k s_k

    Subtracting the largest score m changes nothing in the result and keeps every exponential at most 1. Where all
    scores are −inf there is nothing to share out: the weights and their gradients are 0, where the textbook formula
    gives NaN.

    Examples
    --------
    >>> softmax(np.array([0.0, np.log(3.0)]))
    array([0.25, 0.75])
    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    >>> softmax(np.array([-np.inf, -np.inf]))
    array([0., 0.])
    """
    xp = float_namespace(scores=scores)
    shares, total, _ = _shifted_exponentials(xp, scores, axis)
    return shares / xp.where(total == 0, 1, total)


def attend(
    scores: Float[Array, "*#B L S"],
    value: Float[Array, "*#B S d_v"],
    mask: Bool[Array, "..."] | None = None,
    *,
    normalize: Callable[[Array], Array] = softmax,
) -> tuple[Float[Array, "... L d_v"], Float[Array, "... L S"]]:
    r"""Turn scores into weights, and read the values with them.

    .. math:: \text{output}_i = \sum_j w_{ij}\, v_j, \qquad w_{i\cdot} = \operatorname{normalize}(s_{i\cdot})

    A query that may see no key gets weights 0 and output 0. A NaN in a value poisons the output even where its
    weight is 0, because 0 · NaN is NaN.

    Parameters
    ----------
    scores : array (…, L, S)
        How well each key matches each query. Any real number; −inf forbids a key.
    value : array (…, S, d_v)
        What is read. Leading axes broadcast against those of `scores`.
    mask : boolean array, optional
        True = may look. Each axis is 1 or equal to that of `scores`; (B, 1, 1, S) masks keys, (L, S) pairs.
    normalize : function
        Turns scores into weights along the last axis.

    Returns
    -------
    output : array (…, L, d_v)
    weights : array (…, L, S)

    Raises
    ------
    TypeError, ValueError
        The message names the argument, its shape or dtype, what was expected and how to mend it.

    Examples
    --------
    >>> scores = np.array([[0.0, np.log(3.0)]])
    >>> output, weights = attend(scores, np.array([[0.0], [8.0]]))
    >>> weights
    array([[0.25, 0.75]])
    >>> output
    array([[6.]])
    """
    xp = float_namespace(scores=scores, value=value)
    check_scores_and_value(scores, value)
    if mask is not None:
        check_mask(mask, scores)
        scores = xp.where(mask, scores, -xp.inf)
    weights = normalize(scores)
    return weights @ value, weights


def log_sum_exp(scores: Float[Array, "*shape"], axis: int = -1) -> Float[Array, "..."]:
    r"""Sum exponentials without leaving the logarithm, so that large scores do not overflow.

    .. math:: \operatorname{lse}(s) = m + \log \sum_k e^{s_k - m}, \qquad m = \max_k s_k

    The softmax is :math:`e^{s_j - \operatorname{lse}(s)}`. Where all scores are −inf, or there are none, it is −inf.

    Examples
    --------
    >>> log_sum_exp(np.array([[1000.0, 1000.0]])).round(3)
    array([1000.693])
    """
    xp = float_namespace(scores=scores)
    _, total, largest = _shifted_exponentials(xp, scores, axis)
    logarithm = xp.where(total == 0, -xp.inf, xp.log(xp.where(total == 0, 1, total)) + largest)
    return xp.squeeze(logarithm, axis=axis)


def _shifted_exponentials(xp, scores, axis):
    """Return exp(scores − m), their sum and m, where m is the largest score, or 0 where every score is −inf."""
    if scores.shape[axis] == 0:
        shares = xp.exp(scores)
        total = xp.sum(shares, axis=axis, keepdims=True)
        return shares, total, total
    largest = xp.max(scores, axis=axis, keepdims=True)
    largest = xp.where(largest == -xp.inf, 0, largest)
    shares = xp.exp(scores - largest)
    return shares, xp.sum(shares, axis=axis, keepdims=True), largest
