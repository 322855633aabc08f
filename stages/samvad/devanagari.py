"""Words heard in Urdu script, written in Devanagari.

A small Whisper hears Hindi well but spells it in Urdu letters even when it is told that the language is Hindi.
`carry_over` respells its words: ["میں", "نے", "کہا۔"] comes back as ["मैंने", "", "कहा।"].

The idea is Shannon's noisy channel. For each heard word, the lexicon (the commonest Hindi words of `wordfreq`, and
the forms of its verbs) offers every word with a similar consonant skeleton; `hindustani.distance` says how badly
the heard letters fit each; a bigram model says how well each follows the word before; a Viterbi search takes the
cheapest path. Word borders are as uncertain as letters (سندرگاتی is सुंदर गाती, تم نے is तुमने), so the search
may also cut a word in two, join two, or move the border between them.

The bigram counts come from data/everyday_hi.txt, lines written for this purpose. They are few, so endings count as
well as words: after रही comes है or थी, after रहे हैं or थे, and that is the agreement Hindi grammar asks for.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from . import hindustani as h

EVERYDAY = Path(__file__).with_name("data") / "everyday_hi.txt"

_ARABIC = "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc"
_MARKS = "[" + "".join(chr(c) for c in range(0x900, 0xE00) if unicodedata.category(chr(c)) in ("Mn", "Mc")) + "]"
_PUNCTUATION = str.maketrans("۔؟،؛٪٫٬٭٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "।?,;%.,*01234567890123456789")
# A run of Urdu letters, with whatever joiners and marks of other scripts a small Whisper strews into it.
_RUN = re.compile(f"([{_ARABIC}](?:[{_ARABIC}\u200c\u200d\u0300-\u036f]|{_MARKS})*)")
_STOP = re.compile("[।?!.|]")


# The scripts of the 22 scheduled languages (and Latin), by ISO 15924 code, as Unicode blocks.
_BLOCKS: dict[str, tuple[tuple[int, int], ...]] = {
    "Latn": ((0x41, 0x24F), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F), (0xA720, 0xA7FF), (0xFF21, 0xFF5A)),
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


def script_share(text: str, script: str) -> float:
    """The share (0 to 1) of the text's letters that belong to a script, 0 where there are no letters.

    `script` is the ISO 15924 code of a script of India's scheduled languages, or Latn.

    >>> script_share("चाय 2 cup", "Deva")
    0.4

    Raises:
        KeyError: the script is none of these.
    """
    blocks = _BLOCKS[script]
    codes = [ord(c) for c in text if unicodedata.category(c).startswith("L")]
    return sum(any(low <= code <= high for low, high in blocks) for code in codes) / max(len(codes), 1)


# ---------------------------------------------------------------------------------------------------------- lexicon


_HALF_NASAL = re.compile("ङ्(?=[क-घ])|ञ्(?=[च-झ])|ण्(?=[ट-ढ])|न्(?=[त-ध])|म्(?=[प-भ])")


@cache
def lenient(word: str) -> str:
    """The word without what spelling varies in: nukta, chandrabindu, how a nasal is written.

    >>> lenient("पाँच"), lenient("ज़िन्दगी")
    ('पांच', 'जिंदगी')
    """
    plain = unicodedata.normalize("NFD", word).replace(h.NUKTA, "").replace("ँ", "ं")
    return _HALF_NASAL.sub("ं", plain)


class Lexicon(NamedTuple):
    """Words with their log-probability, kept by skeleton, and what follows what."""

    log_p: dict[str, float]
    tree: h.Node
    follows: dict[str, Counter[str]]
    class_follows: dict[str, Counter[str]]
    class_p: dict[str, float]
    own_class: frozenset[str]


LAMBDA = [0.25, 0.40, 0.35]


def _verb_forms(stem: str) -> Iterator[str]:
    """What a film says of a verb and a newspaper does not: मिलूँगी, पियोगे, बैठिए."""
    if stem[-1] in "ाोआओ":
        endings = "या ए ई ईं ऊँ ऊँगा ऊँगी एगा एगी एँ एँगे एँगी ओ ओगे ओगी इए इएगा"
    elif stem[-1] in "ी":
        stem, endings = stem[:-1], "िया िए ी िऊँ िऊँगा िऊँगी िएगा िएगी िएँ िएँगे ियो ियोगे ियोगी ीजिए"
    elif stem[-1] in "ेैूु":
        return
    else:
        endings = "ा े ी ीं ूँ ूँगा ूँगी ेगा ेगी ें ेंगे ेंगी ो ोगे ोगी िए िएगा"
    for ending in endings.split():
        yield stem + ending
    for ending in "ता ते ती तीं ने नी कर".split():
        yield stem + ending


_ENDINGS = frozenset("ूंगा ूंगी ऊंगा ऊंगी ेगा ेगी ेंगे एगा एगी एंगे ोगे ओगे ता ते ती ना ने नी कर ीं ें ों ूं ां ा े ी ो ू ई ए या".split())


@cache
def _class_of(word: str, own: frozenset[str]) -> str:
    if word in own:
        return word
    return next((word[-n:] for n in (4, 3, 2, 1) if word[-n:] in _ENDINGS), "-")


@cache
def lexicon() -> Lexicon:
    from wordfreq import get_frequency_dict

    frequency: dict[str, float] = {}
    for word, f in get_frequency_dict("hi").items():
        if re.fullmatch("[अ-औक-ह][\u0901-\u0903\u0905-\u0939\u093c\u093e-\u094d]*(?<!\u094d)", word) and not (
            len(word) == 1 and word not in "नवए"
        ):
            frequency[unicodedata.normalize("NFC", word)] = f
    for word in list(frequency):
        if word.endswith("ना") and len(word) > 3 and word[:-1] + "े" in frequency and word[:-2] + "ता" in frequency:
            for form in _verb_forms(word[:-2]):
                form = unicodedata.normalize("NFC", form)
                frequency.setdefault(form, RARE)

    lines = [
        [unicodedata.normalize("NFC", w) for w in re.findall("[\u0900-\u0963\u0970-\u097f]+", sentence)]
        for line in EVERYDAY.read_text("utf-8").splitlines()
        if not line.startswith("#")
        for sentence in re.split("[।?!]", line)
    ]
    everyday = Counter(w for line in lines for w in line)
    total = sum(everyday.values())
    for w in list(everyday):
        frequency.setdefault(w, RARE)

    # Spellings of one word share its probability; the commoner spelling, and ours above all, goes first.
    groups: dict[str, list[str]] = defaultdict(list)
    for w in frequency:
        groups[lenient(w)].append(w)
    log_p: dict[str, float] = {}
    for spellings in groups.values():
        ours = sum(everyday[w] for w in spellings)
        p = 0.6 * sum(frequency[w] for w in spellings) + 0.4 * ours / total
        top = max(frequency[w] for w in spellings)
        for w in spellings:
            log_p[w] = math.log(p) - 4 * (ours > 0 == everyday[w]) - (len(spellings) > 1 and bool(_HALF_NASAL.search(w)))
            if not everyday[w]:
                log_p[w] += 0.5 * math.log(frequency[w] / top)

    tree = h.Node()
    for w in sorted(log_p, key=log_p.__getitem__, reverse=True):
        tree.add(w, log_p[w])

    own = frozenset(lenient(w) for w, n in everyday.items() if n >= 8)
    follows: dict[str, Counter[str]] = defaultdict(Counter)
    class_follows: dict[str, Counter[str]] = defaultdict(Counter)
    class_p: dict[str, float] = defaultdict(float)
    for key in groups:
        class_p[_class_of(key, own)] += math.exp(max(log_p[w] for w in groups[key]))
    for line in lines:
        previous = ""
        for w in map(lenient, line):
            follows[previous][w] += 1
            class_follows[_class_of(previous, own)][_class_of(w, own)] += 1
            previous = w
    return Lexicon(log_p, tree, dict(follows), dict(class_follows), dict(class_p), own)


APART = 2.0  # nats against a postposition that stands apart from its pronoun, or first in a sentence
SENTENCE_START, UNKNOWN_START = "", ","
JOIN = 0.1
RARE = 4e-7
UNKNOWN = math.log(1e-9)


# Hindi writes a pronoun and its postposition as one word (तुमने), Urdu as two.
_PRONOUN = frozenset("मैं तू हम तुम आप उस इस किस जिस उन इन किन जिन मुझ तुझ उन्हों इन्हों जिन्हों".split())
_POSTPOSITION = frozenset("ने को से का की के में".split())

# Urdu spellings that follow no rule or would be taken for another word, and a slip that Whisper often makes.
_IRREGULAR = {
    "گاؤں": "गाँव", "پاؤں": "पाँव", "چھاؤں": "छाँव", "بالکل": "बिल्कुल", "کہ": "कि", "چھ": "छह", "چھے": "छह", "نہ": "न",
    "فوراً": "फ़ौरन", "اللہ": "अल्लाह", "خدا": "ख़ुदा", "یعنی": "यानी", "بلکہ": "बल्कि", "تاکہ": "ताकि",
    "کیونکہ": "क्योंकि", "حالانکہ": "हालाँकि", "چنانچہ": "चुनाँचे", "موقع": "मौक़ा", "شروع": "शुरू", "جمع": "जमा", "منع": "मना",
    "روپیہ": "रुपया", "روپے": "रुपये", "وہ": "वह", "یہ": "यह", "بچہ": "बच्चा", "تمہرا": "तुम्हारा", "تمہرے": "तुम्हारे", "تمہری": "तुम्हारी",
}  # fmt: skip
_IRREGULAR_LETTERS = {h.letters(heard): word for heard, word in _IRREGULAR.items()}


@cache
def _transition(previous: str, word: str) -> float:
    """-log P(word | previous): the word after this word, its class after this class, or by itself."""
    lex = lexicon()
    p_word = math.exp(lex.log_p.get(word, UNKNOWN))
    before, now = lenient(previous), lenient(word)
    p = LAMBDA[2] * p_word
    if seen := lex.follows.get(before):
        n = seen.total()
        p += LAMBDA[0] * seen[now] / (n + 2)
    class_before, class_now = _class_of(before, lex.own_class), _class_of(now, lex.own_class)
    if seen := lex.class_follows.get(class_before):
        p_class = lex.class_p.get(class_now, 1e-6)
        n = seen.total()
        p += LAMBDA[1] * (seen[class_now] + 5 * p_class) / (n + 5) * p_word / p_class
    wrong = word in _POSTPOSITION and (previous in _PRONOUN or previous == SENTENCE_START)
    return APART * wrong - math.log(max(p, 1e-12))


# ----------------------------------------------------------------------------------------------------------- search

LANGUAGE = 0.17  # what a nat of the language model weighs against one plain error of the ear
BEST = 8
MARGIN = 1.2  # how much dearer than the likeliest a reading may be and still be weighed in context
BORDER = 0.33  # a word border cut, joined or moved
RENDERED = 0.8  # what it costs to believe in a word that no lexicon holds
LIMITS = (0.4, 0.8, 1.4)  # what a fit may cost; a word that fits worse than the first makes us doubt its borders


class Reading(NamedTuple):
    word: str
    cost: float


@cache
def readings(heard: tuple[str, ...], doubtful: bool = True) -> tuple[Reading, ...]:
    """The words that the letters fit, likeliest first; unless `doubtful`, only those that fit well."""
    if not heard:
        return ()
    if word := _IRREGULAR_LETTERS.get(heard):
        return (Reading(word, 0.0),)
    tree = lexicon().tree
    found: list[h.Fit] = []
    for limit in LIMITS if doubtful else LIMITS[:1]:  # a wide search is slow, and pointless once a narrow one found
        if found := h.fits(heard, tree, limit, LANGUAGE, MARGIN):
            break
    likeliest: dict[str, Reading] = {}  # of several spellings of one word, the one that fits best
    for f in found:
        likeliest.setdefault(lenient(f.word), Reading(f.word, f.cost))
    return tuple(likeliest.values())[:BEST]


@cache
def beginnings(heard: tuple[str, ...]) -> dict[int, list[Reading]]:
    """The words that fit the first n letters well, by n."""
    found: dict[int, list[Reading]] = defaultdict(list)
    for f in h.fits(heard, lexicon().tree, LIMITS[0], LANGUAGE, MARGIN, prefixes=True):
        if len(found[f.length]) < 3:
            found[f.length].append(Reading(f.word, f.cost))
    return found


def _spellings(heard: tuple[str, ...]) -> list[Reading]:
    """Readings from the lexicon and, for what it does not hold, the letters one by one."""
    return [*readings(heard), Reading(h.render(heard), RENDERED)]


def _poor(heard: tuple[str, ...]) -> bool:
    return not readings(heard, False)


def _may_be_one(after: tuple[str, ...]) -> bool:
    """Whether Urdu may have cut off an ending here that Hindi writes with its word: تم نے, جاؤں گا, دیکھ کر."""
    return len(after) <= 2 or after == ("م", "ی", "ں")


def _spell(run: Sequence[tuple[str, ...]], before: str) -> list[str]:
    """The cheapest Devanagari for neighbouring heard words; one entry for each of them."""
    # best[i]: last word -> (cost, back pointer) after i heard words
    best: list[dict[str, tuple]] = [{} for _ in range(len(run) + 1)]
    best[0][before] = (0.0, None)

    def step(start: int, end: int, words: Sequence[Reading], entries: tuple[str, ...], extra: float) -> None:
        fit = sum(w.cost for w in words) + extra
        for previous, (cost, _) in best[start].items():
            p = previous
            total = cost + fit
            for w in words:
                total += LANGUAGE * _transition(p, w.word)
                p = w.word
            if p not in best[end] or total < best[end][p][0]:
                best[end][p] = (total, (start, previous, entries))

    for i, heard in enumerate(run):
        for r in _spellings(heard):
            step(i, i + 1, [r], (r.word,), 0.0)
        if _poor(heard):
            for cut, firsts in beginnings(heard).items():
                if 1 < cut < len(heard) - 1:
                    for a in firsts:
                        for b in readings(heard[cut:], False)[:3]:
                            step(i, i + 1, [a, b], (f"{a.word} {b.word}",), BORDER)
        if i + 1 < len(run):
            after = run[i + 1]
            both = heard + after
            poor = _poor(heard) or _poor(after)
            if poor or _may_be_one(after):
                for r in readings(both, poor)[:3]:
                    step(i, i + 2, [r], (r.word, ""), BORDER if poor else JOIN)
            if poor:
                for cut, firsts in beginnings(both).items():
                    if cut != len(heard):
                        for a in firsts:
                            for b in readings(both[cut:], False)[:3]:
                                step(i, i + 2, [a, b], (a.word, b.word), BORDER * 1.5)
        # prune
        if len(best[i + 1]) > 8:
            best[i + 1] = dict(sorted(best[i + 1].items(), key=lambda kv: kv[1][0])[:8])

    out: list[tuple[str, ...]] = []
    i, word = len(run), min(best[-1], key=lambda w: best[-1][w][0])
    while i:
        _, (start, previous, entries) = best[i][word]
        out.append(entries)
        i, word = start, previous
    return [w for entries in reversed(out) for w in entries]


def carry_over(words: Sequence[str]) -> list[str]:
    """Respell words in Arabic script in Devanagari; the others come back unchanged.

    As many come back as went in, so that each keeps its time. Where Urdu or the recogniser cut a Hindi word in two
    (تم نے: तुमने) the whole word stands in the first place and the second is empty; where two words were run
    together they stand in one place with a space between. Punctuation is carried too (۔ to ।), Urdu digits to 0-9.

    >>> carry_over(["تم", "نے", "phone", "کیا؟"])
    ['तुमने', '', 'phone', 'किया?']
    """
    pieces = [_RUN.split(word.translate(_PUNCTUATION)) for word in words]
    runs: list[tuple[str, list[tuple[int, int]]]] = []
    between: str | None = "."
    for i, parts in enumerate(pieces):
        for j, part in enumerate(parts):
            if j % 2 == 0:
                between = part if part.strip() else between
                continue
            if between is not None:
                runs.append((SENTENCE_START if _STOP.search(between) else UNKNOWN_START, []))
                between = None
            runs[-1][1].append((i, j))
    for before, places in runs:
        spelled = _spell([h.letters(pieces[i][j]) for i, j in places], before)
        for (i, j), text in zip(places, spelled, strict=True):
            pieces[i][j] = text
    return ["".join(parts) for parts in pieces]
