"""FlashAttention for training: a forward pass that keeps no weights, and a backward pass that computes them again."""

import itertools
import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from attnlib.arrays import cast, widen
from attnlib.flash import BLOCK_K, BLOCK_Q, CALM, LOG2_E, _blocks, _check_call, _cut_tiles


def flash_attention(
    query: Float[Tensor, "*#B L d_k"],
    key: Float[Tensor, "*#B S d_k"],
    value: Float[Tensor, "*#B S d_v"],
    *,
    causal: bool = False,
) -> Float[Tensor, "... L d_v"]:
    r"""Attend tile by tile and in place, with gradients that are computed tile by tile too.

    .. math:: \operatorname{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right) V

    Between the two passes only the output and one logsumexp for each query are kept. Sums are made in float32, also
    under autocast. Not supported: second derivatives, ``torch.func.vmap`` and ``grad``, the ``meta`` device, and
    ``torch.compile(fullgraph=True)``; there take `attnlib.flash_attention`.

    Parameters
    ----------
    query : tensor (…, L, d_k)
    key : tensor (…, S, d_k)
    value : tensor (…, S, d_v)
    causal : bool
        Query i sees key j when j ≤ i + S − L: the lower-right corner. Torch's own ``is_causal`` is the upper-left one.

    Returns
    -------
    output : tensor (…, L, d_v)

    Raises
    ------
    TypeError, ValueError
        As `attnlib.flash_attention`.

    References
    ----------
    Dao et al. (2022), algorithms 1 and 4; Dao (2024), algorithms 1 and 2. Powers of 2 and the bound that saves the
    running maximum are those of `attnlib.fast_flash_attention`.

    Examples
    --------
    >>> query, key = torch.tensor([[0.0]], requires_grad=True), torch.tensor([[1.0], [-1.0]])
    >>> output = flash_attention(query, key, torch.tensor([[0.0], [4.0]]))
    >>> output.item(), torch.autograd.grad(output, query)[0].item()
    (2.0, -2.0)
    """
    xp, offset = _check_call(query, key, value, causal)
    lead = torch.broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2])
    wide = (array.expand(*lead, *array.shape[-2:]) for array in widen(xp, query, key, value))
    return cast(xp, value.dtype, _Flash.apply(*wide, offset))


class _Flash(torch.autograd.Function):
    @staticmethod
    def forward(ctx, query, key, value, offset):
        output = query.new_zeros(*query.shape[:-1], value.shape[-1])
        logsumexp = query.new_zeros(query.shape[:-1])
        with torch.autocast(query.device.type, enabled=False):
            for head in _heads(query):
                _forward_head(query[head], key[head], value[head], offset, output[head], logsumexp[head])
        ctx.save_for_backward(query, key, value, output, logsumexp)
        ctx.offset = offset
        return output

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_output):
        saved = ctx.saved_tensors
        gradients = [torch.zeros(array.shape, dtype=array.dtype, device=array.device) for array in saved[:3]]
        with torch.autocast(grad_output.device.type, enabled=False):
            for head in _heads(grad_output):
                each = (array[head] for array in (*saved, grad_output, *gradients))
                _backward_head(ctx.offset, *each)
        return *gradients, None


def _heads(array):
    """List the places on the axes before the last two."""
    return list(itertools.product(*map(range, array.shape[:-2])))


def _forward_head(query, key, value, offset, output, logsumexp):
    """Fill output and logsumexp of one head, both of them zeros."""
    scale, calm = LOG2_E / math.sqrt(max(query.shape[1], 1)), _is_calm(query, key, value)
    tile, ones = query.new_empty(BLOCK_Q * BLOCK_K), query.new_ones(BLOCK_K)
    for rows in _blocks(len(query), BLOCK_Q):
        block, out, total = query[rows] * scale, output[rows], logsumexp[rows]
        largest = query.new_full((len(block),), 0 if calm else -math.inf)
        for columns, first, diagonal in _cut_tiles(rows, len(key), BLOCK_K, offset):
            k, v, seeing = key[columns], value[columns], slice(first, None)
            scores = torch.mm(block[seeing], k.T, out=_cut(tile, len(block) - first, len(k)))
            if diagonal is not None:  # the tile crosses it: hide what is above
                corner = scores[: len(k)]
                corner.masked_fill_(torch.ones_like(corner, dtype=torch.bool).triu_(diagonal + 1), -math.inf)
            if not calm:
                new = torch.maximum(largest[seeing], scores.amax(dim=1))
                shrink = torch.exp2(largest[seeing] - new)
                scores -= new[:, None]
                largest[seeing] = new
                total[seeing] *= shrink
                out[seeing] *= shrink[:, None]
            scores.exp2_()
            total[seeing].addmv_(scores, ones[: len(k)])
            out[seeing].addmm_(scores, v)
        out /= torch.where(total == 0, 1, total)[:, None]
        total.log_().add_(largest, alpha=1 / LOG2_E)


def _backward_head(offset, query, key, value, output, logsumexp, grad_output, grad_query, grad_key, grad_value):
    """Fill the three gradients of one head, all of them zeros."""
    scale = 1 / math.sqrt(max(query.shape[1], 1))
    one, two = query.new_empty(2, BLOCK_Q * BLOCK_K)
    for rows in _blocks(len(query), BLOCK_Q):
        block, grad_out, shift = query[rows] * (scale * LOG2_E), grad_output[rows], logsumexp[rows] * LOG2_E
        delta = (grad_out * output[rows]).sum(dim=1)
        for columns, first, diagonal in _cut_tiles(rows, len(key), BLOCK_K, offset):
            k, v, seeing = key[columns], value[columns], slice(first, None)
            weights = torch.mm(block[seeing], k.T, out=_cut(one, len(block) - first, len(k)))
            weights.sub_(shift[seeing, None]).exp2_()
            if diagonal is not None:
                weights[: len(k)].tril_(diagonal)
            grad_scores = torch.mm(grad_out[seeing], v.T, out=_cut(two, *weights.shape))
            grad_scores.sub_(delta[seeing, None]).mul_(weights)
            grad_value[columns].addmm_(weights.T, grad_out[seeing])
            grad_query[rows][seeing].addmm_(grad_scores, k)
            grad_key[columns].addmm_(grad_scores.T, block[seeing])
    grad_query *= scale
    grad_key /= LOG2_E  # the block carries the scale, and log₂ e


def _cut(buffer, rows, columns):
    return buffer[: rows * columns].view(rows, columns)


def _is_calm(query, key, value):
    """Tell whether no exponential, and no product of one with a value, can leave the range of floats."""
    if not (len(query) and value.numel()):
        return True
    longest = [torch.linalg.vector_norm(array, dim=1).max() for array in (query, key)]
    bound = longest[0] * longest[1] * LOG2_E / math.sqrt(max(query.shape[1], 1))
    return bool((bound <= CALM) & (torch.maximum(value.max(), -value.min()) < 2**CALM))
