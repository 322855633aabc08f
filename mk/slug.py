"""A film's slug: its title as a name that files, Make and a person typing can live with.

    दंगल (2016) → dangal-2016    பொன்னியின் செல்வன் → ponniyin-selvan    مغل اعظم → maghal-azam

Every script of India is first written in Devanagari. The Unicode blocks from Devanagari to Malayalam
follow one plan, that of ISCII (Indian Standard 13194:1991): a letter's place in its block is its
sound. Urdu's and Manipuri's letters have tables. One reader then spells Devanagari in Latin letters
as film titles do, vowel length left out. Where a language drops inherent vowels that its script does
not mark, so does the reader: at a word's end, and in Hindi between VC and CV (Manjari Ohala, Aspects
of Hindi Phonology, 1983). No script says where the parts of a compound meet: सरफ़रोश becomes sarafrosh.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import partial
from typing import Dict, List, Tuple

#: Characters. File systems take 255 bytes, people less.
LONGEST = 60
#: What Windows keeps for devices: an out/ copied there shall open.
DEVICES = re.compile(r"con|prn|aux|nul|(com|lpt)\d")

# --- Devanagari in Latin letters ---------------------------------------------------------------------

C = "\u0915-\u0939\u0958-\u095f"
V = "\u0901\u0904-\u0914\u093e-\u094c\u0960-\u0963\u0972"
VIRAMA = "\u094d"


def _row(first: int, sounds: str) -> Dict[str, str]:
    return {chr(first + place): sound for place, sound in enumerate(sounds.split())}


LATIN = {
    **_row(0x901, "n n h"),
    **_row(0x906, "a i i u u ri li e e e ai o o o au"),
    **_row(0x915, "k kh g gh n ch chh j jh n t th d dh n t th d dh n n p ph b bh m y r r l l zh v sh sh s h"),
    **_row(0x93E, "a i i u u ri ri e e e ai o o o au"),
    **_row(0x950, "om"),
    **_row(0x958, "q kh gh z r rh f y ri li li li"),
    **_row(0x972, "a"),
}
#: Consonants with a nukta, as one letter each; Unicode keeps them apart.
DOTTED = {"स": "श", "ल": "ळ", **{letter: chr(0x958 + place) for place, letter in enumerate("कखगजडढफय")}}

# --- other scripts in Devanagari ---------------------------------------------------------------------

#: Script → its letters, each as Devanagari writes it.
SCRIPTS = {
    script: {chr(0x900 + 0x80 * number + place): chr(0x900 + place) for place in range(0x80)}
    for number, script in enumerate(("Deva", "Beng", "Guru", "Gujr", "Orya", "Taml", "Telu", "Knda", "Mlym"))
}
# Letters outside the plan. U+0A71 doubles the consonant after it; U+0D57 is now a vowel sign by itself.
SCRIPTS["Beng"].update({"\u09ce": "त्", "\u09f0": "र", "\u09f1": "व"})
SCRIPTS["Guru"].update({"\u0a70": "ं"})
SCRIPTS["Orya"].update({"\u0b71": "व"})
SCRIPTS["Mlym"].update({"\u0d57": "ौ", **_row(0xD7A, "ण् न् र् ल् ळ् क्")})
# fmt: off
#: Urdu's letters and Sindhi's: a consonant keeps an inherent vowel where no vowel letter follows.
SCRIPTS["Arab"] = {
    **dict.fromkeys("اآأ", "ा"), **dict.fromkeys("وؤ", "ो"), **dict.fromkeys("یيى", "ी"), **dict.fromkeys("ےۓې", "े"),
    "\u0650": "ि", "\u064f": "ु", "\u0652": "्", "ں": "ँ", "ھ": "्ह", "ع": "अ", **dict.fromkeys("هہۂۃحة", "ह"),
    "ب": "ब", "پ": "प", "ت": "त", "ٹ": "ट", "ث": "स", "ج": "ज", "چ": "च", "خ": "ख", "د": "द", "ڈ": "ड", "ذ": "\u095b",
    "ر": "र", "ڑ": "\u095c", "ز": "\u095b", "ژ": "\u095b", "س": "स", "ش": "श", "ص": "स", "ض": "\u095b", "ط": "त",
    "ظ": "\u095b", "غ": "घ", "ف": "\u095e", "ق": "\u0958", "ک": "क", "ك": "क", "گ": "ग", "ل": "ल", "م": "म", "ن": "न",
    "ٻ": "ब", "ڀ": "भ", "ٺ": "ठ", "ٽ": "ट", "ٿ": "थ", "ڄ": "ज", "ڃ": "ञ", "ڇ": "छ", "ڊ": "ड", "ڌ": "ध", "ڏ": "ड",
    "ڍ": "ढ", "ڙ": "\u095c", "ڦ": "फ", "ڪ": "क", "ڳ": "ग", "ڱ": "ङ", "ڻ": "ण",
}
# fmt: on
#: Meetei Mayek, of Manipuri: consonants, those without a vowel, vowel signs, virama.
SCRIPTS["Mtei"] = {
    **_row(0xABC0, "क स ल म प न च त ख ङ्ग थ व य ह उ इ फ अ ग झ र ब ज द घ ध भ क् ल् म् प् न् त् ङ्ग् इ"),
    **_row(0xABE3, "ो ि ा े ौ ु ेइ ङ्ग्"),
    "\uabed": VIRAMA,
}
#: Alphabets need no reading: Ol Chiki, of Santali, and the Latin letters that are more than an accent on another.
ALPHABETS = {
    **_row(0x1C5A, "o t g ng l a k j m w i s h ny r u ch d n y e p d n r o t b w h n"),
    **{"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"},
}

#: What a script reads in its own way: (pattern, what it stands for), in Devanagari.
OWN: Dict[str, List[Tuple[str, str]]] = {
    "Deva": [("ज्ञ", "ग्य")],
    "Gujr": [("ज्ञ", "ग्य")],
    # য is j unless it hangs below another consonant; for y there is য়.
    "Beng": [("ज्ञ", "ग्य"), ("(?<!्)य", "ज"), ("ं(?=ल|$)", "ङ्ग्")],
    "Orya": [("ज्ञ", "ग्य"), ("(?<!्)य", "ज")],
    "Guru": [(f"\u0971([{C}])", r"\1्\1")],
    # One letter for k and g, for ch and s: its place in the word tells. Custom writes the dental as th.
    "Taml": [
        ("ञ्च", "ञ्ज"),
        (f"(?:^|(?<=[{V}{C}]))च(?!्)", "स"),
        (f"(?:(?<=[{V}{C}])|(?<=ङ्))क(?!्)", "ग"),
        (f"(?:(?<=[{V}{C}])|(?<=ण्))ट(?!्)", "ड"),
        ("(?<=[म\u0929]्)प", "ब"),
        ("\u0931्\u0931", "ट्र"),
        ("\u0929्\u0931", "ण्ड्र"),
        ("ःप", "\u095e"),
        ("त", "थ"),
    ],
    "Mlym": [
        (f"(?<=[{V}{C}])ट(?!्)", "ड"),
        ("(?<=म्)प", "ब"),
        ("\u0931्\u0931", "ट्ट"),
        ("न्\u0931", "ण्ट"),
        ("ङ्ङ", "ङ्ग"),
        ("ञ्ञ|(?<!्)ञ(?!्)", "ञ्ज"),
        ("त", "थ"),
    ],
    # Letters that their neighbours make vowels or consonants; h at the end is a vowel.
    "Arab": [
        ("(?<=.)अ", ""),
        ("(?:^|(?<=[ाी]))ो(?=.)|ो(?=[ाीे])", "व"),
        ("^ी(?=.)|ी(?=[ाो])", "य"),
        (f"(?<=[{C}])ह$", "ा"),
    ],
}

#: Ends of a word that keep the inherent vowel, for the scripts of languages that drop it at others.
KEPT = {
    **dict.fromkeys(("Deva", "Guru", "Gujr", "Arab"), re.compile("्[यरवनण]$|[िी]य$")),
    "Beng": re.compile("्.$|[िी]\u095f$"),
}
#: A consonant that loses its inherent vowel inside a word, the last one; not in -pati, -vati, -nagar.
DROPPED = re.compile(f"^(.*[{V}{C}])(?![पमव]त[िी]$|नगर्$)([{C}])(?=[{C}](?!्))")
DROPPED_IN = ("Deva", "Guru", "Gujr", "Arab")
#: Scripts whose anusvara is m unless a stop follows.
SOUTHERN = ("Orya", "Taml", "Telu", "Knda", "Mlym")


def slug(title: str) -> str:
    """A name for a film of that title: `[a-z0-9][a-z0-9_-]*`, at most LONGEST characters.

    Different titles may share one. A title that nothing can be read of is named by its digest.

    >>> slug("रंग दे बसंती"), slug("Amélie"), slug("日本語")
    ('rang-de-basanti', 'amelie', 'film-77710a')
    """
    text = unicodedata.normalize("NFKC", title.casefold())
    # Joiners shape letters and are none; a digit of any script is a digit; a danda is no letter.
    text = "".join(str(unicodedata.decimal(c, c)) for c in text if unicodedata.category(c) != "Cf")
    text = re.sub("[।॥]", " ", text)
    for script, letters in SCRIPTS.items():
        text = re.sub(f"[{''.join(letters)}]+", partial(_read, script), text)
    text = unicodedata.normalize("NFKD", "".join(ALPHABETS.get(c, c) for c in text))
    text = "".join(c for c in text if unicodedata.category(c) != "Mn")
    name = re.sub("[^a-z0-9]+", "-", text).strip("-")[:LONGEST].rstrip("-")
    if not name or DEVICES.fullmatch(name):
        return "film-" + (name or hashlib.sha256(title.encode("utf-8", "surrogatepass")).hexdigest()[:6])
    return name


def _read(script: str, run: re.Match) -> str:
    """A run of letters of one script, in Latin letters."""
    word = "".join(SCRIPTS[script][letter] for letter in run[0])
    word = re.sub("(.)़", lambda letter: DOTTED.get(letter[1], letter[1]), word)
    for pattern, reading in OWN.get(script, []):
        word = re.sub(pattern, reading, word)
    if script in KEPT and not KEPT[script].search(word):
        word = re.sub(f"(?<=.)([{C}])$", r"\1्", word)
    shorter = ""
    while script in DROPPED_IN and shorter != word:
        shorter, word = word, DROPPED.sub(r"\1\2्", word)
    word = re.sub("ं(?![क-न])" if script in SOUTHERN else "ं(?=[पफबभमव\u095e])", "म्", word)
    word = re.sub("ं(?=ह)", "ङ्ग्", word)
    word = re.sub(f"([{C}अ])(?![\u093e-\u094d\u0962\u0963])", r"\1ा", word)
    latin = "".join(LATIN.get(letter, "") for letter in word)
    # Double aspirates as custom has them: accha, not achchha.
    return re.sub(r"([a-z])h\1hh?", r"\1\1h", latin)
