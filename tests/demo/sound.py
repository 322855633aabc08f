"""The sound of the demo film: speech at one level, music where nobody speaks, a faint room behind it all.

mix(board.duration, board.lines, board.music)  # samples, 24 kHz
"""

from collections.abc import Iterable

import numpy as np
from storyboard import Spoken
from voices import RATE, Samples

SPEECH_DB, MUSIC_DB, ROOM_DB = -20.0, -23.0, -62.0

# Raga Bhupali: five notes, in semitones above the tonic. Each is played for so many beats.
TONIC_HZ = 146.8
MELODY = [(12, 2), (9, 1), (7, 1), (4, 2), (7, 1), (9, 1), (12, 2), (14, 1), (16, 3), (14, 1), (12, 1), (9, 2), (7, 4)]
BEAT = 0.42


def at_level(samples: Samples, level_db: float) -> Samples:
    """Samples scaled to a level (root mean square, full scale is 0 dB), short of clipping."""
    gain = 10 ** (level_db / 20) / np.sqrt(np.mean(samples**2))
    return (samples * min(gain, 0.9 / np.abs(samples).max())).astype(np.float32)


def pluck(hertz: float, seconds: float, damping: float, noise: np.random.Generator) -> Samples:
    """A plucked string (Karplus and Strong, 1983): noise goes round a loop and grows dull."""
    period = round(RATE / hertz)
    turn = noise.uniform(-1, 1, period)
    turns = []
    for _ in range(int(seconds * hertz) + 1):
        turns.append(turn)
        turn = damping * 0.5 * (turn + np.roll(turn, 1))
    return np.concatenate(turns).astype(np.float32)


def music(seconds: float) -> Samples:
    """A melody over a drone, as long as is asked for, with a fade at both ends."""
    noise = np.random.default_rng(5)
    piece = np.zeros(int(seconds * RATE) + 8 * RATE, dtype=np.float32)

    def play(string: Samples, at: float, loudness: float) -> None:
        begin = int(at * RATE)
        piece[begin : begin + len(string)] += loudness * string

    for n, start in enumerate(np.arange(0, seconds, 2 * BEAT)):
        play(pluck(TONIC_HZ * (0.75, 1.0, 1.0, 0.5)[n % 4], 6.0, 0.997, noise), start, 0.35)
    now = 2 * BEAT
    for semitones, beats in MELODY:
        if now >= seconds:
            break
        play(pluck(TONIC_HZ * 2 ** (semitones / 12 + 1), 2.5, 0.996, noise), now, 1.0)
        now += beats * BEAT
    piece = at_level(piece[: int(seconds * RATE)], MUSIC_DB)
    ramp = np.minimum(np.arange(len(piece)), np.arange(len(piece))[::-1]) / (0.6 * RATE)
    return piece * np.minimum(ramp, 1).astype(np.float32)


def room(seconds: float) -> Samples:
    """The hush of a place, so that no pause is digital silence."""
    steps = np.random.default_rng(7).standard_normal(int(seconds * RATE))
    hush = np.convolve(steps, np.exp(-np.arange(60) / 12), mode="same")
    return at_level(hush.astype(np.float32), ROOM_DB)


def mix(seconds: float, lines: Iterable[Spoken], stretches: Iterable[tuple[float, float]] = ()) -> Samples:
    """One sound track.

    Args:
        seconds: how long it is.
        lines: what is spoken; each starts at its time, to the sample.
        stretches: start and end of each piece of music.
    """
    track = room(seconds)
    for start, end in stretches:
        piece = music(end - start)
        track[round(start * RATE) :][: len(piece)] += piece
    for line in lines:
        track[round(line.start * RATE) :][: len(line.samples)] += at_level(line.samples, SPEECH_DB)
    return track
