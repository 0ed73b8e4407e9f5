import base64
import io
import re
import wave

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from attnlib.notebook import listen
from attnlib.psychology.cocktail_party import (
    kept_share,
    level_difference,
    resynthesize,
    selection_gain,
    spectrogram,
    voice,
)

F, N = 5, 7
PART = st.floats(-9, 9).map(lambda x: round(x, 3))
CELLS = arrays(complex, (F, N), elements=st.builds(complex, PART, PART))
CELL = np.ones(1) + 0j
WEIGHTS = arrays(float, (F, N), elements=st.floats(0, 1))


def noise(*shape, seed=1953):
    return np.random.default_rng(seed).standard_normal(shape)


def wav_of(player):
    data = base64.b64decode(re.search(r"base64,([^\"]+)", player.data)[1])
    with wave.open(io.BytesIO(data)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), np.uint8) - 128.0
        return file.getframerate(), frames.reshape(-1, file.getnchannels()).T


# by hand


def test_half_his_energy_and_a_twentieth_of_hers_is_a_gain_of_ten_decibels():
    he, she = np.array([[1 + 0j, 1]]), np.array([[1j, np.sqrt(19)]])
    weights = np.array([[1.0, 0.0]])
    assert_allclose([kept_share(weights, he), kept_share(weights, she)], [0.5, 0.05])
    assert_allclose(selection_gain(weights, he, she), 10)
    assert_allclose(selection_gain(weights, she, he), -10)


def test_a_weight_of_one_half_keeps_a_quarter_of_the_energy():
    assert_allclose(kept_share(np.full((F, N), 0.5), noise(F, N) + 0j), 0.25)


def test_ten_times_the_pressure_at_the_left_ear_is_twenty_decibels():
    ears = np.array([[[10, 1, 3j]], [[1, -10, 3]]])
    assert_allclose(level_difference(ears), [[20, -20, 0]], atol=1e-12)


def test_the_loudest_cell_of_a_tone_lies_at_its_frequency():
    time = np.arange(4000) / 8000
    cells = np.abs(spectrogram(np.sin(2 * np.pi * 1000 * time)))
    assert (cells[:, 5:-5].argmax(axis=0) == 64).all()  # 64 · 8000 / 512 = 1000 Hz


# reference


def klatt_resonator(samples, formant, bandwidth, rate):
    """The recursive filter of Klatt (1980), sample by sample: y = A x + B y₁ + C y₂."""
    c = -np.exp(-2 * np.pi * bandwidth / rate)
    b = 2 * np.exp(-np.pi * bandwidth / rate) * np.cos(2 * np.pi * formant / rate)
    output, last, before = [], 0.0, 0.0
    for x in samples:
        last, before = (1 - b - c) * x + b * last + c * before, last
        output.append(last)
    return np.array(output)


def test_the_loudest_harmonics_are_those_of_a_recursive_formant_synthesizer():
    rate, pitch = 64_000, 100
    pulses = np.zeros(rate)
    pulses[:: rate // pitch] = 1
    for formant, bandwidth in zip((730, 1090, 2440), (60, 90, 150)):
        pulses = klatt_resonator(pulses, formant, bandwidth, rate)
    harmonics = np.arange(1, 30) * pitch
    expected = np.abs(np.fft.rfft(pulses[-rate // 2 :]))[harmonics // 2] / np.arange(1, 30)
    steady = voice("a", float(pitch), seconds=1.2, rate=8000)[800:8800]
    found = np.abs(np.fft.rfft(steady))[harmonics]
    difference = 20 * np.log10(found / found[0]) - 20 * np.log10(expected / expected[0])
    assert np.abs(difference).max() < 0.3


def test_a_cell_is_the_fourier_coefficient_of_one_window():
    sound = noise(997)
    cells = spectrogram(sound)
    k, frame = 37, 5
    samples = np.arange(frame * 128 - 384, frame * 128 + 128)  # 256 to 767: no part of it is padding
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(512) / 512)
    wheel = np.exp(-2j * np.pi * k * np.arange(512) / 512)
    assert_allclose(cells[k, frame], (sound[samples] * window * wheel).sum())


# invariant


@given(length=st.integers(1, 1500), seed=st.integers(0, 99))
def test_cells_turn_back_into_the_sound(length, seed):
    sound = noise(2, length, seed=seed)
    assert_allclose(resynthesize(spectrogram(sound), length), sound, atol=1e-12)


@given(he=CELLS, she=CELLS, weights=WEIGHTS, scale=st.floats(0.1, 1))
def test_turning_all_weights_down_alike_changes_no_gain(he, she, weights, scale):
    gain, softer = selection_gain(weights, he, she), selection_gain(weights * scale, he, she)
    assert gain == softer or abs(gain - softer) < 1e-6 or not np.isfinite(gain)


@given(he=CELLS, she=CELLS, weights=WEIGHTS)
def test_a_weight_never_adds_energy(he, she, weights):
    assert 0 <= kept_share(weights, he) <= 1 + 1e-12
    assert 0 <= kept_share(weights, she) <= 1 + 1e-12


@given(ears=arrays(complex, (2, F, N), elements=st.builds(complex, PART, PART)))
def test_swapping_the_ears_turns_the_sign(ears):
    assert_allclose(level_difference(ears[::-1]), -level_difference(ears))


@given(pitch=st.floats(60, 900), tract=st.floats(0.8, 1.3))
def test_a_voice_has_power_one_and_the_length_that_was_asked_for(pitch, tract):
    sound = voice("aiu", pitch, seconds=0.07, tract=tract)
    assert sound.shape == (3 * 560,)
    assert_allclose(np.mean(sound**2), 1)


# edge


def test_silence_is_defined_everywhere():
    silent = spectrogram(np.zeros((2, 1000)))
    assert_array_equal(level_difference(silent), 0)
    assert_array_equal(resynthesize(silent, 1000), 0)
    weights, some = np.ones((F, N)), noise(F, N) + 0j
    assert kept_share(weights, 0 * some) == 0
    assert selection_gain(weights, 0 * some, some) == 0
    assert selection_gain(weights, some, 0 * some) == 0
    assert not wav_of(listen(np.zeros(100), "silence"))[1].any()


def test_a_sound_in_one_ear_only_differs_by_sixty_decibels():
    ears = np.stack([np.ones((F, N)), np.zeros((F, N))]) + 0j
    assert_array_equal(level_difference(ears), 60)
    assert_array_equal(level_difference(ears[::-1]), -60)


def test_nothing_left_of_the_other_is_an_infinite_gain_and_nothing_left_at_all_is_none():
    he, she = np.array([[1 + 0j, 0]]), np.array([[0, 1 + 0j]])
    assert selection_gain(np.array([[1.0, 0.0]]), he, she) == np.inf
    assert selection_gain(np.array([[0.0, 1.0]]), he, she) == -np.inf
    assert selection_gain(np.array([[0.0, 0.0]]), he, she) == 0


def test_a_longer_tract_or_another_vowel_changes_the_spectrum_and_a_higher_pitch_its_spacing():
    plain = np.abs(np.fft.rfft(voice("a", 100.0, seconds=0.5)))
    assert plain.argmax() == 350  # the seventh harmonic, 700 Hz, nearest to the first formant at 730 Hz
    assert np.abs(np.fft.rfft(voice("i", 100.0, seconds=0.5))).argmax() != 350
    assert np.abs(np.fft.rfft(voice("a", 100.0, seconds=0.5, tract=1.2))).argmax() == 450


# the player


def test_a_player_carries_the_sound_at_its_rate_and_keeps_left_and_right_apart():
    ears = np.stack([np.linspace(-1, 1, 101), np.linspace(0.5, 0, 101)])
    rate, samples = wav_of(listen(ears, "two ears", rate=11_025))
    assert rate == 11_025
    assert_allclose(samples / 127, 0.9 * ears, atol=0.5 / 127)
    assert wav_of(listen(ears[0], "one"))[1].shape == (1, 101)
    for dtype in (torch.float64, torch.float16, torch.bfloat16):
        heard = wav_of(listen(torch.tensor(ears, dtype=dtype, requires_grad=True), "from torch"))[1]
        assert_allclose(heard, samples, atol=1)


def test_a_player_has_controls_a_name_and_does_not_start_by_itself():
    player = listen(np.ones(10), 'he & "she" <b>').data
    assert 'controls preload="metadata" aria-label="he &amp; &quot;she&quot; &lt;b&gt;"' in player
    assert "autoplay" not in player
    assert "http" not in player


# errors


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: voice("", 100.0), "one or more of i e a o u"),
        (lambda: voice("axe", 100.0), "vowels is 'axe', expected one or more of"),
        (lambda: voice("a", -100.0), "pitch is -100.0, expected a positive"),
        (lambda: voice("a", 5000.0), "pitch is 5000.0 Hz, expected less than half the rate, 4000 Hz"),
        (lambda: voice("a", 100.0, rate=-8000), "rate is -8000, expected a positive, finite number of samples"),
        (lambda: voice("a", 100.0, seconds=0.0), "seconds is 0.0, expected a positive"),
        (lambda: voice("a", 100.0, seconds=1e-5), "less than two samples at a rate of 8000"),
        (lambda: spectrogram(np.zeros((2, 0))), r"sound has shape \(2, 0\), expected samples on its last axis"),
        (lambda: spectrogram(np.zeros(9, int)), "sound is an array of int64, expected floats"),
        (lambda: resynthesize(np.zeros((257, 4), complex), 1000), r"expected \(…, 257, 11\) for length 1000"),
        (lambda: level_difference(spectrogram(np.zeros(600))), "a left and a right ear, not a mono sound"),
        (lambda: kept_share(np.ones(3), np.ones((2, 3)) + 0j), r"cells \(2, 3\): each cell needs one weight"),
        (lambda: voice(5, 100.0), "vowels is 5, expected one or more of i e a o u in a word, such as 'aei'"),
        (lambda: voice(["a", ["e"]], 100.0), r"vowels is \['a', \['e'\]\], expected one or more"),
        (lambda: voice("aei", "100"), "pitch is '100', expected a positive, finite number, in Hz"),
        (lambda: voice("aei", 100.0, rate="8000"), "rate is '8000', expected a positive, finite number of samples"),
        (lambda: spectrogram([0.0, 1.0]), r"sound is a list, expected an array: np.asarray\(sound\) makes one"),
        (lambda: resynthesize([[1j]], 3), "cells is a list, expected an array"),
        (lambda: resynthesize(spectrogram(np.ones(5)), 5.0), "length is 5.0, expected a whole number"),
        (lambda: level_difference([[1j]]), "ears is a list, expected an array"),
        (
            lambda: level_difference(np.ones((2, 1, 1), int)),
            "ears is an array of int64, expected complex cells: a sound",
        ),
        (lambda: kept_share([1.0], np.ones(1) + 0j), "weights is a list, expected an array"),
        (lambda: kept_share(np.ones(1, bool), np.ones(1) + 0j), "weights is an array of bool, expected floats"),
        (lambda: selection_gain(CELL, CELL, np.ones(2) + 0j), r"weights has shape \(1,\), other \(2,\): each cell"),
        (lambda: listen([0.0, 1.0], "x"), r"sound is a list, expected an array: np.asarray\(sound\) makes one"),
        (lambda: listen(np.ones(5), 5), "label is 5, expected a string"),
        (lambda: listen(np.ones(5), "x", rate=8000.5), "rate is 8000.5, expected a whole number"),
        (lambda: listen(np.zeros((3, 100)), "three"), r"expected \(samples,\) for mono or \(2, samples\) for stereo"),
        (lambda: listen(np.zeros(0), "none"), "expected \\(samples,\\) for mono"),
        (lambda: listen(np.zeros(5), "x", rate=-1), "rate is -1, expected 1 or more"),
        (lambda: listen(np.array([0.0, np.nan]), "x"), "NaN or infinite"),
    ],
)
def test_a_wrong_call_is_told_what_is_wrong(plain_errors, call, words):
    with pytest.raises((ValueError, TypeError), match=words):
        call()
