"""Which script a text is in, and how a Whisper is kept from writing another one.

A recogniser told that a film is in Tamil may write a chunk in Telugu or Urdu letters. `foreign_share` finds
that, `foreign_tokens` are what the chunk is decoded without the second time, `better` chooses. English words
are at home in every Indian language: Latin letters are foreign only where all of a chunk is in them that is
not spoken in English (samvad.recognition).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from samvad.engine import Heard

LATIN = "Latn"

#: Above this share of foreign letters a line is not in its language's script.
FOREIGN = 0.2

# The scripts of the 22 scheduled languages (and Latin), by ISO 15924 code, as ranges of code points.
_BLOCKS: dict[str, tuple[tuple[int, int], ...]] = {
    LATIN: ((0x41, 0x24F), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F), (0xA720, 0xA7FF), (0xFF21, 0xFF5A)),
    "Arab": ((0x600, 0x6FF), (0x750, 0x77F), (0x870, 0x8FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC)),
    "Deva": ((0x900, 0x97F), (0xA8E0, 0xA8FF), (0x1CD0, 0x1CFF)),
    "Beng": ((0x980, 0x9FF),),
    "Guru": ((0xA00, 0xA7F),),
    "Gujr": ((0xA80, 0xAFF),),
    "Orya": ((0xB00, 0xB7F),),
    "Taml": ((0xB80, 0xBFF),),
    "Telu": ((0xC00, 0xC7F),),
    "Knda": ((0xC80, 0xCFF),),
    "Mlym": ((0xD00, 0xD7F),),
    "Olck": ((0x1C50, 0x1C7F),),
    "Mtei": ((0xABC0, 0xABFF), (0xAAE0, 0xAAFF)),
}
#: Letters and marks of no script (Unicode's Common and Inherited): modifiers, combining accents, selectors.
_SHARED = ((0x2B0, 0x36F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F))


def script_share(text: str, script: str) -> float:
    """The share (0 to 1) of the text's letters that belong to a script, 0 where there are no letters.

    `script` is the ISO 15924 code of a script of India's scheduled languages, or Latn.

    >>> script_share("चाय 2 cup", "Deva")
    0.4

    Raises:
        KeyError: the script is none of these.
    """
    blocks = _BLOCKS[script]
    codes = [ord(character) for character in text if unicodedata.category(character).startswith("L")]
    return sum(_within(code, blocks) for code in codes) / max(len(codes), 1)


def foreign_share(text: str, home: Sequence[str]) -> float:
    """The share (0 to 1) of the text's letters that belong to none of the scripts, 0 where there are no letters.

    >>> foreign_share("नमस्ते OK டா", ("Deva", "Latn"))
    0.14285714285714285

    Raises:
        KeyError: a script is unknown.
    """
    letters = [letter for letter in text if unicodedata.category(letter).startswith("L")]
    return sum(_is_foreign(letter, home) for letter in letters) / max(len(letters), 1)


def token_bytes(vocabulary: Mapping[str, int]) -> dict[bytes, int]:
    """The bytes of each token, but special ones, of a byte-level BPE (`model.vocab` of tokenizer.json)."""
    to_byte = {letter: byte for byte, letter in _spelling().items()}
    return {
        bytes(to_byte[letter] for letter in token): number
        for token, number in vocabulary.items()
        if all(letter in to_byte for letter in token)
    }


def foreign_tokens(tokens: Mapping[bytes, int], home: Sequence[str]) -> list[int]:
    """The tokens with which Whisper would write other scripts than these, in order.

    Args:
        tokens: bytes of a token → its id.
        home: the scripts that may be written.

    A token is foreign if any whole character in it is a letter or mark of another script. Of pieces of
    characters: one that begins a character is foreign if no letter or mark of ours can come of it (E0 A6 is
    Bengali), or if the vocabulary has a longer beginning for each of ours (E0 may become any Indian letter, but
    Hindi's all begin with E0 A4 or E0 A5, which are tokens). One that only goes on with a character says nothing
    and stays. Signs that are no letters do not count.
    """
    found = []
    beginnings: dict[bytes, bool] = {}
    for token, number in tokens.items():
        begun = token.lstrip(bytes(range(0x80, 0xC0)))
        whole = begun.decode("utf-8", errors="ignore")
        piece = begun[len(whole.encode()) :]
        if piece not in beginnings:
            beginnings[piece] = _begins_foreign(piece, home, tokens)
        if beginnings[piece] or any(_is_foreign(character, home) for character in whole):
            found.append(number)
    return sorted(found)


def better(first: Sequence[Heard], second: Sequence[Heard], home: Sequence[str]) -> Sequence[Heard]:
    """Of two decodings of a chunk, the second without `foreign_tokens`, the one to keep.

    The second, if the first is in another script (`FOREIGN`), and the second is not, says something, and has
    no fault that the first does not have (a loop, or too unlikely: `engine.failed`). Else the first: a chunk
    that really is in another language is better left as it was heard than forced into letters at random.
    """
    from samvad.engine import failed

    def foreign(heard: Sequence[Heard]) -> float:
        return foreign_share(" ".join(part.text for part in heard), home)

    said = any(letter.isalpha() for part in second for letter in part.text)
    if foreign(first) <= FOREIGN or foreign(second) > FOREIGN or not said:
        return first
    return first if any(map(failed, second)) and not any(map(failed, first)) else second


def _within(code: int, blocks: Sequence[tuple[int, int]]) -> bool:
    return any(low <= code <= high for low, high in blocks)


def _is_foreign(character: str, home: Sequence[str]) -> bool:
    """Whether a character is a letter or mark of another script than these."""
    if unicodedata.category(character)[0] not in "LM":
        return False
    return not _within(ord(character), (*_SHARED, *(block for script in home for block in _BLOCKS[script])))


def _spelling() -> dict[int, str]:
    """Byte → the character that stands for it in a vocabulary (GPT-2, encoder.py: bytes_to_unicode)."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + number) for number, byte in enumerate(others)}


def _begins_foreign(begun: bytes, home: Sequence[str], tokens: Container[bytes]) -> bool:
    """Whether these first bytes of a character are of use for other scripts only."""
    possible = [each for each in _continued(begun) if unicodedata.category(each)[0] in "LM"]
    # The danda stands in Devanagari's block and belongs to most scripts of India.
    ours = [each for each in possible if not _is_foreign(each, home)] + [
        each for each in _continued(begun) if each in "।॥"
    ]
    return any(_is_foreign(each, home) for each in possible) and all(
        each.encode()[: len(begun) + 1] in tokens for each in ours
    )


def _continued(begun: bytes) -> Iterator[str]:
    """The characters whose UTF-8 begins with these bytes, none for bytes that begin none."""
    length = next((size for size, low in ((4, 0xF0), (3, 0xE0), (2, 0xC2)) if begun and begun[0] >= low), 0)
    missing = length - len(begun)
    if missing <= 0:
        return
    # Continuation bytes carry six bits each.
    value = begun[0] & (0x7F >> length)
    for byte in begun[1:]:
        value = value << 6 | byte & 0x3F
    for code in range(value << 6 * missing, min((value + 1) << 6 * missing, 0x110000)):
        if len(chr(code).encode("utf-8", errors="ignore")) == length:
            yield chr(code)
