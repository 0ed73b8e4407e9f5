"""Multi-head attention as a layer that is trained: four matrices around the formulas."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.arrays import check_count, check_heads_mask, check_num_heads, holds
from attnlib.attention import attend, softmax
from attnlib.dot_product import dot_product_scores
from attnlib.multi_head import merge_heads, repeat_heads, split_heads


class MultiHeadAttention(nn.Module):
    r"""Project, split into heads, attend, merge, project: for self-attention and for cross-attention.

    .. math:: \operatorname{MultiHead}(Q, K, V) = \operatorname{Concat}(\text{head}_1, \dots, \text{head}_h) W^O

    Parameters
    ----------
    d_model : int
        The width of what goes in and comes out. Each head has d_k = d_v = d_model / num_heads.
    num_heads : int
        H, a divisor of `d_model`.
    num_key_heads : int, optional
        G, a divisor of `num_heads`: fewer heads of keys and values than of queries. The default is H; 1 is multi-query
        attention.
    bias : bool
        Whether a vector is added after each of the four matrices. The paper's equations have none.

    Raises
    ------
    TypeError, ValueError
        If a number of heads is not a divisor, a mask has a batch and no axis of heads, or a module of torch has parts
        that this layer has not.

    References
    ----------
    Vaswani et al. (2017), section 3.2.2; Ainslie et al. (2023) for `num_key_heads`.
    """

    def __init__(self, d_model: int, num_heads: int, *, num_key_heads: int | None = None, bias: bool = False):
        super().__init__()
        num_key_heads = num_heads if num_key_heads is None else num_key_heads
        d_model = check_count("d_model", d_model, least=1)
        num_heads = check_num_heads(num_heads, "d_model", d_model)
        num_key_heads = check_num_heads(num_key_heads, "num_heads", num_heads, name="num_key_heads")
        self.num_heads, self.num_key_heads = num_heads, num_key_heads
        d_keys = d_model // num_heads * num_key_heads
        self.W_q, self.W_k = nn.Linear(d_model, d_model, bias), nn.Linear(d_model, d_keys, bias)
        self.W_v, self.W_o = nn.Linear(d_model, d_keys, bias), nn.Linear(d_model, d_model, bias)
        for name, parameter in self.named_parameters():
            nn.init.zeros_(parameter) if name.endswith("bias") else nn.init.xavier_uniform_(parameter)

    def forward(
        self,
        query: Float[Tensor, "B L d_model"],
        key: Float[Tensor, "B S d_key"] | None = None,
        value: Float[Tensor, "B S d_value"] | None = None,
        mask: Bool[Tensor, "..."] | None = None,
    ) -> tuple[Float[Tensor, "B L d_model"], Float[Tensor, "B H L S"]]:
        """Return the output and the weights. Without a key it is self-attention; without a value the key is read."""
        key = query if key is None else key
        return self.read(query, *self.keys_and_values(key, key if value is None else value), mask)

    def keys_and_values(
        self, key: Float[Tensor, "B S d_key"], value: Float[Tensor, "B S d_value"]
    ) -> tuple[Float[Tensor, "B G S d_k"], Float[Tensor, "B G S d_v"]]:
        """Return the key heads and value heads of a sequence, to be read once or to be kept and read again."""
        return split_heads(self.W_k(key), self.num_key_heads), split_heads(self.W_v(value), self.num_key_heads)

    def read(
        self,
        query: Float[Tensor, "B L d_model"],
        key: Float[Tensor, "B G S d_k"],
        value: Float[Tensor, "B G S d_v"],
        mask: Bool[Tensor, "..."] | None = None,
    ) -> tuple[Float[Tensor, "B L d_model"], Float[Tensor, "B H L S"]]:
        """Let every query head read its key head and value head, and join what was read."""
        check_heads_mask(mask, key.ndim, self.num_heads)
        query, num_groups = split_heads(self.W_q(query), self.num_heads), self.num_heads // self.num_key_heads
        key, value = repeat_heads(key, num_groups), repeat_heads(value, num_groups)
        output, weights = attend(dot_product_scores(query, key), value, mask, normalize=softmax_in_one_pass)
        return self.W_o(merge_heads(output)), weights

    @classmethod
    def from_torch(cls, module: nn.MultiheadAttention) -> "MultiHeadAttention":
        """Return a layer with a copy of the weights of torch's: the same outputs and, with gradients, the same steps.

        Ours always takes (batch, length, features), whatever ``batch_first`` was. Its mask is the negation of torch's:
        ``mask = ~attn_mask & ~key_padding_mask[:, None, None, :]``. Dropout is not copied.
        """
        if module.bias_k is not None or module.add_zero_attn:
            raise ValueError("module has add_bias_kv or add_zero_attn, expected neither: this layer adds no keys")
        layer = cls(module.embed_dim, module.num_heads)
        stacked, separate = module.in_proj_weight, (module.q_proj_weight, module.k_proj_weight, module.v_proj_weight)
        weights = separate if stacked is None else stacked.chunk(3)
        biases = [None] * 3 if module.in_proj_bias is None else module.in_proj_bias.chunk(3)
        layer.W_q, layer.W_k, layer.W_v = map(_linear, weights, biases)
        layer.W_o = _linear(module.out_proj.weight, module.out_proj.bias)
        return layer


def softmax_in_one_pass(scores: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Return the weights of ``softmax`` by torch's own kernel, which goes over the scores once and not four times.

    Where a row may see no key the kernel gives NaN, so the first weights of all rows are looked at, and ``softmax``
    does the work if one of them is NaN, or if they cannot be seen, while torch compiles or maps.

    Examples
    --------
    >>> import torch
    >>> softmax_in_one_pass(torch.tensor([[0.0, 0.0], [-torch.inf, -torch.inf]]))
    tensor([[0.5000, 0.5000],
            [0.0000, 0.0000]])
    """
    weights = scores.softmax(-1)
    first = weights[..., :1].sum()
    return weights if holds(first == first, unseen=False) else softmax(scores)


def _linear(weight, bias):
    """Return a linear layer with a copy of these parameters."""
    linear = nn.Linear(*reversed(weight.shape), bias=bias is not None, device=weight.device, dtype=weight.dtype)
    linear.load_state_dict({"weight": weight} if bias is None else {"weight": weight, "bias": bias})
    return linear
