import pytest
import torch
from torch import nn

from attnlib import causal_mask, multi_head_attention, padding_mask, softmax
from attnlib.models.multi_head import MultiHeadAttention, softmax_in_one_pass

B, H, L, S, D = 2, 3, 5, 7, 12


def normal(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=torch.float64)


def layer(**options):
    torch.manual_seed(19)
    return MultiHeadAttention(D, H, **options).double()


def torch_layer(**options):
    torch.manual_seed(17)
    module = nn.MultiheadAttention(D, H, **options).double()
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    return module


# by hand


def test_the_matrices_of_h_heads_have_as_many_numbers_as_those_of_one():
    for heads in (1, 2, 3, 4, 6, 12):
        assert sum(p.numel() for p in MultiHeadAttention(D, heads).parameters()) == 4 * D * D
    assert sum(p.numel() for p in MultiHeadAttention(D, 6, bias=True).parameters()) == 4 * D * D + 4 * D
    assert sum(p.numel() for p in MultiHeadAttention(D, 6, num_key_heads=2).parameters()) == 2 * D * D + 2 * D * D // 3
    assert sum(p.numel() for p in MultiHeadAttention(D, 6, num_key_heads=1).parameters()) == 2 * D * D + 2 * D * 2


# reference


def test_the_layer_is_the_formula_of_the_paper():
    ours, query, key, value = layer(), normal(B, L, D), normal(B, S, D), normal(B, S, D) * 2
    matrices = [W.weight.T for W in (ours.W_q, ours.W_k, ours.W_v, ours.W_o)]
    mask = causal_mask(L, S, like=query)
    expected = multi_head_attention(query, key, value, *matrices, num_heads=H, mask=mask)
    torch.testing.assert_close(ours(query, key, value, mask), expected)
    torch.testing.assert_close(ours(query, mask=mask[:, :L]), ours(query, query, query, mask[:, :L]))
    torch.testing.assert_close(ours(query, key), ours(query, key, key))


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("widths", [{}, {"kdim": 11, "vdim": 13}])
def test_a_layer_of_torch_is_loaded_with_its_masks_outputs_weights_and_gradients(batch_first, bias, widths):
    module = torch_layer(batch_first=batch_first, bias=bias, **widths)
    ours = MultiHeadAttention.from_torch(module)
    query, key, value = normal(B, L, D), normal(B, S, widths.get("kdim", D)), normal(B, S, widths.get("vdim", D))
    attn_mask, key_padding_mask = ~causal_mask(L, S, like=query), ~padding_mask([4, 7], S)[:, 0, 0]
    key_padding_mask = torch.as_tensor(key_padding_mask)
    theirs = (x if batch_first else x.swapaxes(0, 1) for x in (query, key, value))
    expected, weights = module(
        *theirs, attn_mask=attn_mask, key_padding_mask=key_padding_mask, average_attn_weights=False
    )
    found = ours(query, key, value, ~attn_mask & ~key_padding_mask[:, None, None, :])
    expected = expected if batch_first else expected.swapaxes(0, 1)
    torch.testing.assert_close(found, (expected, weights), rtol=0, atol=1e-12)
    found[0].square().sum().backward(), expected.square().sum().backward()
    torch.testing.assert_close(ours.W_o.weight.grad, module.out_proj.weight.grad)
    stacked = module.q_proj_weight.grad if widths else module.in_proj_weight.grad[:D]
    torch.testing.assert_close(ours.W_q.weight.grad, stacked)


def test_the_weights_are_copied_and_keep_their_dtype():
    module = torch_layer().float()
    ours = MultiHeadAttention.from_torch(module)
    before = ours.W_q.weight.clone()
    with torch.no_grad():
        module.in_proj_weight.zero_()
    assert torch.equal(ours.W_q.weight, before)
    assert {p.dtype for p in ours.parameters()} == {torch.float32}


# invariant


def test_keys_and_values_may_be_kept_and_read_again_token_by_token():
    ours, x = layer(num_key_heads=1), normal(B, S, D)
    expected, weights = ours(x, mask=causal_mask(S, like=x))
    kept = None
    for t in range(S):
        new = ours.keys_and_values(x[:, t : t + 1], x[:, t : t + 1])
        kept = new if kept is None else tuple(torch.cat(pair, -2) for pair in zip(kept, new))
        output, row = ours.read(x[:, t : t + 1], *kept)
        torch.testing.assert_close(output, expected[:, t : t + 1])
        torch.testing.assert_close(row, weights[:, :, t : t + 1, : t + 1])
    assert kept[0].shape == (B, 1, S, D // H)


def test_fewer_key_heads_are_a_layer_whose_matrices_repeat():
    torch.manual_seed(3)
    few, full = MultiHeadAttention(D, 6, num_key_heads=2), MultiHeadAttention(D, 6)
    repeated = {
        name: W.unflatten(0, (2, 2)).repeat_interleave(3, 0).flatten(0, 1) if name[:3] in ("W_k", "W_v") else W
        for name, W in few.state_dict().items()
    }
    full.load_state_dict(repeated)
    x = normal(B, L, D).float()
    torch.testing.assert_close(few(x), full(x))


def test_of_torchs_four_biases_that_of_the_keys_changes_nothing_and_that_of_the_values_is_a_constant():
    module, query, key = torch_layer(batch_first=True), normal(B, L, D), normal(B, S, D)
    ours = MultiHeadAttention.from_torch(module)
    expected, weights = ours(query, key)
    with torch.no_grad():
        ours.W_k.bias.zero_()
        ours.W_o.bias += ours.W_o.weight @ ours.W_v.bias
        ours.W_v.bias.zero_()
    torch.testing.assert_close(ours(query, key), (expected, weights))
    with torch.no_grad():
        ours.W_q.bias.zero_()
    assert (ours(query, key)[1] - weights).abs().max() > 0.1


# edge


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_compiled_on_meta_and_in_half_precision_the_layer_works(plain_errors):
    ours, x = layer().float(), normal(B, L, D).float()
    mask = causal_mask(L, like=x)
    torch._dynamo.reset()
    compiled = torch.compile(ours, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x, mask=mask), ours(x, mask=mask))
    output, weights = ours.to("meta")(x.to("meta"))
    assert (output.shape, weights.shape) == ((B, L, D), (B, H, L, L))
    half, exact = layer().bfloat16(), layer()
    assert half(x.bfloat16())[0].dtype == torch.bfloat16
    torch.testing.assert_close(half(x.bfloat16())[0].double(), exact(x.double())[0], atol=0.05, rtol=0.05)


def test_an_empty_batch_has_an_empty_answer_and_a_step_on_it_changes_nothing():
    ours = layer()
    output, weights = ours(normal(0, L, D))
    assert (output.shape, weights.shape) == ((0, L, D), (0, H, L, L))
    output.sum().backward()
    assert all((p.grad == 0).all() for p in ours.parameters())


# error


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((D, 5), "^num_heads 5 does not divide d_model 12: expected a divisor, such as 4 or 6$"),
        ((D, 0), "^num_heads is 0, expected 1 or more$"),
        ((0, 1), "^d_model is 0, expected 1 or more$"),
    ],
)
def test_heads_that_do_not_divide_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        MultiHeadAttention(*arguments)


def test_key_heads_that_do_not_divide_are_refused():
    with pytest.raises(ValueError, match=r"^num_key_heads 4 does not divide num_heads 6: expected a divisor"):
        MultiHeadAttention(D, 6, num_key_heads=4)


@pytest.mark.parametrize("option", [{"add_bias_kv": True}, {"add_zero_attn": True}])
def test_a_module_that_adds_keys_of_its_own_is_refused(option):
    with pytest.raises(ValueError, match="expected neither: this layer adds no keys"):
        MultiHeadAttention.from_torch(torch_layer(**option))


def test_a_mask_without_an_axis_of_heads_is_refused_also_where_there_are_as_many_heads_as_sequences(plain_errors):
    ours, x = layer(), normal(H, L, D)
    with pytest.raises(ValueError, match=r"mask\[:, None\] where the first axis is the batch"):
        ours(x, mask=torch.ones(H, L, L, dtype=torch.bool))


def test_the_softmax_in_one_pass_is_the_softmax_also_where_a_row_may_see_nothing():
    scores = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(19), dtype=torch.float64)
    hidden = scores.clone()
    hidden[1, 2] = -torch.inf
    for given in (scores, hidden):
        once, again = given.clone().requires_grad_(), given.clone().requires_grad_()
        found, expected = softmax_in_one_pass(once), softmax(again)
        torch.testing.assert_close(found, expected)
        (found[..., 0] ** 2).sum().backward()
        (expected[..., 0] ** 2).sum().backward()
        torch.testing.assert_close(once.grad, again.grad)
    torch.testing.assert_close(torch.func.vmap(softmax_in_one_pass)(hidden), softmax(hidden))
