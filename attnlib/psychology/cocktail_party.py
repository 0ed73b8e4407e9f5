"""Two voices at once: synthetic speech, the cells of a spectrogram, and how well one voice was let through."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Complex, Float, Inexact

from attnlib.arrays import check_count, check_positive, float_namespace, shared_namespace
from attnlib.psychology.checks import check_numpy

WINDOW, HOP = 512, 128  # samples; at 8 kHz a cell is 15.6 Hz tall, and the next one begins 16 ms later
FORMANTS = {  # Hz: the averages of 33 men, Peterson & Barney (1952), in heed, head, hod, hawed, who'd
    "i": (270, 2290, 3010),
    "e": (530, 1840, 2480),
    "a": (730, 1090, 2440),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
}
BANDWIDTHS = (60, 90, 150)  # Hz


def voice(
    vowels: Sequence[str], pitch: float, *, seconds: float = 0.2, tract: float = 1.0, rate: int = 8000
) -> Float[np.ndarray, "T"]:
    r"""Speak vowels on one note: a stack of harmonics k · pitch, made loud and soft by three resonances of the mouth.

    .. math:: x(t) = \sum_k \frac{1}{k} \prod_{F} \frac{F^2 + b^2}{|F^2 + b^2 - f^2 + 2ibf|} \sin 2\pi f t, \quad f = kp

    F is a formant of the vowel times `tract`, b half its bandwidth. Each vowel lasts `seconds` and fades in and out
    for 30 ms; the whole has the mean square 1. Klatt (1980) builds the same resonances as recursive filters.

    Raises
    ------
    TypeError, ValueError
        If there is no vowel, or an unknown one, or a number is not positive, or half the rate leaves no harmonic.

    Examples
    --------
    >>> voice("aeiou", 100.0).shape
    (8000,)
    """
    pitch, seconds = check_positive("pitch", pitch, ", in Hz"), check_positive("seconds", seconds)
    tract, rate = check_positive("tract", tract), check_positive("rate", rate, " of samples a second")
    _check_vowels(vowels)
    if pitch >= rate / 2:
        raise ValueError(f"pitch is {pitch} Hz, expected less than half the rate, {rate / 2:g} Hz")
    length = round(seconds * rate)
    if length < 2:
        raise ValueError(f"seconds is {seconds}, less than two samples at a rate of {rate}")
    harmonic = np.arange(1, int(np.ceil(rate / 2 / pitch)))[:, None]
    frequency, time = harmonic * pitch, np.arange(length * len(vowels)) / rate
    mouth = np.stack([_resonances(frequency[:, 0], tract * np.array(FORMANTS[vowel])) for vowel in vowels], axis=-1)
    fade = np.minimum(np.arange(1, length + 1), np.arange(length, 0, -1)) / (0.03 * rate)
    sound = (np.repeat(mouth / harmonic, length, axis=1) * np.sin(2 * np.pi * frequency * time)).sum(axis=0)
    sound = sound * np.tile(np.minimum(fade, 1), len(vowels))
    return sound / np.sqrt(np.mean(sound**2))


def _check_vowels(vowels):
    if not isinstance(vowels, Sequence) or not vowels or not all(isinstance(v, str) and v in FORMANTS for v in vowels):
        kind = ValueError if isinstance(vowels, Sequence) else TypeError
        raise kind(f"vowels is {vowels!r}, expected one or more of {' '.join(FORMANTS)} in a word, such as 'aei'")


def _resonances(frequency, formants):
    half = np.array(BANDWIDTHS)[:, None] / 2
    peak = formants[:, None] ** 2 + half**2
    return np.prod(peak / np.abs(peak - frequency**2 + 2j * half * frequency), axis=0)


def spectrogram(sound: Float[np.ndarray, "*B T"]) -> Complex[np.ndarray, "*B F N"]:
    """Cut a sound into cells: F frequencies from 0 to half the rate, N overlapping windows of 512 samples.

    Raises
    ------
    TypeError, ValueError
        If `sound` is not a NumPy array of floats, or has no sample.

    Examples
    --------
    >>> spectrogram(np.zeros((2, 8000))).shape
    (2, 257, 66)
    """
    check_numpy(sound=sound)
    float_namespace(sound=sound)
    if sound.ndim < 1 or sound.shape[-1] == 0:
        raise ValueError(f"sound has shape {sound.shape}, expected samples on its last axis")
    edge = WINDOW - HOP
    padding = [(0, 0)] * (sound.ndim - 1) + [(edge, edge + -sound.shape[-1] % HOP)]
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, padding), WINDOW, axis=-1)[..., ::HOP, :]
    return np.swapaxes(np.fft.rfft(frames * _hann()), -1, -2)


def resynthesize(cells: Complex[np.ndarray, "*B F N"], length: int) -> Float[np.ndarray, "*B T"]:
    """Turn cells back into a sound of `length` samples: the inverse of `spectrogram`.

    Raises
    ------
    TypeError, ValueError
        If `cells` are not those of a sound of `length` samples.

    Examples
    --------
    >>> resynthesize(spectrogram(np.array([3.0, 1.0, 2.0])), 3).round(6)
    array([3., 1., 2.])
    """
    _check_cells(cells=cells)
    check_count("length", length, least=1)
    count = (length + -length % HOP + WINDOW) // HOP - 1
    if cells.shape[-2:] != (WINDOW // 2 + 1, count):
        raise ValueError(f"cells has shape {cells.shape}, expected (…, {WINDOW // 2 + 1}, {count}) for length {length}")
    frames = np.fft.irfft(np.swapaxes(cells, -1, -2)) * _hann()
    sound = np.zeros((*cells.shape[:-2], (count - 1) * HOP + WINDOW))
    for i in range(count):
        sound[..., i * HOP : i * HOP + WINDOW] += frames[..., i, :]
    return sound[..., WINDOW - HOP :][..., :length] / 1.5  # four squared windows overlap: 1.5 everywhere


def _hann():
    return np.sin(np.pi * np.arange(WINDOW) / WINDOW) ** 2


def level_difference(ears: Complex[np.ndarray, "*B F N"]) -> Float[np.ndarray, "F N"]:
    """Tell by how many decibels each cell is louder in the left ear than in the right, at most 60.

    Where both ears are silent the difference is 0.

    Raises
    ------
    TypeError, ValueError
        If `ears` are not the cells of a left and a right ear.

    Examples
    --------
    >>> level_difference(np.array([[[10 + 0j]], [[1j]]]))
    array([[20.]])
    """
    _check_cells(ears=ears)
    if ears.ndim != 3 or ears.shape[0] != 2:
        raise ValueError(f"ears has shape {ears.shape}, expected (2, F, N): a left and a right ear, not a mono sound")
    left, right = np.abs(ears)
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = 20 * (np.log10(left) - np.log10(right))
    return np.where(left == right, 0.0, np.clip(difference, -60, 60))


def kept_share(weights: Inexact[np.ndarray, "F N"], cells: Complex[np.ndarray, "F N"]) -> float:
    """Return the share of a voice's energy that is left after each cell is multiplied by its weight; 0 for silence.

    Raises
    ------
    TypeError, ValueError
        If there is not one weight for each cell.

    Examples
    --------
    >>> kept_share(np.array([[1.0, 0.5]]), np.array([[3j, 4 + 0j]]))  # (9 + 16 / 4) / 25
    0.52
    """
    _check_weights(weights, cells=cells)
    energy = np.sum(np.abs(cells) ** 2)
    return float(np.sum(np.abs(weights * cells) ** 2) / energy) if energy else 0.0


def selection_gain(
    weights: Inexact[np.ndarray, "F N"], wanted: Complex[np.ndarray, "F N"], other: Complex[np.ndarray, "F N"]
) -> float:
    r"""Return by how many decibels the wanted voice rose above the other one.

    .. math:: 10 \log_{10} \frac{\text{share of the wanted voice that is kept}}{\text{share of the other that is kept}}

    Equal weights gain 0 dB. Where nothing is left of the other voice the gain is infinite; where nothing is left of
    either, or a voice was silent from the start, it is 0.

    Raises
    ------
    TypeError, ValueError
        If there is not one weight for each cell of either voice.

    Examples
    --------
    >>> wanted, other = np.array([[2 + 0j, 0]]), np.array([[1 + 0j, 3]])
    >>> round(selection_gain(np.array([[1.0, 0.0]]), wanted, other), 9)
    10.0
    """
    _check_weights(weights, wanted=wanted, other=other)
    kept, left = kept_share(weights, wanted), kept_share(weights, other)
    if math.isclose(kept, left) or not (np.any(wanted) and np.any(other)):
        return 0.0
    with np.errstate(divide="ignore"):
        return float(10 * (np.log10(kept) - np.log10(left)))


def _check_weights(weights, **cells):
    _check_cells(**cells)
    check_numpy(weights=weights)
    shared_namespace(weights=weights)
    if not np.issubdtype(weights.dtype, np.inexact):
        raise TypeError(f"weights is an array of {weights.dtype}, expected floats: weights.astype(float)")
    for name, array in cells.items():
        if weights.shape != array.shape:
            raise ValueError(f"weights has shape {weights.shape}, {name} {array.shape}: each cell needs one weight")


def _check_cells(**arrays):
    check_numpy(**arrays)
    shared_namespace(**arrays)
    for name, cells in arrays.items():
        if not np.issubdtype(cells.dtype, np.complexfloating):
            mend = f"a sound becomes cells by spectrogram, cells without phase by {name}.astype(complex)"
            raise TypeError(f"{name} is an array of {cells.dtype}, expected complex cells: {mend}")
