"""Classic wrong answers to the exercises of chapter 19."""

import numpy as np

HINTS = {
    "cut__bare_reshape": "yours has numbers of different tokens in one row, or one token's in several",
    "cut__heads_behind_the_positions": "the heads must come before the length",
    "cut__every_third_feature": "features h, h + 3, …; expected neighbours, 0 and 1",
    "cut__heads_from_the_last": "yours counts the heads from the last",
    "cut__a_copy_for_each_head": "yours gives every head all six features",
    "cut__one_head_only": "4 tokens of 6 numbers, 3 heads: yours is (4, 2)",
    "cut__the_sizes_of_one_example": "other lengths, heads and features",
    "written__all_together": "yours is one array for all heads together",
    "written__an_equal_share_each": "yours gives every head the same third of the output",
    "written__columns_of_the_matrix": "yours takes columns of W_o for each head",
    "written__every_third_row": "yours takes every third row of W_o",
    "written__the_first_rows_for_every_head": "yours takes the same rows of W_o for every head",
    "written__heads_so_far": "yours adds up the heads so far",
    "written__own_columns_only": "yours fills d_v columns for each head",
    "written__from_the_last_head_to_the_first": "yours has the right parts from the last head to the first",
    "written__the_output_without_each_head": "yours is what is left without each head",
    "may_look__not_turned_round": "yours is True where torch blocks",
    "may_look__either_is_enough": "yours lets a query look where only one of the two masks blocks",
    "may_look__no_axis_for_the_heads": "yours has no axis for the heads",
    "may_look__padding_blocks_queries": "key_padding_mask is about keys, the last axis",
    "may_look__only_the_padding": "yours does not use attn_mask",
    "may_look__only_attn_mask": "yours does not use key_padding_mask",
    "may_look__one_but_not_both": "yours lets a query look where both masks block",
    "may_look__always_causal": "yours is causal",
    "may_look__attn_mask_transposed": "yours transposes attn_mask",
    "may_look__floats": "a mask is boolean",
}
"""The words by which the check rejects each of them."""


def cut__bare_reshape(x, num_heads):
    """The right shape, and numbers of different tokens mixed."""
    return x.reshape(num_heads, len(x), -1)


def cut__heads_behind_the_positions(x, num_heads):
    """Cuts, and does not move the axis."""
    return x.reshape(len(x), num_heads, -1)


def cut__every_third_feature(x, num_heads):
    """Cuts the features the other way round: head h gets h, h + H, and so on."""
    return x.reshape(len(x), -1, num_heads).transpose(2, 0, 1)


def cut__heads_from_the_last(x, num_heads):
    """Counts the heads backwards."""
    return x.reshape(len(x), num_heads, -1).transpose(1, 0, 2)[::-1]


def cut__a_copy_for_each_head(x, num_heads):
    """Multiplies instead of splitting: every head gets all features."""
    return np.stack([x] * num_heads)


def cut__one_head_only(x, num_heads):
    """Returns the first head."""
    return x[:, : x.shape[1] // num_heads]


def cut__the_sizes_of_one_example(x, num_heads):
    """Writes 3 heads of 2 numbers into the code."""
    return x.reshape(len(x), 3, 2).transpose(1, 0, 2) if x.shape[1] == 6 else x[None]


def written__all_together(heads, W_o):
    """The output, which is the sum of the parts."""
    return np.concatenate(list(heads), axis=-1) @ W_o


def written__an_equal_share_each(heads, W_o):
    """Divides the output by the number of heads."""
    return np.stack([written__all_together(heads, W_o) / len(heads)] * len(heads))


def written__columns_of_the_matrix(heads, W_o):
    """Takes columns where the rows belong to a head."""
    size = heads.shape[-1]
    return np.stack([head @ W_o[:, h * size : (h + 1) * size].T for h, head in enumerate(heads)])


def written__every_third_row(heads, W_o):
    """Takes rows h, h + H, … for head h."""
    return np.stack([head @ W_o[h :: len(heads)] for h, head in enumerate(heads)])


def written__the_first_rows_for_every_head(heads, W_o):
    """Forgets to move on to the next rows."""
    return heads @ W_o[: heads.shape[-1]]


def written__from_the_last_head_to_the_first(heads, W_o):
    """The sum is right, and each part belongs to another head."""
    return (heads @ W_o.reshape(len(heads), -1, W_o.shape[1]))[::-1]


def written__the_output_without_each_head(heads, W_o):
    """What is left instead of what is added."""
    return written__all_together(heads, W_o) - heads @ W_o.reshape(len(heads), -1, W_o.shape[1])


def written__heads_so_far(heads, W_o):
    """A running sum, whose last part is the output."""
    return np.cumsum(heads @ W_o.reshape(len(heads), -1, W_o.shape[1]), axis=0)


def written__own_columns_only(heads, W_o):
    """Lets each head write to its own columns alone."""
    size = heads.shape[-1]
    own = np.arange(W_o.shape[1]) // size == np.arange(len(heads))[:, None]
    return own[:, None] * (heads @ W_o.reshape(len(heads), size, -1))


def may_look__not_turned_round(attn_mask, key_padding_mask):
    """Joins the two and leaves True = blocked."""
    return attn_mask | key_padding_mask[:, None, None, :]


def may_look__either_is_enough(attn_mask, key_padding_mask):
    """Turns both round and joins them with or."""
    return ~attn_mask | ~key_padding_mask[:, None, None, :]


def may_look__no_axis_for_the_heads(attn_mask, key_padding_mask):
    """One axis too few."""
    return ~attn_mask & ~key_padding_mask[:, None, :]


def may_look__padding_blocks_queries(attn_mask, key_padding_mask):
    """Puts the padding on the axis of the queries."""
    return ~attn_mask & ~key_padding_mask[:, None, :, None]


def may_look__only_the_padding(attn_mask, key_padding_mask):
    """Forgets attn_mask."""
    return ~np.broadcast_to(key_padding_mask[:, None, None, :], (len(key_padding_mask), 1, *attn_mask.shape))


def may_look__floats(attn_mask, key_padding_mask):
    """A bias of minus infinity where torch blocks."""
    return np.where(attn_mask | key_padding_mask[:, None, None, :], -np.inf, 0.0)


def may_look__only_attn_mask(attn_mask, key_padding_mask):
    """Forgets key_padding_mask."""
    return ~np.broadcast_to(attn_mask, (len(key_padding_mask), 1, *attn_mask.shape))


def may_look__one_but_not_both(attn_mask, key_padding_mask):
    """Joins the two with exclusive or."""
    return ~(attn_mask ^ key_padding_mask[:, None, None, :])


def may_look__always_causal(attn_mask, key_padding_mask):
    """Takes every attn_mask for the causal one."""
    return np.tri(*attn_mask.shape, dtype=bool) & ~np.asarray(key_padding_mask)[:, None, None, :]


def may_look__attn_mask_transposed(attn_mask, key_padding_mask):
    """Takes the rows for keys."""
    return ~attn_mask.T & ~key_padding_mask[:, None, None, :]
