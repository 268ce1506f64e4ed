"""Synthetic speech: ten words like digits, spoken by six made-up voices.

No human being is heard here. A word is a sequence of sounds, each with
targets for three formants, a voiced and a noisy loudness; between targets all
glide. Voiced sound is a sum of harmonics of the pitch, weighted by the
resonances at the formants; noise is shaped by one broad resonance. A voice has
its own pitch, formant scale, rate and breath, and no take of a word is quite
like another. It is meant for trying recipes out in minutes; what is found on
it says little of real speech.
"""

import functools

import numpy as np

from zoo.data.audio_data import AudioData, join_waves

RATE = 8_000
TAKES = 20  # Of each word by each voice: 0 to 2 test, 3 and 4 valid
TEST_TAKES, VALID_TAKES = 3, 5
_HOP = 80  # Samples between two sets of targets
_BANDWIDTHS = np.array([80.0, 110.0, 170.0])  # Hz, of the formants
_NOISE_WIDTH = 900.0  # Hz, of the resonance of noise

# Sound: milliseconds, formants in Hz, voiced loudness, noise, its centre.
_SOUNDS = {
    "z": (80, (300, 1600, 2500), 0.4, 0.4, 3600),
    "iy": (130, (280, 2250, 2900), 1.0, 0.0, 3000),
    "ih": (90, (400, 1950, 2550), 1.0, 0.0, 3000),
    "eh": (100, (550, 1800, 2500), 1.0, 0.0, 3000),
    "ah": (110, (650, 1200, 2400), 1.0, 0.0, 3000),
    "aa": (110, (730, 1100, 2450), 1.0, 0.0, 3000),
    "ao": (150, (550, 850, 2400), 1.0, 0.0, 3000),
    "ow": (140, (450, 900, 2350), 0.9, 0.0, 3000),
    "uw": (190, (310, 900, 2250), 0.9, 0.0, 3000),
    "ey": (120, (450, 2050, 2600), 1.0, 0.0, 3000),
    "r": (80, (350, 1150, 1600), 0.7, 0.0, 3000),
    "w": (80, (300, 650, 2200), 0.6, 0.0, 3000),
    "n": (100, (250, 1350, 2200), 0.4, 0.0, 3000),
    "v": (70, (280, 1100, 2200), 0.35, 0.1, 2500),
    "f": (100, (350, 1100, 2200), 0.0, 0.15, 2800),
    "th": (90, (350, 1400, 2500), 0.0, 0.12, 3200),
    "s": (130, (350, 1600, 2500), 0.0, 0.5, 3700),
    "t": (30, (350, 1700, 2600), 0.0, 0.6, 3300),
    "k": (35, (350, 1800, 2300), 0.0, 0.5, 1900),
    "-": (60, (350, 1500, 2500), 0.0, 0.0, 3000),  # closed mouth
}
WORDS = {
    "zero": "z iy r ow",
    "one": "w ah n",
    "two": "- t uw",
    "three": "th r iy",
    "four": "f ao r",
    "five": "f aa iy v",
    "six": "s ih - k s",
    "seven": "s eh v ah n",
    "eight": "ey iy - t",
    "nine": "n aa iy n",
}
# Voice: pitch in Hz, formant scale, rate, breath.
VOICES = {
    "anna": (205.0, 1.15, 1.05, 0.03),
    "boris": (95.0, 0.92, 0.9, 0.01),
    "carl": (120.0, 1.0, 1.15, 0.02),
    "dora": (180.0, 1.08, 0.85, 0.05),
    "emil": (140.0, 0.96, 1.0, 0.04),
    "fay": (230.0, 1.2, 1.2, 0.02),
}


@functools.lru_cache(maxsize=1)
def load_speech() -> AudioData:
    """Return the synthetic recordings, the same each time.

    Returns:
        `AudioData` at 8 kHz, 900 train, 120 valid and 180 test, labelled by
        word and by voice.
    """
    found = {"train": [], "valid": [], "test": []}
    for take in range(TAKES):
        split = "train"
        if take < VALID_TAKES:
            split = "test" if take < TEST_TAKES else "valid"
        for label, word in enumerate(WORDS):
            for number, voice in enumerate(VOICES):
                random = np.random.default_rng([take, label, number])
                wave = speak(word, voice, random)
                found[split].append((wave, label, number))
    splits = {f"x_{k}": join_waves(*zip(*rows)) for k, rows in found.items()}
    return AudioData(
        "speech",
        RATE,
        class_names=tuple(WORDS),
        speaker_names=tuple(VOICES),
        notes={"source": "synthetic: a formant synthesiser, no real speech"},
        **splits,
    )


def speak(word: str, voice: str, random) -> np.ndarray:
    """Return one take of a word.

    Args:
        word: Str, a key of `WORDS`.
        voice: Str, a key of `VOICES`.
        random: `numpy.random.Generator`, of what differs between takes.

    Returns:
        `float32 (samples,)` at 8 kHz, peak between 0.2 and 0.9.
    """
    pitch, scale, rate, breath = VOICES[voice]
    sounds = [_SOUNDS[name] for name in WORDS[word].split()]
    rate = rate * np.exp(random.normal(0, 0.12))
    tracks = _tracks(sounds, scale, rate, random)
    samples = len(tracks) * _HOP
    # The pitch falls over a word, from another height each time.
    fall = np.linspace(1.08, 0.9, samples) * np.exp(random.normal(0, 0.06))
    wave = _voiced(tracks, pitch * fall) + _noise(tracks, breath, random)
    wave += random.normal(0, 1e-3, samples)
    peak = random.uniform(0.2, 0.9)
    return (wave * (peak / np.max(np.abs(wave)))).astype(np.float32)


def _tracks(sounds, scale, rate, random):
    """Return `(frames, 6)`: formants, voiced, noise, centre of noise."""
    centres, targets, end = [], [], 0.0
    for milliseconds, formants, voiced, noise, centre in sounds:
        length = milliseconds / rate * np.exp(random.normal(0, 0.15))
        moved = np.array(formants) * scale * np.exp(random.normal(0, 0.04, 3))
        # The middle half of a sound is steady.
        centres += [end + 0.25 * length, end + 0.75 * length]
        targets += [(*moved, voiced, noise, centre * scale**0.5)] * 2
        end += length
    times = np.arange(int(end / 10) + 1) * 10.0
    targets = np.array(targets)
    found = [np.interp(times, centres, column) for column in targets.T]
    tracks = np.stack(found, axis=1)
    edge = np.minimum(times + 5, times[::-1] + 5) / 30  # fades of 30 ms
    tracks[:, 3:5] *= np.clip(edge, 0, 1)[:, None]
    return tracks


def _between(track, samples):
    """Return `(samples, ...)`, straight lines between the tracks' values."""
    place = np.arange(samples) / _HOP
    low = np.minimum(place.astype(int), len(track) - 1)
    high = np.minimum(low + 1, len(track) - 1)
    share = (place - low).astype(np.float32)[:, None]
    return track[low] * (1 - share) + track[high] * share


def _voiced(tracks, pitch):
    """Return harmonics of `pitch`, below half the rate, through formants."""
    samples = len(pitch)
    count = int(0.5 * RATE / pitch.max())
    numbers = np.arange(1, count + 1)
    frequency = pitch[:: _HOP, None] * numbers  # (frames, harmonics)
    gain = 1 / numbers  # of a vocal fold: 6 dB an octave after the lips
    for i, width in enumerate(_BANDWIDTHS):
        formant = tracks[:, i, None]
        gain = gain * _resonance(frequency, formant, width)
    gain = gain * tracks[:, 3, None]
    gain = _between(gain.astype(np.float32), samples)
    turn = np.exp(2j * np.pi * np.cumsum(pitch) / RATE).astype(np.complex64)
    wave, power = np.zeros(samples, np.float32), np.ones_like(turn)
    for column in gain.T:
        power = power * turn
        wave += column * power.imag
    return wave


def _resonance(frequency, centre, width):
    """Return the gain of a second-order resonance, 1 at 0 Hz."""
    ratio = frequency / centre
    return 1 / np.sqrt((1 - ratio**2) ** 2 + (width * ratio / centre) ** 2)


def _noise(tracks, breath, random):
    """Return noise through one broad resonance, by overlapping spectra."""
    frames, size = len(tracks), 2 * _HOP
    white = random.normal(0, 1, (frames + 1, size))
    spectrum = np.fft.rfft(white * np.hanning(size), axis=1)
    frequency = np.fft.rfftfreq(size, 1 / RATE)
    centre = np.append(tracks[:, 5], tracks[-1, 5])[:, None]
    loud = np.append(tracks[:, 4] + breath * tracks[:, 3], 0)[:, None]
    shape = 1 / (1 + ((frequency - centre) / _NOISE_WIDTH) ** 2)
    pieces = np.fft.irfft(spectrum * shape * loud, size, axis=1)
    return (pieces[:-1, _HOP:] + pieces[1:, :_HOP]).reshape(-1)
