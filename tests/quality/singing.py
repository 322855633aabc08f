"""Singing from speech: the words of a voice, on a melody.

In:  speech (24 kHz), the voice's tonic. Out: the same words sung, about twice as long.

    from singing import sing
    samples = sing(synthesise("चाँद निकला है।", "jm_kumo"), 146.8, melody)

A vocoder after WORLD's idea (Morise et al., 2016): every 5 ms of speech is a spectral envelope and how much of it
is voice. Voice is made anew as harmonics of the melody under that envelope, breath as noise under it.
Vowels are held, consonants keep their pace; notes glide into each other and, where held, tremble.
It is no singer: no breath is drawn, no vowel is sung differently from how it is spoken.
"""

from collections.abc import Iterator
from itertools import cycle

import numpy as np
from numpy.typing import NDArray
from voices import RATE, Samples

#: Samples from frame to frame (5 ms), and of the frame that is looked at (43 ms).
HOP, FRAME = RATE // 200, 1024
#: Quefrency, in samples, above which a cepstrum tells the pitch and not the envelope: 2.5 ms.
SMOOTH = RATE // 400
#: Hertz between which a voice is looked for; how alike two periods of it are.
LOWEST, HIGHEST, ALIKE = 70.0, 400.0, 0.45
#: By how much a voiced frame is stretched, and seconds of the shortest beat.
HELD, BEAT = 2.2, 0.42
#: Vibrato: hertz, semitones, seconds into a note after which it begins.
VIBRATO, DEPTH, STEADY = 5.5, 0.35, 0.25
#: Seconds that a glide takes.
GLIDE = 0.06

#: In semitones above the tonic, and beats: raga Bhupali, as the music behind it (tests/demo/sound.py).
MELODY = ((0, 1), (2, 1), (4, 2), (7, 1), (4, 1), (2, 2), (9, 2), (7, 1), (4, 1), (7, 2), (2, 1), (0, 3))

Floats = NDArray[np.float64]


def sing(speech: Samples, tonic: float, notes: Iterator[tuple[int, int]] | None = None) -> Samples:
    """The words of `speech` on a melody above `tonic` (hertz); `notes` go on where the last line stopped."""
    envelopes, voiced = analysed(speech)
    # Where in the speech each frame of the song is: a voiced one takes longer to pass.
    pace = np.where(np.convolve(voiced, np.ones(5) / 5, "same") > 0.5, HELD, 1.0)
    places = np.interp(np.arange(0, pace.sum()), np.cumsum(pace), np.arange(len(pace)))
    count = len(places)
    pitch = melody(count, tonic, notes or cycle(MELODY))
    return _made(_between(envelopes, places), np.interp(places, np.arange(len(voiced)), voiced), pitch)


def analysed(speech: Samples) -> tuple[Floats, Floats]:
    """Log envelopes, shape (frames, bins), and 1 for frames that are voice, 0 for others."""
    padded = np.pad(speech.astype(float), FRAME // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP] * np.hanning(FRAME)
    spectra = np.abs(np.fft.rfft(frames)) + 1e-6
    cepstra = np.fft.irfft(np.log(spectra))
    cepstra[:, SMOOTH : FRAME - SMOOTH] = 0
    envelopes = np.fft.rfft(cepstra).real
    alike = np.fft.irfft(np.abs(np.fft.rfft(frames, 2 * FRAME)) ** 2)
    lags = slice(int(RATE / HIGHEST), int(RATE / LOWEST))
    strength = alike[:, lags].max(axis=1) / (alike[:, 0] + 1e-9)
    loud = alike[:, 0] > 1e-3 * alike[:, 0].max()
    return envelopes, (loud & (strength > ALIKE)).astype(float)


def melody(count: int, tonic: float, notes: Iterator[tuple[int, int]]) -> Floats:
    """The pitch in hertz of so many frames."""
    semitones: list[Floats] = []
    while sum(map(len, semitones)) < count:
        height, beats = next(notes)
        moments = np.arange(round(beats * BEAT * RATE / HOP)) * HOP / RATE
        trembling = DEPTH * np.sin(2 * np.pi * VIBRATO * moments) * np.clip((moments - STEADY) / 0.2, 0, 1)
        semitones.append(height + trembling)
    line = np.concatenate(semitones)[:count]
    width = round(GLIDE * RATE / HOP)
    smooth = np.convolve(np.pad(line, width, "edge"), np.ones(width) / width, "same")[width:-width]
    return np.asarray(tonic * 2 ** (smooth / 12))


def _between(envelopes: Floats, places: Floats) -> Floats:
    """Envelopes at places between the frames."""
    low = np.minimum(places.astype(int), len(envelopes) - 2)
    share = (places - low)[:, None]
    return (1 - share) * envelopes[low] + share * envelopes[low + 1]


def _made(envelopes: Floats, voiced: Floats, pitch: Floats) -> Samples:
    """Sound of envelopes: harmonics of `pitch` where it is voiced, noise elsewhere."""
    frames, bins = envelopes.shape
    moments = np.arange(frames * HOP) / HOP
    phase = 2 * np.pi * np.cumsum(np.interp(moments, np.arange(frames), pitch)) / RATE
    voice = np.zeros(len(moments))
    for number in range(1, int(0.45 * RATE / pitch.min())):
        place = number * pitch * (bins - 1) * 2 / RATE
        low = np.minimum(place.astype(int), bins - 2)
        heights = envelopes[np.arange(frames), low]
        heights += (place - low) * (envelopes[np.arange(frames), low + 1] - heights)
        strength = np.exp(heights) * voiced * (place < 0.9 * bins)
        voice += np.interp(moments, np.arange(frames), strength) * np.cos(number * phase)
    breath = _noise(envelopes + np.log(1.02 - voiced)[:, None], len(moments))
    # A harmonic fills one bin's width of hertz, noise all: the two are brought to one loudness.
    return (voice / np.sqrt(FRAME) + breath).astype(np.float32)


def _noise(envelopes: Floats, count: int) -> Floats:
    """Noise under envelopes, by overlapping frames."""
    random = np.random.default_rng(13)
    out = np.zeros(count + FRAME)
    window = np.hanning(FRAME)
    for number, envelope in enumerate(envelopes):
        spectrum = np.exp(envelope) * np.exp(2j * np.pi * random.random(len(envelope)))
        out[number * HOP :][:FRAME] += window * np.fft.irfft(spectrum, FRAME)
    return out[FRAME // 2 :][:count] * np.sqrt(HOP / FRAME)
