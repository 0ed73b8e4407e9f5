"""The four verbs: score, mask, normalize, read. Every other module plugs into one of them."""

from collections.abc import Callable

from jaxtyping import Bool, Float

from attnlib.arrays import Array, cast, check_axis, check_mask, check_scores_and_value, float_namespace, widen


def softmax(scores: Float[Array, "*shape"], axis: int = -1) -> Float[Array, "*shape"]:
    r"""Turn scores into shares that are positive and sum to 1.

    .. math:: w_j = \frac{e^{s_j - m}}{\sum_k e^{s_k - m}}, \qquad m = \max_k s_k

    Subtracting the largest score m changes nothing in the result and keeps every exponential at most 1. Where all
    scores are −inf there is nothing to share out: the weights and their gradients are 0, where the textbook formula
    gives NaN.

    Raises
    ------
    TypeError, ValueError
        If `scores` is not an array of floats, or has no such axis.

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
    check_axis("scores", scores, axis)
    exponentials, total, _ = _shifted_exponentials(xp, scores, axis)
    return cast(xp, scores.dtype, exponentials / xp.where(total == 0, 1, total))


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
        If scores and values do not fit each other, the mask is not boolean or does not fit the scores, or `normalize`
        is not a function that returns one weight for each score.

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
    _check_normalize(normalize)
    if mask is not None:
        check_mask(mask, scores)
        scores = xp.where(mask, scores, -xp.inf)
    dtype, (scores, value) = value.dtype, widen(xp, scores, value)
    weights = normalize(scores)
    _check_weights(weights, scores)
    return cast(xp, dtype, weights @ value, weights)


def log_sum_exp(scores: Float[Array, "*shape"], axis: int = -1) -> Float[Array, "..."]:
    r"""Sum exponentials without leaving the logarithm, so that large scores do not overflow.

    .. math:: \operatorname{lse}(s) = m + \log \sum_k e^{s_k - m}, \qquad m = \max_k s_k

    The softmax is :math:`e^{s_j - \operatorname{lse}(s)}`. Where all scores are −inf, or there are none, it is −inf.

    Raises
    ------
    TypeError, ValueError
        If `scores` is not an array of floats, or has no such axis.

    Examples
    --------
    >>> log_sum_exp(np.array([[1000.0, 1000.0]])).round(3)
    array([1000.693])
    """
    xp = float_namespace(scores=scores)
    check_axis("scores", scores, axis)
    _, total, largest = _shifted_exponentials(xp, scores, axis)
    logarithm = xp.where(total == 0, -xp.inf, xp.log(xp.where(total == 0, 1, total)) + largest)
    return cast(xp, scores.dtype, xp.sum(logarithm, axis=axis))  # of one number: takes the axis away


def _shifted_exponentials(xp, scores, axis):
    """Return exp(scores − m), their sum and m, where m is the largest score, or 0 where every score is −inf."""
    (scores,) = widen(xp, scores)
    if scores.shape[axis] == 0:
        exponentials = xp.exp(scores)
        total = xp.sum(exponentials, axis=axis, keepdims=True)
        return exponentials, total, total
    largest = xp.max(scores, axis=axis, keepdims=True)
    largest = xp.where(largest == -xp.inf, 0, largest)
    exponentials = xp.exp(scores - largest)
    return exponentials, xp.sum(exponentials, axis=axis, keepdims=True), largest


def _check_normalize(normalize):
    if not callable(normalize):
        raise TypeError(f"normalize is {normalize!r}, expected a function of scores, such as softmax")


def _check_weights(weights, scores):
    float_namespace(weights=weights, scores=scores)
    if weights.shape != scores.shape:
        raise ValueError(
            f"normalize returned weights of shape {tuple(weights.shape)} for scores of shape {tuple(scores.shape)}: "
            "expected one weight for each score"
        )
