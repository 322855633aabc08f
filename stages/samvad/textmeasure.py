"""How long a text is on the screen, and what of it may be shown there.

The unit of every "characters" in samvad is the extended grapheme cluster of Unicode 15.1 or later
(UAX #29; a Devanagari conjunct counts once, as does a letter with its vowel signs), without
control characters: what Subtitle Edit counts, but for conjuncts, which older .NET splits.
"""

from __future__ import annotations

import functools
import unicodedata

import regex  # type: ignore[import-untyped]

_CLUSTER = regex.compile(r"\X")
_UNSEEN = regex.compile(r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+")

# Joiners shape Indic and Arabic letters and emoji, the Arabic number signs are visible. All other
# format characters (bidi overrides, soft hyphens, tags), half surrogates, private characters and
# what decoders leave for broken bytes have no business in a subtitle.
_DROPPED = regex.compile(
    r"(?V1)[[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\uFFFD]"
    r"--[\u200C\u200D\p{Prepended_Concatenation_Mark}]]"
)
_NOTHING_TO_JOIN = regex.compile(r"(?<!\S)[\u200C\u200D]+")
_DOTS = regex.compile(r"\.{3,}")

_LINE_BREAK = regex.compile(r"<br\s*/?>|\\[Nnh]", regex.IGNORECASE)
_TAG = regex.compile(r"</?[A-Za-z][^<>]*>|\{\\[^{}]*\}")
#: Characters that begin markup in one subtitle format or another, and what stands for them.
_HARMLESS = str.maketrans({"<": "‹", ">": "›", "{": "(", "}": ")", "\\": "/"})


@functools.lru_cache(maxsize=65536)
def graphemes(text: str) -> int:
    """The characters of `text` as a viewer counts them.

    >>> graphemes("मानो या न मानो"), graphemes("क्षत्रिय"), graphemes("ज़िंदगी")
    (9, 3, 3)
    >>> graphemes("வணக்கம்"), graphemes("میں ٹھیک ہوں")
    (5, 12)
    >>> graphemes("👩‍👩‍👧‍👦🇮🇳"), graphemes("a\\u202eb\\x07")
    (2, 2)
    """
    return sum(1 for cluster in _CLUSTER.findall(text) if not _UNSEEN.fullmatch(cluster))


def pieces(text: str, most: int) -> list[str]:
    """`text` cut between characters into pieces of at most `most` of them.

    >>> pieces("हाहाहाहाहा", 2)
    ['हाहा', 'हाहा', 'हा']
    """
    clusters = _CLUSTER.findall(text)
    return ["".join(clusters[at : at + most]) for at in range(0, len(clusters), most)]


def clean(text: str) -> str:
    """`text` as it may be shown: NFC, single spaces, no control or bidi characters, "…" for dots.

    Doing it twice changes nothing more.

    >>> clean("  Wait...\\tश्री\\u200bमान \\u202eno\\x00 ")
    'Wait… श्रीमान no'
    >>> clean("\\u0915\\u094d\\u200d\\u0937") == "\\u0915\\u094d\\u200d\\u0937"  # the joiner shapes
    True
    >>> clean("میں\\u200f ٹھیک ہوں\\u061c"), clean("நான்\\u2028வந்தேன்"), clean("👩‍👧 ok")
    ('میں ٹھیک ہوں', 'நான் வந்தேன்', '👩‍👧 ok')
    """
    text = _DROPPED.sub("", " ".join(text.split()))
    text = _DOTS.sub("…", _NOTHING_TO_JOIN.sub("", text))
    return " ".join(unicodedata.normalize("NFC", text).split())


def plain(text: str) -> str:
    """`text` cleaned and without anything that a subtitle format or a player takes for markup.

    Recognised, translated and found text is not trusted: an SRT is carried into Matroska as it is,
    players obey `{\\an8}` in it, and web players have put `<script>` into their page. Complete
    tags go; a bracket that is left is text and is shown as its nearest harmless neighbour.

    >>> plain("<i>Hi</i> {\\\\an8}there<br>you <script>alert(1)</script>")
    'Hi there you alert(1)'
    >>> plain("1 < 2 --> {x}"), plain("रुको<<b>b>")
    ('1 ‹ 2 --› (x)', 'रुको‹b›')
    """
    return clean(_TAG.sub("", _LINE_BREAK.sub(" ", clean(text))).translate(_HARMLESS))
