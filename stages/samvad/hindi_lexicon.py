"""The commonest Hindi words, and how likely one follows another.

Words and their frequencies come from `wordfreq`, with the forms of its verbs. The bigrams are counted in
data/everyday_hi.txt, lines written for this purpose. They are few, so endings count as well as words: after रही
comes है or थी, after रहे हैं or थे: the agreement that Hindi grammar asks for.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from samvad import hindustani
from samvad.hindustani import Node

EVERYDAY = Path(__file__).with_name("data") / "everyday_hi.txt"

BY_WORD, BY_CLASS, ALONE = 0.25, 0.4, 0.45  # weights of the bigram, the class bigram and the unigram

SENTENCE_START, UNKNOWN_START = "", ","
_RARE = 4e-7  # below the rarest word of wordfreq
_NEVER = 1e-9
_NAME = math.log(1e-3)  # the log-probability of a listed name: as of a common word
_OWN_CLASS = 8  # a word met so often in the everyday lines is a class of its own

_HINDI_WORD = re.compile("(?:[अ-औक-ह][\u0901-\u0903\u0905-\u0939\u093c\u093e-\u094d]*[^\u094d]|[नवए])$")
_HALF_NASAL = re.compile("ङ्(?=[क-घ])|ञ्(?=[च-झ])|ण्(?=[ट-ढ])|न्(?=[त-ध])|म्(?=[प-भ])")
_ENDINGS = frozenset(
    [
        "ूंगा",
        "ूंगी",
        "ऊंगा",
        "ऊंगी",
        "ेगा",
        "ेगी",
        "ेंगे",
        "एगा",
        "एगी",
        "एंगे",
        "ोगे",
        "ओगे",
        "ता",
        "ते",
        "ती",
        "ना",
        "ने",
        "नी",
        "कर",
        "ीं",
        "ें",
        "ों",
        "ूं",
        "ां",
        "ा",
        "े",
        "ी",
        "ो",
        "ू",
        "ई",
        "ए",
        "या",
    ]
)
_PRONOUNS = frozenset(
    [
        "मैं",
        "तू",
        "हम",
        "तुम",
        "आप",
        "उस",
        "इस",
        "किस",
        "जिस",
        "उन",
        "इन",
        "किन",
        "जिन",
        "मुझ",
        "तुझ",
        "उन्हों",
        "इन्हों",
        "जिन्हों",
    ]
)
_POSTPOSITIONS = frozenset(["ने", "को", "से", "का", "की", "के", "में"])
_MISPLACED = 2.0  # nats against a postposition that stands apart from its pronoun, or first in a sentence


@cache
def lenient(word: str) -> str:
    """The word without what spelling varies in: nukta, chandrabindu, how a nasal is written.

    >>> lenient("पाँच"), lenient("ज़िन्दगी")
    ('पांच', 'जिंदगी')
    """
    plain = unicodedata.normalize("NFD", word).replace(hindustani.NUKTA, "").replace("ँ", "ं")
    return _HALF_NASAL.sub("ं", plain)


class Lexicon(NamedTuple):
    """The words by sound and by log-probability, and what follows what (all words and classes `lenient`)."""

    tree: Node
    #: The film's own names, by sound.
    names: Node
    log_p: dict[str, float]
    follows: dict[str, Counter[str]]
    class_of: dict[str, str]
    class_follows: dict[str, Counter[str]]
    class_p: dict[str, float]


def _verb_forms(stem: str) -> Iterator[str]:
    """What a film says of a verb and a newspaper does not: मिलूँगी, पियोगे, बैठिए."""
    yield from (stem + ending for ending in ["ता", "ते", "ती", "तीं", "ने", "नी", "कर"])
    if stem[-1] in "ाोआओ":
        endings = "या ए ई ईं ऊँ ऊँगा ऊँगी एगा एगी एँ एँगे एँगी ओ ओगे ओगी इए इएगा"
    elif stem[-1] == "ी":
        stem, endings = stem[:-1], "िया िए ी िऊँ िऊँगा िऊँगी िएगा िएगी िएँ िएँगे ियो ियोगे ियोगी ीजिए"
    elif unicodedata.category(stem[-1]).startswith("M"):
        return
    else:
        endings = "ा े ी ीं ूँ ूँगा ूँगी ेगा ेगी ें ेंगे ेंगी ो ोगे ोगी िए िएगा"
    yield from (stem + ending for ending in endings.split())


def _frequencies() -> dict[str, float]:
    """How often each Hindi word is written, as a share of all words."""
    from wordfreq import get_frequency_dict

    written = get_frequency_dict("hi").items()
    words = {unicodedata.normalize("NFC", word): f for word, f in written if _HINDI_WORD.match(word)}
    for verb in [w for w in words if w.endswith("ना") and len(w) > 3]:
        if verb[:-1] + "े" in words and verb[:-2] + "ता" in words:
            for form in _verb_forms(verb[:-2]):
                words.setdefault(unicodedata.normalize("NFC", form), _RARE)
    return words


def _everyday_sentences() -> list[list[str]]:
    lines = [line for line in EVERYDAY.read_text("utf-8").splitlines() if not line.startswith("#")]
    sentences = re.split("[।?!\n]", unicodedata.normalize("NFC", "\n".join(lines)))
    return [re.findall("[\u0900-\u0963]+", sentence) for sentence in sentences]


def _log_probabilities(frequency: dict[str, float], everyday: Counter[str]) -> dict[str, float]:
    """Spellings of one word share its probability; that of the everyday lines, or the commonest, leads."""
    spellings: dict[str, list[str]] = defaultdict(list)
    for word in frequency:
        spellings[lenient(word)].append(word)
    total = everyday.total()
    log_p: dict[str, float] = {}
    for variants in spellings.values():
        ours = sum(everyday[w] for w in variants)
        written = math.log(0.6 * sum(frequency[w] for w in variants) + 0.4 * ours / total)
        commonest = max(frequency[w] for w in variants)
        for w in variants:
            if everyday[w]:
                log_p[w] = written
                continue
            log_p[w] = written + 0.5 * math.log(frequency[w] / commonest) - (4 if ours else 0)
            if len(variants) > 1 and _HALF_NASAL.search(w):
                log_p[w] -= 1
    return log_p


def _class(word: str) -> str:
    """The longest ending that shows gender, number or tense."""
    return next((word[-n:] for n in (4, 3, 2, 1) if word[-n:] in _ENDINGS), "-")


@cache
def lexicon() -> Lexicon:
    """All words, read once."""
    sentences = _everyday_sentences()
    everyday = Counter(word for sentence in sentences for word in sentence)
    log_p = _log_probabilities(dict.fromkeys(everyday, _RARE) | _frequencies(), everyday)

    tree = Node()
    likeliest: dict[str, float] = {}
    for word in sorted(log_p, key=log_p.__getitem__, reverse=True):  # the tree is searched in this order
        tree.add(word, log_p[word])
        likeliest.setdefault(lenient(word), log_p[word])

    class_of = {word: _class(word) for word in likeliest}
    class_of |= {lenient(word): lenient(word) for word, count in everyday.items() if count >= _OWN_CLASS}
    class_of |= {SENTENCE_START: SENTENCE_START}
    class_p: dict[str, float] = defaultdict(float)
    for word, p in likeliest.items():
        class_p[class_of[word]] += math.exp(p)

    follows: dict[str, Counter[str]] = defaultdict(Counter)
    class_follows: dict[str, Counter[str]] = defaultdict(Counter)
    for sentence in sentences:
        previous = SENTENCE_START
        for word in map(lenient, sentence):
            follows[previous][word] += 1
            class_follows[class_of[previous]][class_of[word]] += 1
            previous = word
    return Lexicon(tree, Node(), log_p, dict(follows), class_of, dict(class_follows), dict(class_p))


def learn(names: Iterable[str]) -> None:
    """From now on the lexicon has these names, in the spelling given, and no others; Devanagari ones only."""
    lexicon.cache_clear()
    lex = lexicon()
    for word in sorted({unicodedata.normalize("NFC", word) for name in names for word in name.split()}):
        if _HINDI_WORD.match(word):
            lex.names.add(word, _NAME)
            lex.log_p[word] = max(_NAME, lex.log_p.get(word, _NAME))
    surprise.cache_clear()


@cache
def surprise(previous: str, word: str) -> float:
    """-log P(word | previous), in nats: by the word before, by the class of the word before, or alone."""
    lex = lexicon()
    before, now = lenient(previous), lenient(word)
    p_word = math.exp(lex.log_p[word]) if word in lex.log_p else _NEVER
    p = ALONE * p_word
    if before in lex.follows:
        seen = lex.follows[before]
        p += BY_WORD * seen[now] / (seen.total() + 2)
    class_before, class_now = lex.class_of.get(before), lex.class_of.get(now) or _class(now)
    if class_before in lex.class_follows:
        seen = lex.class_follows[class_before]
        p_class = lex.class_p.get(class_now, _NEVER)
        p += BY_CLASS * (seen[class_now] + 5 * p_class) / (seen.total() + 5) * p_word / p_class
    misplaced = word in _POSTPOSITIONS and (previous in _PRONOUNS or previous == SENTENCE_START)
    return _MISPLACED * misplaced - math.log(p)
