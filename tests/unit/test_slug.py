"""Slugs: titles of films that were made, as a person would type them, and whatever else a file may be called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slug import DEVICES, LONGEST, SCRIPTS, slug
from workspace.films import SLUG

TITLES = {
    # Hindi
    "दंगल": "dangal",
    "दंगल (2016)": "dangal-2016",
    "मेरा नाम जोकर": "mera-nam-jokar",
    "शोले": "shole",
    "रंग दे बसंती": "rang-de-basanti",
    "ज़ंजीर": "zanjir",
    "श्री ४२०": "shri-420",
    "दिलवाले दुल्हनिया ले जायेंगे": "dilvale-dulhaniya-le-jayenge",
    "मुग़ल-ए-आज़म": "mughal-e-azam",
    "काग़ज़ के फूल": "kaghaz-ke-phul",
    "मैंने प्यार किया": "mainne-pyar-kiya",
    "ज़िंदगी न मिलेगी दोबारा": "zindagi-na-milegi-dobara",
    "हरिश्चंद्र": "harishchandra",
    "सत्यमेव जयते": "satyamev-jayte",
    "सिंह इज़ किंग": "singh-iz-king",
    "चौदहवीं का चाँद": "chaudahvin-ka-chand",
    "मधुमती": "madhumati",
    "अछूत कन्या": "achhut-kanya",
    "करोड़पति": "karorpati",
    "डॉ॰ कोटनीस की अमर कहानी": "do-kotnis-ki-amar-kahani",
    "ॐ शांति ॐ": "om-shanti-om",
    "सच्चा झूठा": "saccha-jhutha",
    # Marathi
    "सैराट": "sairat",
    "नटसम्राट": "natsamrat",
    "फँड्री": "phandri",
    # Bengali and Assamese: inherent vowels fall at a word's end only
    "মহানগর": "mahanagar",
    "পথের পাঁচালী": "pather-panchali",
    "চারুলতা": "charulata",
    "যুক্তি তক্কো আর গপ্পো": "jukti-takko-ar-gappo",
    "বাহুবলি": "bahubali",
    "উৎসব": "utsab",
    "হালধীয়া চৰায়ে বাওধান খায়": "haladhiya-charaye-baodhan-khay",
    # Punjabi
    "ਚੰਨ ਪਰਦੇਸੀ": "chann-pardesi",
    "ਸ਼ਹੀਦ ਊਧਮ ਸਿੰਘ": "shahid-udham-singh",
    "ਸੱਜਣ": "sajjan",
    # Gujarati
    "હેલ્લારો": "hellaro",
    "છેલ્લો શો": "chhello-sho",
    # Odia, Telugu, Kannada and the others of the South keep every vowel
    "ମାୟା ମିରିଗ": "maya-miriga",
    "ସ୍ୱୟଂସିଦ୍ଧା": "svayamsiddha",
    "శంకరాభరణం": "shankarabharanam",
    "బాహుబలి": "bahubali",
    "అర్జున్ రెడ్డి": "arjun-reddi",
    "ಸಂಸ್ಕಾರ": "samskara",
    "ಕಾಂತಾರ": "kantara",
    # Tamil
    "தளபதி": "thalapathi",
    "நாயகன்": "nayagan",
    "அன்பே சிவம்": "anbe-sivam",
    "பொன்னியின் செல்வன்": "ponniyin-selvan",
    "மூன்றாம் பிறை": "mundram-pirai",
    "மஞ்சப்பை": "manjappai",
    "வெற்றி": "vetri",
    "பாண்டவர் பூமி": "pandavar-pumi",
    "ஃபைட் கிளப்": "fait-kilap",
    # Malayalam
    "ചെമ്മീൻ": "chemmin",
    "മഞ്ഞുമ്മൽ ബോയ്സ്": "manjummal-boys",
    "കുമ്പളങ്ങി നൈറ്റ്സ്": "kumbalangi-naitts",
    "നാടോടിക്കാറ്റ്": "nadodikkatt",
    "മണിച്ചിത്രത്താഴ്": "manicchithratthazh",
    "എന്റെ മാമാട്ടുക്കുട്ടിയമ്മയ്ക്ക്": "ente-mamattukkuttiyammaykk",
    "ഒരു വടക്കൻ വീരഗാഥ": "oru-vadakkan-viragatha",
    # Urdu, Santali, Manipuri
    "دنگل": "dangal",
    "مغل اعظم": "maghal-azam",
    "پاکیزہ": "pakiza",
    "آوارہ": "avara",
    "جوان": "javan",
    "یہودی": "yahodi",
    "ᱥᱟᱱᱛᱟᱲᱤ": "santari",
    "ꯃꯩꯇꯩ": "meitei",
    # Latin
    "Le Fabuleux Destin d'Amélie Poulain": "le-fabuleux-destin-d-amelie-poulain",
    "Some.Film.1998.1080p": "some-film-1998-1080p",
    "  Tumbbad_(2018)  [BluRay] ": "tumbbad-2018-bluray",
    "Śrī 420": "sri-420",
    "Straße nach Łódź": "strasse-nach-lodz",
    # Readable, and not what the posters say: compounds, loans, vowels that the script leaves out
    "सरफ़रोश": "sarafrosh",
    "अनुपमा": "anupma",
    "गाइड": "gaid",
    "माँ": "man",
    "ਰੰਗਰੂਟ": "rangarut",
    "জলসাঘর": "jalasaghar",
    "கபாலி": "kapali",
    "சென்னை": "sennai",
    "محبت": "mahbat",
    # Nothing to read, or not as a folder's name
    "日本語": "film-77710a",
    "🎬": "film-0de8a5",
    "": "film-e3b0c4",
    "CON": "film-con",
}


@pytest.mark.parametrize(("title", "name"), TITLES.items())
def test_a_film_is_called_as_one_would_type_it(title: str, name: str) -> None:
    assert slug(title) == name


def test_the_table_has_every_script_of_india() -> None:
    unused = [name for name, letters in SCRIPTS.items() if not letters.keys() & set("".join(TITLES))]
    assert unused == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ज़ंजीर", "\u095b\u0902\u091c\u0940\u0930"),  # one code point for the letter and its nukta, or two
        ("Amélie", "Ame\u0301lie"),  # macOS takes names apart
        ("क्या कहना", "क्\u200dया कहना"),  # a joiner
        ("ചെമ്മീൻ", "ചെമ്മീന്\u200d"),  # a chillu before Unicode 5.1
        ("DANGAL", "dangal"),
        ("हीर राँझा", "हीर।राँझा"),
    ],
)
def test_spellings_of_one_title_share_a_slug(one: str, other: str) -> None:
    assert slug(one) == slug(other)
    assert one != other


def test_a_long_title_is_cut_and_ends_in_no_dash() -> None:
    assert slug("x" * 300) == "x" * LONGEST
    assert slug("x" * (LONGEST - 1) + " y") == "x" * (LONGEST - 1)


INDIC = "".join(letter for letters in SCRIPTS.values() for letter in letters)


@given(st.text() | st.text(alphabet=INDIC + " 1-") | st.text(alphabet=st.characters()))
def test_any_title_has_a_valid_slug(title: str) -> None:
    name = slug(title)
    assert SLUG.fullmatch(name) and len(name) <= LONGEST and not name.endswith("-") and not DEVICES.fullmatch(name)
    assert slug(title) == name


@given(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+){0,5}", fullmatch=True).filter(lambda name: len(name) <= LONGEST))
def test_a_slug_is_its_own_slug(name: str) -> None:
    assert slug(name) == name or DEVICES.fullmatch(name)


def test_it_is_the_same_in_every_process(root: Path) -> None:
    program = "import slug; print(slug.slug('日本語'), slug.slug('दंगल'))"
    for seed in ("1", "2"):
        told = subprocess.run(
            [sys.executable, "-c", program],
            cwd=root / "mk",
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout == "film-77710a dangal\n"
