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
        total = query.new_zeros(query.shape[:-1])
        calm, room = _is_calm(query, key, value), _new_room(query, 1)
        largest = torch.where(calm, 0, -math.inf).to(query)[..., None].expand(query.shape[:-1]).clone()
        with torch.autocast(query.device.type, enabled=False):
            for head in itertools.product(*map(range, calm.shape)):
                each = (array[head] for array in (query, key, value, output, largest, total))
                _forward_head(offset, bool(calm[head]), *each, *room)
        logsumexp = largest.mul_(1 / LOG2_E).add_(total.log())
        output.div_(total.masked_fill_(total == 0, 1)[..., None])
        ctx.save_for_backward(query, key, value, output, logsumexp)
        ctx.offset = offset
        return output

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_output):
        saved, room = ctx.saved_tensors, _new_room(grad_output, 2)
        gradients = [torch.zeros(array.shape, dtype=array.dtype, device=array.device) for array in saved[:3]]
        with torch.autocast(grad_output.device.type, enabled=False):
            for head in itertools.product(*map(range, grad_output.shape[:-2])):
                each = (array[head] for array in (*saved, grad_output, *gradients))
                _backward_head(ctx.offset, *each, *room)
        return *gradients, None


def _forward_head(offset, calm, query, key, value, output, largest, total, tile, _, ones):
    """Fill what is not yet divided of one head: sums of values, and of exponentials, which both are zeros."""
    scale = LOG2_E / math.sqrt(max(query.shape[1], 1))
    for rows in _blocks(len(query), BLOCK_Q):
        whole = query[rows] * scale, output[rows], largest[rows], total[rows]
        for columns, first, diagonal in _cut_tiles(rows, len(key), BLOCK_K, offset):
            k, v = key[columns], value[columns]
            q, out, top, sums = (part[first:] for part in whole) if first else whole
            scores = torch.mm(q, k.T, out=_cut(tile, len(q), len(k)))
            if not calm:
                if diagonal is not None:
                    corner = scores[: len(k)]
                    corner.masked_fill_(torch.ones_like(corner, dtype=torch.bool).triu_(diagonal + 1), -math.inf)
                new = torch.maximum(top, scores.amax(dim=1))
                shrink = torch.exp2(top - new)
                scores.sub_(new[:, None])
                top.copy_(new)
                sums.mul_(shrink)
                out.mul_(shrink[:, None])
            scores.exp2_()
            if diagonal is not None:
                scores[: len(k)].tril_(diagonal)  # after the exponential, which is slow at −inf
            sums.addmv_(scores, ones[: len(k)])
            out.addmm_(scores, v)


def _backward_head(
    offset, query, key, value, output, logsumexp, grad_output, grad_query, grad_key, grad_value, one, two, _
):
    """Fill the three gradients of one head, all of them zeros."""
    scale = 1 / math.sqrt(max(query.shape[1], 1))
    for rows in _blocks(len(query), BLOCK_Q):
        block, grad_out, shift = query[rows] * (scale * LOG2_E), grad_output[rows], logsumexp[rows, None] * LOG2_E
        delta = (grad_out * output[rows]).sum(dim=1, keepdim=True)
        for columns, first, diagonal in _cut_tiles(rows, len(key), BLOCK_K, offset):
            k, v = key[columns], value[columns]
            parts = block, grad_out, shift, delta, grad_query[rows]
            q, grad_o, shifts, deltas, grad_q = (part[first:] if first else part for part in parts)
            weights = torch.mm(q, k.T, out=_cut(one, len(q), len(k)))
            weights.sub_(shifts).exp2_()
            if diagonal is not None:
                weights[: len(k)].tril_(diagonal)
            grad_scores = torch.mm(grad_o, v.T, out=_cut(two, len(q), len(k)))
            grad_scores.sub_(deltas).mul_(weights)
            grad_value[columns].addmm_(weights.T, grad_o)
            grad_q.addmm_(grad_scores, k)
            grad_key[columns].addmm_(grad_scores.T, q)
    grad_query *= scale
    grad_key /= LOG2_E  # the block carries the scale, and log₂ e


def _new_room(query, tiles):
    """Return what is used again for each tile: one or two tiles of numbers, and ones."""
    room = query.new_empty(tiles, BLOCK_Q * BLOCK_K)
    return room[0], room[-1], query.new_ones(BLOCK_K)


def _cut(buffer, rows, columns):
    return buffer[: rows * columns].view(rows, columns)


def _is_calm(query, key, value):
    """Tell for each head whether no exponential, and no product of one with a value, can leave the range of floats."""
    if not (query.shape[-2] and key.shape[-2] and value.shape[-1]):
        return torch.ones(query.shape[:-2], dtype=torch.bool)
    longest = [torch.linalg.vector_norm(array, dim=-1).amax(dim=-1) for array in (query, key)]
    bound = longest[0] * longest[1] * LOG2_E / math.sqrt(max(query.shape[-1], 1))
    low, high = value.amin(dim=(-2, -1)), value.amax(dim=(-2, -1))
    return ((bound <= CALM) & (low > -(2.0**CALM)) & (high < 2.0**CALM)).cpu()
