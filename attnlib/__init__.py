"""Attention in four verbs: score, mask, normalize, read. The library behind the book *Paying Attention*.

Every function takes NumPy arrays or torch tensors, and gives back the dtype that it was given; half precision is added
up in float32. With tensors all of them run under ``torch.compile(fullgraph=True)``, also with dynamic shapes, under
``torch.func.vmap`` and ``grad``, autocast, inference and deterministic mode, and on the ``meta`` device.
"""

from attnlib.additive import additive_scores
from attnlib.attention import attend, log_sum_exp, softmax
from attnlib.distances import alibi_bias, alibi_slopes, relative_output, relative_scores
from attnlib.dot_product import dot_product_scores, scaled_dot_product_attention, softcap
from attnlib.fast_weights import delta_write, recall, sigma_pi, unnormalized, write
from attnlib.flash import fast_flash_attention, flash_attention, flash_attention_backward, hbm_accesses, merge
from attnlib.intra_attention import align_both, distance_bias, lstmn, redundancy, structured_scores
from attnlib.kernel_regression import gaussian_scores
from attnlib.masking import causal_mask, document_mask, padding_mask, prefix_mask, window_mask
from attnlib.multi_head import merge_heads, multi_head_attention, repeat_heads, split_heads
from attnlib.multiplicative import concat_scores, gaussian_window, general_scores, location_scores
from attnlib.positions import rotate, sinusoidal_positions
from attnlib.query_key_value import match_scores, soft_lookup
from attnlib.self_attention import attention_pool, cross_attention, self_attention

__all__ = [
    "additive_scores",
    "alibi_bias",
    "alibi_slopes",
    "align_both",
    "attend",
    "attention_pool",
    "causal_mask",
    "concat_scores",
    "cross_attention",
    "delta_write",
    "distance_bias",
    "document_mask",
    "dot_product_scores",
    "fast_flash_attention",
    "flash_attention",
    "flash_attention_backward",
    "gaussian_scores",
    "gaussian_window",
    "general_scores",
    "hbm_accesses",
    "location_scores",
    "log_sum_exp",
    "lstmn",
    "match_scores",
    "merge",
    "merge_heads",
    "multi_head_attention",
    "padding_mask",
    "prefix_mask",
    "recall",
    "redundancy",
    "relative_output",
    "relative_scores",
    "repeat_heads",
    "rotate",
    "scaled_dot_product_attention",
    "self_attention",
    "sigma_pi",
    "sinusoidal_positions",
    "soft_lookup",
    "softcap",
    "softmax",
    "split_heads",
    "structured_scores",
    "unnormalized",
    "window_mask",
    "write",
]
