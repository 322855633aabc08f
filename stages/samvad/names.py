"""Names across scripts: where a translation has them, and how they are written in Latin letters.

A name of one of Brahmi's scripts (samvad.brahmi) is known by its sounds, its vowels too: without them "आशा" is "is" and
"मोहन" is "money". In Latin letters a sound may be spelt in each way that is usual in India; in another of Brahmi's
scripts the sounds themselves are compared. Of other scripts (Arabic, Ol Chiki, Meetei Mayek) nothing is said.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from pathlib import Path

from samvad.brahmi import OPEN, SCHWA, SILENT, Sound, in_devanagari, is_dot, script_of, spoken
from samvad.textfile import read_text
from samvad.wholewords import stands

#: How a sound is spelt in Latin letters that `_plain` has made simpler, where its own letters are not all.
_SPELT = {
    "k": "(?:k|(?<=.)c)",
    "q": "k",
    "kh": "kh?",
    "gh": "gh?",
    "ngh": "ng?h",
    "chh": "ch",
    "j": "[jz]",
    "jh": "[jz]",
    "th": "t",
    "dh": "d",
    "ph": "[fp]",
    "f": "[fp]",
    "bh": "b",
    "y": "(?:i?y|i|(?<=i))",
    "rh": "[rd]",
    "l": "(?:lh?|zh)",
    "v": "(?:v|w(?=[aeiouy]))",
    "sh": "sh?",
    "z": "[zjs]",
    "gy": "(?:gy|gn|jn)",
    "ksh": "ksh?",
    SCHWA: "(?:[au]|e(?=r)|o(?=n))",  # Peter, Anthony
    SILENT: "[auo]?",
    "i": "(?:i|y|ie|ea?(?!$))",
    "ri": "r[iue]",
    "u": "(?:u|ou)",
    "e": "(?:e|ei|ey|ay|ai|ae|a(?=[^aeiou][aeiou])|^a)",
    "ai": "(?:ai|ay|ei|ey|e|a)",
    "o": "(?:o|ou|ow)",
    "au": "(?:au|ou|ow|aw|o)",
    OPEN: "(?:o|a|au|aw)",
}
#: What one script writes alike and Latin letters tell apart: Tamil has one letter for k and g.
_SPELT_FROM = {
    "Taml": {"k": "[kgh]", "ch": "(?:ch|sh?|j|z)", "t": "[td]", "p": "[pbf]"},
    "Beng": {"b": "[bvw]", "bh": "[bv]", "y": "(?:i?y|i|j)", "s": "sh?", SCHWA: "[auo]"},
    "Orya": {"b": "[bvw]"},
}
#: How `_plain` makes a Latin spelling simpler, in this order: one letter for a long vowel, none for most breaths.
_SIMPLER = [
    (re.compile(pattern), to)
    for pattern, to in (
        ("oo", "u"),
        ("ee", "i"),
        ("x", "ks"),
        ("ph", "f"),
        ("ck|q", "k"),
        ("(?<=[tdbj])h", ""),
        (r"(.)\1+", r"\1"),
        (r"(?<=[ae])o$", "v"),  # Rao, Deo
        ("(?<=[aeiou])h(?![aeiouy])", ""),  # John, Shah
    )
]

#: Consonants that Brahmi's scripts do not keep apart in names, as one of them; and those that Tamil does not.
_ALIKE = {"q": "k", "z": "j", "f": "p", "v": "b"}
_ALIKE_IN_TAMIL = {**_ALIKE, "g": "k", "h": "k", "d": "t", "b": "p", "v": "p", "c": "s", "j": "s", "z": "s"}
_PARTS = {"ksh": ["k", "sh"], "tr": ["t", "r"], "gy": ["g", "y"], "ngh": ["n"]}
#: A vowel → those that another script has in its place; what Tamil writes to part consonants, and an ending for it.
_NEAR = {"e": ["ai"], "ai": ["e"], "o": ["au"], "au": ["o"], "": [SILENT], SCHWA: [SILENT], SILENT: ["", SCHWA]}
_NEAR[OPEN] = ["o", "a", "au", SCHWA]
_PARTING = ["i", "u", SCHWA]
_ENDING = ["", SCHWA, SILENT, "e", "ai"]

_WORD = re.compile(r"[^\s.,;:!?।॥\"“”‘()\[\]…♪–—-]+")
_TAIL = re.compile("['’].*$")
_BETWEEN = re.compile(r"['’\w]*[\s-]+")

#: From where to where in a text.
Place = tuple[int, int]


def read(path: Path) -> list[str]:
    """The names of a names.txt, one on a line; # begins a remark. Raises: Problem where it is no text."""
    lines = read_text(path).splitlines()
    found = (unicodedata.normalize("NFC", line.partition("#")[0]).split() for line in lines)
    return [" ".join(words) for words in found if words]


def romanised(name: str) -> str:
    """A name of one of Brahmi's scripts in Latin letters, as India writes them: no accents, no silent schwa.

    >>> [romanised(name) for name in ("मोहन", "सूर्या", "आशा", "लक्ष्मी", "ज़ीनत", "रामकुमार सिंह", "சூர்யா")]
    ['Mohan', 'Surya', 'Asha', 'Lakshmi', 'Zinat', 'Ramkumar Singh', 'Churya']
    """
    return " ".join(_written(spoken(word)).capitalize() for word in name.split())


def _written(sounds: Sequence[Sound]) -> str:
    text = "".join(consonant + {SCHWA: "a", SILENT: "", OPEN: "o"}.get(vowel, vowel) for consonant, vowel in sounds)
    return re.sub(r"n(?=[bp])", "m", text.replace("nh", "ngh") if text.endswith("inh") else text)


def places(name: str, text: str) -> list[Place]:
    """Where a name stands in a text: each place of the word that sounds like it, of several the most alike.

    In Latin letters a name begins with a capital, and what follows an apostrophe is not of it; elsewhere a word may
    go on after the name's last consonant (Tamil's cases), and the place ends there.

    >>> [heard_in("मोहन", text) for text in ("So Mohun's brother, Mohan, came.", "How Many men?")]
    ['Mohan', None]
    >>> heard_in("सूर्या", "The Sun rises."), heard_in("राव", "Mr. Rao"), heard_in("राधा", "ராதாவை அழை")
    (None, 'Rao', 'ராத')
    """
    wanted = [_ear(word) for word in name.split()]
    words = list(_WORD.finditer(text))
    found: list[tuple[float, Place]] = []
    for at in range(len(words) - len(wanted) + 1):
        row = words[at : at + len(wanted)]
        ends = [word.start() + ear(word[0]) for ear, word in zip(wanted, row, strict=True)]
        heard = all(end > word.start() for end, word in zip(ends, row, strict=True))
        if heard and all(_BETWEEN.fullmatch(text, end, word.start()) for end, word in zip(ends, row[1:], strict=False)):
            place = row[0].start(), ends[-1]
            found.append((_likeness(name, text[place[0] : row[-1].end()]), place))
    if not found:
        return []
    best = _at(text, max(found, key=lambda one: one[0])[1])
    return [place for _, place in found if _at(text, place).casefold() == best.casefold()]


def heard_in(name: str, text: str) -> str | None:
    """The first of a name's places in a text, as it is spelt there."""
    return next((_at(text, place) for place in places(name, text)), None)


def unified(name: str, sources: Sequence[str], texts: Sequence[str]) -> list[str]:
    """The texts, in which a name is written as in most of them.

    `sources` are what the texts translate: only where the name is spoken is it looked for. What stands as often where
    nobody says the name is a word of its own, and stays.

    >>> unified("मोहन", ["मोहन!", "मोहन आया", "मोहन गया", "वह"], ["Mohan!", "MOHUN came", "Mohan went", "He"])
    ['Mohan!', 'MOHAN came', 'Mohan went', 'He']
    """
    spoken_in = [any(stands(name, source)) for source in sources]
    silent = [text for said, text in zip(spoken_in, texts, strict=True) if not said]
    written = {number: places(name, texts[number]) for number, said in enumerate(spoken_in) if said}
    forms = Counter(_as_a_name(_at(texts[number], place)) for number, found in written.items() for place in found)
    own = {form: count for form, count in forms.items() if count > sum(_has(form, text) for text in silent)}
    if not own:
        return list(texts)
    usual = max(own, key=lambda form: (own[form], _likeness(name, form)))
    made = list(texts)
    for number, found in written.items():
        for start, end in reversed(found):
            form = made[number][start:end]
            if _as_a_name(form) in own:
                instead = usual.upper() if form.isupper() else usual
                made[number] = made[number][:start] + instead + made[number][end:]
    return made


def _as_a_name(form: str) -> str:
    return form.title() if form.isupper() else form


def _has(form: str, text: str) -> bool:
    """Whether a text has a form of a name, in small letters, too, and before any ending."""
    if script_of(form):
        return any(word.startswith(form) for word in _WORD.findall(text))
    return any(stands(form, text))


def _at(text: str, place: Place) -> str:
    return text[place[0] : place[1]]


def _likeness(name: str, found: str) -> float:
    """How much like a name, from 0 to 1, a word is written that sounds like it."""
    if script_of(found):
        return SequenceMatcher(None, in_devanagari(name), in_devanagari(found)).ratio()
    return SequenceMatcher(None, romanised(name).casefold(), found.casefold()).ratio()


@functools.lru_cache(maxsize=4096)
def _ear(name: str) -> Callable[[str], int]:
    """How far a word that is met is this word of a name: 0 where it is not."""
    spelling = _spelling(name)

    def heard(word: str) -> int:
        if script_of(word):
            return _carried(name, word)
        bare = _TAIL.sub("", word)
        return len(bare) if bare[:1].isupper() and spelling.fullmatch(_plain(bare)) else 0

    return heard


# --- in Latin letters -------------------------------------------------------------------------------------------


def _plain(word: str) -> str:
    """A Latin spelling made simpler.

    >>> [_plain(word) for word in ("Sooriya", "Meera", "Jyothi", "Rām", "Rao", "John", "Rocky")]
    ['suriya', 'mira', 'jyoti', 'ram', 'rav', 'jon', 'roky']
    """
    text = "".join(sign for sign in unicodedata.normalize("NFKD", word.casefold()) if sign.isalpha())
    for pattern, to in _SIMPLER:
        text = pattern.sub(to, text)
    return text


def _spelling(name: str) -> re.Pattern[str]:
    """What spells a word of a name in Latin letters, after `_plain`."""
    spelt = _SPELT | _SPELT_FROM.get(script_of(name), {})
    sounds = spoken(name)
    pattern = ""
    for place, (consonant, vowel) in enumerate(sounds):
        last = place == len(sounds) - 1
        if not vowel and not last and sounds[place + 1].consonant == consonant:
            continue  # doubled: `_plain` has it once
        if consonant == "n" and not vowel and not last:
            consonant = "[nm]"
        elif consonant == "h" and vowel in ("", SILENT):
            consonant, vowel = "", ""  # शाह, ब्रह्मा
        # Unwritten at the end, it may be spoken or not: Ram, Rama.
        pattern += spelt.get(consonant, consonant) + ("a?" if last and vowel == SCHWA else spelt.get(vowel, vowel))
    return re.compile(pattern)


# --- in another of Brahmi's scripts -----------------------------------------------------------------------------


def _joined(word: str, tamil: bool) -> list[Sound]:
    """The sounds of a word, of each consonant only what all these scripts keep apart, doubled ones once."""
    alike = _ALIKE_IN_TAMIL if tamil else _ALIKE
    made: list[Sound] = []
    for consonant, vowel in spoken(word):
        *before, consonant = _PARTS.get(consonant, [consonant])
        if vowel == "ri":
            before, consonant, vowel = [*before, consonant], "r", ""
        if not consonant and vowel in ("i", "u") and made and made[-1].vowel in ("a", SCHWA):
            made[-1] = Sound(made[-1].consonant, f"a{vowel}")
            continue
        for part, after in [*((part, "") for part in before), (consonant, vowel)]:
            part = alike.get(part[:1], part[:1])
            if part in ("p", "b") and made and made[-1] == ("m", ""):
                made[-1] = Sound("n", "")
            if part and made and made[-1] == (part, ""):
                made.pop()
            made.append(Sound(part, after))
    return made


def _carried(name: str, word: str) -> int:
    """How far a word is a name in another script, the name's last vowel left out; 0 where it is not."""
    tamil = "Taml" in (script_of(name), script_of(word))
    wanted, found = _joined(name, tamil), _joined(word, tamil)
    if not wanted or len(found) < len(wanted):
        return 0
    for place, (one, other) in enumerate(zip(wanted, found, strict=False)):
        vowels = [one.vowel, *_NEAR.get(one.vowel, [])]
        if one.vowel == "" and tamil:
            vowels += _PARTING
        last = place == len(wanted) - 1
        if last and one.vowel == "a":
            vowels += _ENDING
        # Where the name has no vowel at its end, an ending begins with any.
        free = last and one.vowel in ("", SCHWA, SILENT)
        if one.consonant != other.consonant or not (free or other.vowel in vowels):
            return 0
    end = next(end for end in range(1, len(word) + 1) if len(_joined(word[:end], tamil)) >= len(wanted))
    return end + is_dot(word[end : end + 1])
