"""What is said, of what stands in subtitles: without sounds, speakers' names, notes and adverts.

The rules are few, and what they take away is told to the log (`Dropped`), since each of them may err:

* A cue with a web address, or that begins with "Subtitles by" or the like, is an advert: all of it goes.
* A line that begins with a dash, with ››, or with a speaker's name is the turn of another speaker.
* What stands in square brackets is a sound or a remark. In round ones it is if it fills its lines or begins a turn:
  elsewhere people speak in brackets, too.
* Before a colon stands a speaker's name if it is in capitals, or if the same (two words at the most) does so in
  three cues.
* Notes (♪) go, and say that their turn is sung.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Literal, NamedTuple

from samvad.corrections import NOTES
from samvad.documents import Cue
from samvad.textmeasure import clean

#: Cues in which a name stands before a colon, from which on it is a speaker's.
OFTEN = 3
#: Words that a speaker's name has at the most: in capitals, and by its being there often.
NAME_WORDS, OFTEN_WORDS = 3, 2

ADVERT = re.compile(
    r"https?://|\bwww\.|\b[\w-]{3,}\.(?:com|net|org)\b|\bopensubtitles\b"
    r"|^\W*(?:sub(?:title)?s?|subtitled|caption(?:s|ed|ing)?|translat(?:ion|ed)|(?:re)?sync(?:ed|hroni[sz]ed)?|ripped"
    r"|encoded)\b[\w\s,&+]{0,40}\bby\b"
    r"|^\W*(?:उपशीर्षक|सबटाइटल्?स?|अनुवादक?)\s*(?:[:–—-]|\S.*द्वारा)",
    re.IGNORECASE,
)
# "-5" is a number; plain() has made the › of >.
DASH = re.compile(r"\s*(?:[-‐‑–—−]+\s*(?!\d)|[›»]{2}\s*)")
#: A dash within a line, after a sentence's end.
INNER_DASH = re.compile(r"(?<=[.?!।॥؟۔…])\s+[-‐‑–—−]\s*(?=\S)")
SQUARE = re.compile(r"\[[^\[\]]*\]")
ROUND = re.compile(r"\A\s*\([^()]*\)|^\s*\([^()]*\)\s*$", re.MULTILINE)
LABEL = re.compile(r"\s*([^\W_](?:[^\n:,;?!।(\[]{0,28}[^\s:,;?!।(\[])?)\s*:(?=\s|$)")
#: Words that are typed with a colon for a visarga: "छ: बजे" is six o'clock.
VISARGA = frozenset(
    ["छ", "अत", "प्राय", "पुन", "स्वत", "अंतत", "अन्तत", "क्रमश", "मूलत", "वस्तुत", "विशेषत", "संभवत", "सम्भवत", "शनै"]
)

Why = Literal["advert", "sound", "speaker"]


class Turn(NamedTuple):
    """What one speaker says in one cue; times in seconds."""

    start: float
    end: float
    text: str
    sung: bool = False


class Dropped(NamedTuple):
    """What stands in a cue and is not said."""

    why: Why
    start: float
    end: float
    text: str


def said(cues: Sequence[Cue]) -> tuple[list[Turn], list[Dropped]]:
    """The turns of all cues, in order, and what was left out. The turns of a cue share its time by their letters.

    >>> turns, dropped = said([Cue(1, 0, 3, ["- MOHAN: Where are", "you going?", "- (laughs) Home."])])
    >>> [(turn.text, turn.start, round(turn.end, 1)) for turn in turns], [one.text for one in dropped]
    ([('Where are you going?', 0, 2.4), ('Home.', 2.4, 3)], ['MOHAN:', '(laughs)'])
    >>> said([Cue(1, 0, 2, ["♪ ला ला", "ला ♪"])])[0], said([Cue(1, 0, 2, ["♪ [drums] ♪"])])[0]
    ([Turn(start=0, end=2, text='ला ला ला', sung=True)], [])
    """
    names = speakers(cues)
    turns: list[Turn] = []
    dropped: list[Dropped] = []
    for cue in cues:
        if any(map(ADVERT.search, cue.lines)) or ADVERT.search(cue.text):
            dropped.append(Dropped("advert", cue.start, cue.end, cue.text))
            continue
        found = []
        for part in parts(cue.lines, names):
            left_out: list[tuple[Why, str]] = []
            sung = part != part.translate(NOTES)
            text = clean(_bare(part.translate(NOTES), names, left_out))
            dropped += [Dropped(why, cue.start, cue.end, clean(what)) for why, what in left_out]
            if any(map(str.isalnum, text)):
                found.append((text, sung))
        turns += _shared(cue, found)
    return turns, dropped


def parts(lines: Sequence[str], names: Collection[str]) -> list[str]:
    """The text of each speaker's turn, lines by line breaks, without its dash.

    >>> parts(["- Who? - Me.", "- Oh, I", "see."], ()), parts(["-5 degrees", "today."], ())
    (['Who?', 'Me.', 'Oh, I\\nsee.'], ['-5 degrees\\ntoday.'])
    """
    found: list[str] = []
    for line in lines:
        dash = DASH.match(line)
        if dash:
            found += INNER_DASH.split(line[dash.end() :])
        elif found and not label(line, names):
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


def _bare(part: str, names: Collection[str], left_out: list[tuple[Why, str]]) -> str:
    """A turn without sounds and its speaker's name, which are added to `left_out`."""

    def sound(match: re.Match[str]) -> str:
        left_out.append(("sound", match[0]))
        return " "

    part = ROUND.sub(sound, SQUARE.sub(sound, part))
    if name := label(part, names):
        left_out.append(("speaker", name))
        part = ROUND.sub(sound, part[part.index(":") + 1 :])
    return part


def _shared(cue: Cue, found: Sequence[tuple[str, bool]]) -> Iterator[Turn]:
    total = sum(len(text) for text, _ in found)
    start, done = cue.start, 0
    for text, sung in found:
        done += len(text)
        end = cue.end if done == total else cue.start + (cue.end - cue.start) * done / total
        yield Turn(start, end, text, sung)
        start = end


# --- speakers' names ------------------------------------------------------------------------------------


def label(text: str, names: Collection[str]) -> str:
    """The speaker's name that a text begins with, and its colon; "" where there is none.

    >>> label("DR. SEN: Yes.", ()), label("Listen: no.", ()), label("मोहन: हाँ", {"मोहन"}), label("At 10:30", ())
    ('DR. SEN:', '', 'मोहन:', '')
    """
    match = LABEL.match(text)
    if not match:
        return ""
    name = match[1]
    capital = len(name) > 1 and name == name.upper() != name.lower() and len(name.split()) <= NAME_WORDS
    return f"{name}:" if capital or name in names else ""


def speakers(cues: Sequence[Cue]) -> set[str]:
    """What stands before a colon so often that it is a speaker's name."""
    seen: Counter[str] = Counter()
    for cue in cues:
        lines = (DASH.sub("", line, count=1) for line in cue.lines)
        seen.update({match[1] for match in map(LABEL.match, lines) if match})
    return {
        name
        for name, count in seen.items()
        if count >= OFTEN and len(name.split()) <= OFTEN_WORDS and name not in VISARGA
    }
