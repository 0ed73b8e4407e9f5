import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from attnlib.corpora.vocabulary import BEGIN, END, Vocabulary
from attnlib.models.transformer import Transformer
from attnlib.training.decoding import beam_search, greedy
from tests import translators
from tests.translators import D_FF, HIDDEN, LENGTHS, SOURCE, TARGET, B, S, T, batch, sentences

N, H = 3, 2
NORMS = pytest.mark.parametrize("norm", ["post", "pre"])


def made(norm="post", seed=2017, **options):
    torch.manual_seed(seed)
    sizes = {"d_model": HIDDEN, "num_heads": H, "d_ff": D_FF, "num_layers": N}
    return Transformer(SOURCE, TARGET, **sizes | options, norm=norm).double().eval()


# by hand


def test_a_tied_output_matrix_is_not_counted_twice():
    tied, separate = (sum(p.numel() for p in made(tied=tied).parameters()) for tied in (True, False))
    assert separate - tied == TARGET * HIDDEN + TARGET
    model = made(tied=True)
    assert model.readout.weight is model.embed.words.weight
    assert model.readout.bias is None


def test_the_base_model_of_the_paper_has_its_parameters():
    """44 million in layers, as 37,000 shared words of 512 numbers bring them to the 63 million of Table 3's 65."""
    with torch.device("meta"):
        model = Transformer(5, 5, d_model=512, num_heads=8, d_ff=2048, num_layers=6)
    layers = sum(p.numel() for part in (model.encoder.layers, model.layers) for p in part.parameters())
    d, f = 512, 2048
    forward = 2 * d * f + f + d
    assert layers == 6 * (4 * d * d + forward + 4 * d) + 6 * (8 * d * d + forward + 6 * d)
    assert layers + 37_000 * d == pytest.approx(65e6, rel=0.04)


# reference


@NORMS
def test_the_cache_changes_nothing(norm):
    model, (source, lengths, target) = made(norm), batch()
    with torch.no_grad():
        logits, weights = model(source, lengths, target)
        encoded = model.encode(source, lengths)
        state = model.start(encoded)
        for t in range(T):
            one, state, row = model.step(target[:, t], state, encoded, t)
            assert_allclose(one, logits[:, t], atol=1e-12)
            assert_allclose(row, weights[:, t], atol=1e-12)
            assert [part.shape[-2] for part in state] == [t + 1, t + 1, S, S] * N


@NORMS
def test_a_greedy_translation_with_a_cache_is_the_one_without(norm):
    model, source = made(norm), sentences()
    words = [Vocabulary([[str(n) for n in range(10, 7 + size)]]) for size in (SOURCE, TARGET)]
    told = [words[0].decode(row) for row in source.tolist()]
    for number, answer in zip(range(B), greedy(model, told, *words, max_length=7)):
        written = [BEGIN]
        for _ in range(7):
            row = source[number : number + 1, : LENGTHS[number]]
            logits, _ = model(row, LENGTHS[number : number + 1], torch.tensor([written]))
            written.append(2 + int(logits[0, -1, 2:].argmax()))
            if written[-1] == END:
                break
        assert answer.tokens == words[1].decode(written)


def test_a_beam_of_one_is_the_greedy_search():
    model, words = made(), [Vocabulary([[str(n) for n in range(10, 7 + size)]]) for size in (SOURCE, TARGET)]
    sentence = words[0].tokens[3:9]
    (plain,) = greedy(model, [sentence], *words, max_length=6)
    (beamed,) = beam_search(model, sentence, *words, beam=1, max_length=6)
    assert beamed.tokens == plain.tokens
    assert beamed.log_probability == pytest.approx(plain.log_probability)
    found = beam_search(model, sentence, *words, beam=5, max_length=6)
    assert len(found) == 5
    assert len({one.tokens for one in found}) == 5


# invariant


@NORMS
def test_maps_hold_every_layer_and_head_and_their_last_mean_is_what_a_translator_returns(norm):
    model, (source, lengths, target) = made(norm), batch()
    maps = model.maps(source, lengths, target)
    assert maps.encoder.shape == (B, N, H, S, S)
    assert maps.decoder.shape == (B, N, H, T, T)
    assert maps.cross.shape == (B, N, H, T, S)
    for part in maps:
        assert_allclose(part.sum(-1), np.ones(part.shape[:-1]), atol=1e-12)
    padding = torch.arange(S) >= lengths[:, None]
    for part in (maps.encoder, maps.cross):
        assert not part[padding[:, None, None, None].expand(part.shape)].any()
    assert not maps.decoder.triu(1).any()
    assert_allclose(maps.cross[:, -1].mean(1), model(source, lengths, target)[1].detach(), atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_logits_of_a_fresh_readout_have_a_third_of_variance_and_those_of_a_tied_one_repeat_the_word(seed):
    for tied in (False, True):
        torch.manual_seed(seed)
        model = Transformer(97, 211, d_model=64, norm="pre", tied=tied).eval()
        target = torch.randint(3, 211, (8, 19), generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            logits, _ = model(sentences([11] * 8, vocabulary=97), torch.full((8,), 11), target)
        repeated = (logits.argmax(-1) == target).float().mean().item()
        if tied:
            assert repeated > 0.8
        else:
            assert logits.var(-1).mean().item() == pytest.approx(1 / 3, rel=0.15)
            assert repeated < 0.05


def test_the_order_of_the_source_matters_and_without_positions_it_does_not():
    model, lengths, target = made(), torch.tensor([7]), torch.tensor([[1, 5, 4]])
    source = torch.tensor([[4, 5, 6, 7, 8, 9, 10]])
    with torch.no_grad():
        first, turned = (model(some, lengths, target)[0] for some in (source, source.flip(1)))
        assert not torch.allclose(first, turned)
        model.encoder.embed.positions = lambda start, stop, like: 0
        first, turned = (model(some, lengths, target)[0] for some in (source, source.flip(1)))
    assert_allclose(first, turned, atol=1e-12)


def test_two_models_of_one_seed_are_the_same():
    for one, other in zip(made().parameters(), made().parameters()):
        assert_array_equal(one.detach(), other.detach())


def test_a_transformer_learns_to_copy():
    rng, words = np.random.default_rng(0), 9
    torch.manual_seed(0)
    model = Transformer(12, 12, d_model=32, num_heads=2, d_ff=64, num_layers=1)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
    for _ in range(150):
        source = torch.from_numpy(rng.integers(3, 3 + words, (32, 5)))
        target = torch.cat([torch.full((32, 1), BEGIN), source[:, :-1]], 1)
        loss = torch.nn.functional.cross_entropy(
            model(source, torch.full((32,), 5), target)[0].flatten(0, 1), source.flatten()
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < math.log(words) / 20


# edge


def test_there_is_no_longest_sentence():
    model = made(num_layers=1)
    source, target = torch.full((1, 331), 5), torch.full((1, 337), 4)
    assert model(source, torch.tensor([331]), target)[0].isfinite().all()


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: made(d_model=25, num_heads=5), ValueError, "d_model is 25, expected an even number"),
        (lambda: made(num_heads=3), ValueError, "num_heads 3 does not divide d_model 26"),
        (lambda: made(num_layers=0), ValueError, "num_layers is 0, expected 1 or more"),
        (lambda: made("both"), ValueError, "norm is 'both', expected"),
        (lambda: made(dropout=-0.1), ValueError, "dropout is -0.1, expected"),
        (lambda: Transformer(0, 9), ValueError, "vocabulary is 0, expected 1 or more"),
        (lambda: made()(sentences(), LENGTHS, torch.ones(2, 3).long()), ValueError, "source has 3 sentences, target 2"),
        (lambda: made()(sentences(), LENGTHS[:2], batch()[2]), ValueError, "source has 3 sentences, lengths 2"),
        (lambda: made().encode(sentences(), LENGTHS * 0), ValueError, "lengths reach from 0 to 0, expected 1 to 11"),
        (lambda: made().encode(sentences() + 9, LENGTHS), ValueError, "source has numbers from 9 to"),
        (lambda: made()(*batch()[:2], batch()[2] + 9), ValueError, "target has numbers from"),
    ],
)
def test_what_does_not_fit_is_named(call, error, said):
    with pytest.raises(error, match=f"^{said}"):
        call()


def test_it_is_in_the_list_of_translators():
    assert {"transformer", "transformer pre-norm"} <= set(translators.TRANSLATORS)
