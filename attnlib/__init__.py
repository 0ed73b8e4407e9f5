"""Attention in four verbs: score, mask, normalize, read. The library behind the book *Paying Attention*."""

from attnlib.additive import additive_scores
from attnlib.attention import attend, log_sum_exp, softmax
from attnlib.dot_product import dot_product_scores, scaled_dot_product_attention, softcap
from attnlib.kernel_regression import gaussian_scores
from attnlib.masking import causal_mask, document_mask, padding_mask, prefix_mask, window_mask
from attnlib.multiplicative import concat_scores, gaussian_window, general_scores, location_scores
from attnlib.query_key_value import match_scores, soft_lookup

__all__ = [
    "additive_scores",
    "attend",
    "causal_mask",
    "concat_scores",
    "document_mask",
    "dot_product_scores",
    "gaussian_scores",
    "gaussian_window",
    "general_scores",
    "location_scores",
    "log_sum_exp",
    "match_scores",
    "padding_mask",
    "prefix_mask",
    "scaled_dot_product_attention",
    "soft_lookup",
    "softcap",
    "softmax",
    "window_mask",
]
