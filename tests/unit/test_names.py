"""Names across scripts: found however they are spelt, never taken for an everyday word, written one way."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest
import wordfreq

from samvad import brahmi, names
from samvad.adequacy import Expected, failures
from samvad.documents import Translated
from samvad.names import heard_in, unified
from samvad.review import mark

#: Names, and spellings of them that are met in Latin letters.
SPELLINGS = dict(
    line.split(":")
    for line in """\
मोहन:Mohan Mohun Mohaan|सूर्या:Surya Sooriya Suriya Sūryā|लक्ष्मी:Lakshmi Laxmi Luxmi Lakshmee|शर्मा:Sharma Sharmaa Sarma
कृष्णा:Krishna Krishnaa Krushna|आशा:Asha Aasha|शिव:Shiv Shiva|देव:Dev Deva Deo|सीता:Sita Seeta Seetha|रानी:Rani Ranee
राम:Ram Raam Rama|राधा:Radha Raadha|राज:Raj|राहुल:Rahul Raahul|रवि:Ravi|रमेश:Ramesh|सुरेश:Suresh|अमित:Amit Ameet
अनिल:Anil Aneel|सुनीता:Sunita Suneeta Sunitha|गीता:Gita Geeta Geetha|मीरा:Mira Meera|पूजा:Puja Pooja|नेहा:Neha
प्रिया:Priya Pria|अंजलि:Anjali|काजल:Kajal|सिमरन:Simran Simaran|विजय:Vijay Vijai|अजय:Ajay Ajai|संजय:Sanjay|जय:Jay Jai
वीरू:Viru Veeru|बसंती:Basanti|गब्बर:Gabbar Gabar|ठाकुर:Thakur Thakoor|सिंह:Singh|खान:Khan|कपूर:Kapur Kapoor
वर्मा:Verma Varma|गुप्ता:Gupta|चौधरी:Chaudhari Choudhary Chowdhury|राव:Rao|यादव:Yadav Yadava|दिल्ली:Dilli Delhi
मुंबई:Mumbai|अर्जुन:Arjun Arjuna|करण:Karan|माया:Maya|तारा:Tara|किरण:Kiran|दीपक:Deepak Dipak|विक्रम:Vikram|श्याम:Shyam
गोपाल:Gopal|हरि:Hari|नीना:Nina Neena|सोनू:Sonu Sonoo|टीना:Tina Teena|ज़ीनत:Zinat Zeenat|फ़रहान:Farhan|मनोज:Manoj
कमला:Kamla Kamala|सुन्दर:Sundar Sunder|लता:Lata Latha|मिश्रा:Mishra Misra|उमा:Uma Ooma|रहीम:Rahim Raheem|अली:Ali
जॉन:John Jon|पीटर:Peter|रोज़ी:Rosy Rosie|रॉबर्ट:Robert|एंथनी:Anthony|मैरी:Mary|जैक:Jack|थॉमस:Thomas|जोसेफ:Joseph
சூர்யா:Surya Suriya|காந்தி:Gandhi|முருகன்:Murugan|সৌরভ:Sourav Saurav|বিশ্বাস:Biswas Vishwas|సూర్య:Surya""".replace(
        "\n", "|"
    ).split("|")
)
#: The same in other scripts, with the endings of cases.
CARRIED = {
    "मोहन": "மோகன் மோகனை మోహన్‌కి মোহনের ਮੋਹਨ મોહનને മോഹൻ ମୋହନ",
    "राधा": "ராதாவை రాధకి রাধার രാധ ರಾಧೆ राधेला",
    "कृष्णा": "கிருஷ்ணா కృష్ణ কৃষ্ণা",
    "सिंह": "சிங் సింగ్ সিংহ ਸਿੰਘ",
    "मुंबई": "மும்பை ముంబై মুম্বাই",
    "राजेश": "ராஜேஷிடம் రాజేష్ রাজেশের",
    "जॉन": "ஜான் జాన్",
}


def test_the_examples_in_the_modules_hold() -> None:
    for module in (names, brahmi):
        result = doctest.testmod(module)
        assert result.attempted and result.failed == 0


def test_a_name_is_found_in_each_of_its_usual_spellings() -> None:
    spelt = [(name, word) for name, words in SPELLINGS.items() for word in words.split()]
    assert [(name, word) for name, word in spelt if heard_in(name, f"So {word}'s here.") != word] == []
    carried = [(name, word) for name, words in CARRIED.items() for word in words.split()]
    assert [(name, word) for name, word in carried if not heard_in(name, f"{word}.")] == []
    assert not heard_in("कृष्णा", "Krishnan") and not heard_in("मोहन", "mohan")


def test_hardly_any_of_the_commonest_english_words_is_taken_for_a_name() -> None:
    words = [word.capitalize() for word in wordfreq.top_n_list("en", 5000) if word.isalpha()]
    taken = {(name, word) for name in SPELLINGS for word in words if heard_in(name, word)}
    names_themselves = {(name, word) for name, spelt in SPELLINGS.items() for word in spelt.split()}
    # By their consonants alone 957 were.
    assert taken - names_themselves == {("हरि", "Harry"), ("जॉन", "Jan"), ("मैरी", "Marry")}


@pytest.mark.parametrize(("code", "most"), [("ta", 0.0007), ("bn", 0.0007), ("hi", 0.0007)])
def test_few_of_the_commonest_words_of_other_scripts_begin_like_a_name(code: str, most: float) -> None:
    words = [word for word in wordfreq.top_n_list(code, 5000) if brahmi.script_of(word)]
    found = sum(bool(heard_in(name, word)) for name in SPELLINGS for word in words)
    assert found < most * len(words) * len(SPELLINGS)


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("आशा", ["Is Asha at home?", "Asha came.", "Asha went."]),
        ("शिव", ["She told Shiv.", "Shiv came.", "So, Shiv!"]),
        ("देव", ["The train, Dev!", "They saw Dev.", "Do it, Dev."]),
        ("सीता", ["Sita came", "Sit, Sita.", "Sit down."]),
        ("रानी", ["Rani.", "Run.", "Run, Rani!"]),
        ("हरि", ["Hurry, Hari!", "Harry who?", "Harry up!", "He met Tom, Dick and Harry, and Harry again.", "Harry?"]),
    ],
)
def test_a_name_never_overwrites_another_word(name: str, texts: list[str]) -> None:
    sources = [f"{name} है" for _ in texts[:3]] + ["वह है"] * (len(texts) - 3)
    assert unified(name, sources, texts) == texts


def test_a_name_is_written_one_way_where_it_stands_and_in_its_case() -> None:
    texts = ["Mohun, MOHUN!", "Mohan's here.", "Mohan and Mohun's", "Mohun", "Mohan"]
    said = ["मोहन!"] * 3 + ["वह"] + ["मोहन"]
    assert unified("मोहन", said, texts) == ["Mohan, MOHAN!", "Mohan's here.", "Mohan and Mohun's", "Mohun", "Mohan"]
    assert unified("मोहन सिंह", ["मोहन सिंह"] * 2, ["MOHUN SINGH!", "Mohan Singh"]) == ["MOHAN SINGH!", "Mohan Singh"]


def test_in_scripts_of_brahmis_family_the_ending_of_a_case_stays() -> None:
    said = ["राधा को", "राधा", "राधा का"]
    assert unified("राधा", said, ["ராதாவை அழை", "ராடா", "ராதாவின்"]) == ["ராதாவை அழை", "ராதா", "ராதாவின்"]
    # আসে (comes) sounds as আশা begins, and stands where nobody says it.
    texts = ["আশা আসে", "সে আসে", "আসে"]
    assert unified("आशा", ["आशा आती है", "वह आता है", "आशा आती है"], texts) == texts


@pytest.mark.parametrize(
    ("source", "text", "name"),
    [
        ("सीता आज घर आया था", "Sit down, he came home.", "सीता"),
        ("क्या आशा है?", "Is there any hope?", "आशा"),
        ("राम को बुलाओ", "Room it.", "राम"),
    ],
)
def test_a_name_that_only_its_consonants_are_left_of_is_missing(source: str, text: str, name: str) -> None:
    assert failures(source, text, Expected("hi", "en", names=[name])) == [f"name {name} is missing"]


@pytest.mark.parametrize(("target", "other", "usual"), [("en", "Mohun", "Mohan"), ("ta", "மோஹன்", "மோகன்")])
def test_marking_a_film_writes_its_names_one_way(target: str, other: str, usual: str) -> None:
    said = [Translated(n, n, n + 1, text, "मोहन।") for n, text in enumerate([f"{usual}.", f"{other}.", f"{usual}!"])]
    mark(said, Expected("hi", target, names=["मोहन"]))
    assert [one.text for one in said] == [f"{usual}.", f"{usual}.", f"{usual}!"]


def test_names_may_be_saved_in_utf_16_as_spreadsheet_programs_do(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes("मोहन  सिंह # hero\r\n\r\nराधा\r\n".encode("utf-16"))
    assert names.read(path) == ["मोहन सिंह", "राधा"]
