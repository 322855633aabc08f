"""Subtitles in the picture: burned into the film, and the preview of one frame."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pysubs2
import pytest
from films import H264, HOSTILE_NAME, failure, run, tone

import burn as stage_burn
import preview as stage_preview
from samvad import burnin, ffmpeg, languages
from samvad.problem import Problem

ROOT = Path(__file__).resolve().parents[2]
#: Pixels: the size of the black films, and of an em of the letters in them.
WIDTH, HEIGHT, EM = 1280, 400, 120
#: Pixels to each side that light is spread over before drawings are compared.
BLUR = 3
#: By script: words with conjuncts, vowel signs before and around their letter, letters that join.
WORDS = {
    "Latn": "Fjord façade", "Deva": "क्षत्रिय किताब र्क", "Beng": "কিতাব ক্ষমা বন্ধু", "Gujr": "ક્ષત્રિય કિતાબ",
    "Guru": "ਕਿਤਾਬ ਪ੍ਰੇਮ", "Knda": "ಕ್ಷತ್ರಿಯ ಸ್ತ್ರೀ", "Mlym": "ക്ഷത്രിയൻ കൊടി", "Mtei": "ꯂꯣꯟ ꯑꯃꯥ", "Olck": "ᱥᱟᱱᱛᱟᱲᱤ",
    "Orya": "କ୍ଷତ୍ରିୟ କିତାବ", "Taml": "கொடு ஸ்ரீ நௌகா", "Telu": "క్షత్రియుడు స్త్రీ", "Arab": "کتاب دیکھو ٹھیک ہے",
}  # fmt: skip
NAMES = {
    "Latn": "", "Deva": "Devanagari", "Beng": "Bengali", "Gujr": "Gujarati", "Guru": "Gurmukhi", "Knda": "Kannada",
    "Mlym": "Malayalam", "Mtei": "MeeteiMayek", "Olck": "OlChiki", "Orya": "Oriya", "Taml": "Tamil", "Telu": "Telugu",
    "Arab": "Arabic",
}  # fmt: skip
#: By language: the height of a line of its font in ems, which is what a size means in ASS.
LINES = {"en": 1.519, "hi": 1.906, "ur": 2.169}
#: Scripts in which words without marks are the same unshaped; Arabic's letters are joined even then, by FriBidi.
UNSHAPED = {"Latn", "Olck", "Mtei", "Arab"}

Picture = np.ndarray[Any, Any]


def font_of(script: str) -> Path:
    """The font file of a script, found by its name alone."""
    packaged = [*ROOT.glob("envs/render/lib/python3*/site-packages/manimgx_fonts/*.ttf"), *ROOT.glob("stages/samvad/data/*.ttf")]
    (found,) = (path for path in packaged if path.stem.partition("[")[0] == f"NotoSans{NAMES[script]}")
    return found


def ass(path: Path, *texts: str, each: float = 60.0, em: float = EM, alignment: int = 5) -> Path:
    """An ASS file with one cue after the other, of `each` seconds, in white and in the middle."""
    found = pysubs2.SSAFile()
    found.info.update({"PlayResX": str(WIDTH), "PlayResY": str(HEIGHT), "ScaledBorderAndShadow": "yes"})
    size = em * LINES[path.stem]
    place = pysubs2.Alignment(alignment)
    found.styles["Default"] = pysubs2.SSAStyle(fontsize=size, outline=0, shadow=0, alignment=place)
    for number, text in enumerate(texts):
        start = pysubs2.make_time(s=number * each)
        found.append(pysubs2.SSAEvent(start, start + pysubs2.make_time(s=each), text))
    path.parent.mkdir(parents=True, exist_ok=True)
    found.save(str(path))
    return path


def black(path: Path, seconds: float, *more: object) -> Path:
    """A black film of 5 frames a second."""
    run("-f", "lavfi", "-i", f"color=black:size={WIDTH}x{HEIGHT}:rate=5:d={seconds}", *more, *H264, path)
    return path


def frames(path: Path) -> list[tuple[float, Picture]]:
    """When each frame is shown, and its brightness."""
    with av.open(str(path)) as film:
        return [
            (float(frame.time or 0), frame.to_ndarray(format="gray").astype(float)) for frame in film.decode(video=0)
        ]


def trimmed(whole: Picture) -> Picture:
    """What is drawn, without the black around it."""
    ink = whole > 60
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert rows.size, "nothing is drawn"
    return whole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def alike(one: Picture, other: Picture) -> float:
    """How much of two drawings' light falls on the same place: from 0 to 1.

    Programs round the places of letters each in its way: a drawing that is up to 3 % larger is brought to the size of
    the other, and all is blurred by a stroke's width or less.
    """
    one, other = trimmed(one), trimmed(other)
    if all(abs(a - b) <= 0.03 * a for a, b in zip(one.shape, other.shape, strict=True)):
        rows, columns = (
            np.linspace(0, have - 1, want).round().astype(int)
            for have, want in zip(other.shape, one.shape, strict=True)
        )
        other = other[np.ix_(rows, columns)]
    height, width = (max(pair) for pair in zip(one.shape, other.shape, strict=True))
    sheets = np.zeros((2, height + 2 * BLUR, width + 2 * BLUR))
    for sheet, drawing in zip(sheets, (one, other), strict=True):
        sheet[BLUR : BLUR + drawing.shape[0], BLUR : BLUR + drawing.shape[1]] = drawing
    steps = range(-BLUR, BLUR + 1)
    first, second = sum(np.roll(sheets, (down, right), (1, 2)) for down in steps for right in steps)  # type: ignore[misc]
    return float(np.minimum(first, second).sum() / np.maximum(first, second).sum())


def drawn(folder: Path) -> dict[str, Picture]:
    """The words of every script as ffmpeg's drawtext draws them, which knows neither libass nor our choice of fonts.

    It leaves marks at the height that they have by themselves: the words have none that HarfBuzz moves up or down.
    """
    found = {}
    for script, words in WORDS.items():
        (folder / f"{script}.txt").write_text(words, encoding="utf-8")
        given = {
            "fontfile": str(font_of(script)), "textfile": str(folder / f"{script}.txt"), "expansion": "none",
            "fontsize": str(EM), "fontcolor": "white", "x": "20", "y": "60", "ft_load_flags": "no_hinting",
        }  # fmt: skip
        filters = "drawtext=" + ":".join(f"{name}={ffmpeg.escaped(value)}" for name, value in given.items())
        source = f"color=black:size={2 * WIDTH}x{HEIGHT}:rate=5:d=0.2"
        run("-f", "lavfi", "-i", source, "-vf", filters, "-frames:v", 1, "-update", 1, folder / f"{script}.png")
        found[script] = picture(folder / f"{script}.png")
    return found


def unshaped(run_in, subtitles: Path, folder: Path) -> dict[str, Picture]:
    """The same words by libass and the same fonts, letter after letter."""
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, 'stages'); from samvad import burnin, fonts\n"
        "subtitles = burnin.read(Path(sys.argv[1]))\n"
        "for path in fonts.dress(subtitles, 'Deva')[0]:\n"
        "    (Path(sys.argv[2]) / path.name).symlink_to(path)\n"
        "subtitles.save(sys.argv[3])\n"
    )
    (folder / "fonts").mkdir()
    run_in("render", "-c", script, subtitles, folder / "fonts", folder / "dressed.ass")
    where = [ffmpeg.escaped(str(folder / name)) for name in ("dressed.ass", "fonts")]
    black(folder / "unshaped.mkv", len(WORDS), "-vf", f"ass={where[0]}:fontsdir={where[1]}:shaping=simple")
    found = {round(time, 1): frame for time, frame in frames(folder / "unshaped.mkv")}
    return {script: found[number + 0.4] for number, script in enumerate(WORDS)}


@pytest.fixture
def burn(run_in, probe, out: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`burn(film, "hi")`: probes, burns out/hi.ass into out/burned.mp4."""

    def made(path: Path, language: str, *more: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        probe(path)
        return run_in(
            *("render", "stages/burn.py", "--media", path, "--info", out / "media.json", "--language", language),
            *("--subtitle", out / f"{language}.ass", "--device", "cpu", *more, "--out", out / "burned.mp4"),
            check=check,
        )

    return made


@pytest.fixture
def preview(run_in, probe, out: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`preview(film, "hi", "1.5")`: probes, makes out/preview/00.00.01.500.png."""

    def made(path: Path, language: str, at: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        probe(path)
        return run_in(
            *("render", "stages/preview.py", "--media", path, "--info", out / "media.json", "--language", language),
            *("--subtitle", out / f"{language}.ass", "--at", at, "--out", out / "preview"),
            check=check,
        )

    return made


def picture(path: Path) -> Picture:
    ((_, found),) = frames(path)
    return found


# --- the letters ---------------------------------------------------------------------------------


def test_every_script_is_drawn_as_another_program_draws_it_by_the_same_font(
    run_in, burn, out: Path, tmp_path: Path
) -> None:
    """In one film whose language is Hindi: so fonts of other scripts are found where a text goes over to them."""
    subtitles = ass(out / "hi.ass", *WORDS.values(), each=1.0)
    burn(black(tmp_path / "black.mkv", len(WORDS), *tone(len(WORDS))), "hi")
    shown = {round(time, 1): frame for time, frame in frames(out / "burned.mp4")}
    shaped, bare = drawn(tmp_path), unshaped(run_in, subtitles, tmp_path)
    likeness = {script: alike(shown[number + 0.4], shaped[script]) for number, script in enumerate(WORDS)}
    unlike = {script: alike(shown[number + 0.4], bare[script]) for number, script in enumerate(WORDS)}
    assert min(likeness.values()) > 0.75
    assert max(unlike[script] for script in WORDS if script not in UNSHAPED) < 0.6


def test_every_letter_of_every_language_has_a_shape(run_in) -> None:
    """The assigned characters of each script's block, and what the languages that share Arabic letters need."""
    blocks = {
        "Deva": (0x900, 0x97F), "Beng": (0x980, 0x9FF), "Guru": (0xA00, 0xA7F), "Gujr": (0xA80, 0xAFF),
        "Orya": (0xB00, 0xB7F), "Taml": (0xB80, 0xBFF), "Telu": (0xC00, 0xC7F), "Knda": (0xC80, 0xCFF),
        "Mlym": (0xD00, 0xD7F), "Olck": (0x1C50, 0x1C7F), "Mtei": (0xABC0, 0xABFF), "Arab": (0x620, 0x6FF),
        "Latn": (0x20, 0x7E),
    }  # fmt: skip
    assert blocks.keys() == {each.script for each in languages.languages().values()} == WORDS.keys()
    script = (
        "import json, sys, unicodedata; sys.path.insert(0, 'stages'); from samvad import fonts\n"
        "for script, (first, last) in json.loads(sys.argv[1]).items():\n"
        "    face = fonts.face(fonts.names(script)[0])\n"
        "    letters = [chr(code) for code in range(first, last + 1) if unicodedata.category(chr(code)) != 'Cn']\n"
        "    found = [hex(ord(each)) for each in letters if ord(each) not in face.letters]\n"
        "    anywhere = [text for text, face in fonts.runs(''.join(letters), script) if face is None]\n"
        "    print(json.dumps([script, found, anywhere]))\n"
        "signs = [each.text for each in fonts.runs('♪ – — “” ‘’ … ₹ ‹› 😀', 'Deva') if not each.face]\n"
        "print(json.dumps(['signs', [], signs]))\n"
    )
    done = run_in("render", "-c", script, json.dumps(blocks))
    lacking = {script: [found, anywhere] for script, found, anywhere in map(json.loads, done.stdout.splitlines())}
    assert not any(anywhere for _, anywhere in lacking.values())


def test_a_word_in_another_script_keeps_the_line_in_order_from_right_to_left(preview, film, out: Path) -> None:
    """DVD stands at the right end of a line of Urdu that begins with it, and at the left of one of Hindi."""
    edges = {}
    for language, text in (("ur", "کتاب"), ("hi", "किताब")):
        mark = "\u200f" * (language == "ur")  # as export_subtitles has it
        ass(out / f"{language}.ass", f"{mark}DVD {text}")
        ass(out / "en.ass", "DVD")
        preview(black_film(out), language, "1")
        whole = trimmed(picture(out / "preview" / "00.00.01.000.png"))
        preview(black_film(out), "en", "1")
        alone = trimmed(picture(out / "preview" / "00.00.01.000.png"))
        ends = {"left": whole[:, : alone.shape[1]], "right": whole[:, -alone.shape[1] :]}
        edges[language] = max(ends, key=lambda end: alike(ends[end], alone))
    assert edges == {"ur": "right", "hi": "left"}


def black_film(out: Path) -> Path:
    path = out.parent / "black.mkv"
    return path if path.exists() else black(path, 2, *tone(2))


def test_a_letter_that_no_font_has_is_told(preview, out: Path) -> None:
    """A rune: fonts that this machine may have are not asked."""
    ass(out / "hi.ass", "ᚠ")
    assert "no font here has ᚠ (U+16A0): shown as boxes" in preview(black_film(out), "hi", "1").stderr
    box = trimmed(picture(out / "preview" / "00.00.01.000.png"))
    ass(out / "hi.ass", "ᚢ")
    preview(black_film(out), "hi", "1")
    assert alike(box, trimmed(picture(out / "preview" / "00.00.01.000.png"))) > 0.99


# --- the film ------------------------------------------------------------------------------------


def test_the_picture_is_the_films_but_for_the_letters(burn, film, out: Path) -> None:
    ass(out / "en.ass", "Shown for a second", each=1.0, em=13, alignment=2)
    burn(film("plain.mkv"), "en")
    before, after = frames(film("plain.mkv")), frames(out / "burned.mp4")
    assert [time for time, _ in after] == pytest.approx([time for time, _ in before], abs=0.002)
    lower = [float(np.abs(one[90:] - other[90:]).max()) for (_, one), (_, other) in zip(before, after, strict=True)]
    upper = [float(np.abs(one[:60] - other[:60]).mean()) for (_, one), (_, other) in zip(before, after, strict=True)]
    assert max(upper) < 3
    assert min(lower[:24]) > 100 and max(lower[26:]) < 60


def test_sound_that_mp4_holds_is_copied_and_the_rest_made_aac_in_order(burn, film, out: Path) -> None:
    ass(out / "en.ass", "Hello")
    said = burn(film("two_tracks.mkv"), "en").stderr
    assert "en into the picture by libx264" in said and "made AAC" not in said
    with av.open(str(film("two_tracks.mkv"))) as source, av.open(str(out / "burned.mp4")) as made:
        assert [stream.type for stream in made.streams][:3] == ["video", "audio", "audio"]
        assert [stream.language for stream in made.streams.audio] == ["hin", "eng"]
        packets = [[bytes(packet) for packet in one.demux(audio=0) if packet.size] for one in (source, made)]
        assert packets[0] == packets[1]
        assert made.metadata["title"] == "A film; with = signs"
        assert [chapter["metadata"]["title"] for chapter in made.chapters()] == ["पहला भाग", "Two"]
    said = burn(film("right.mkv"), "en").stderr
    assert "MP4 players do not know the sound of stream 1 (pcm_s16le): made AAC" in said
    with av.open(str(out / "burned.mp4")) as made:
        assert [stream.codec_context.name for stream in made.streams] == ["h264", "aac"]


@pytest.mark.parametrize("name", ["late.mkv", "late.mp4", "late.ts", "late_picture.mkv", "late_picture.ts", "late.flv"])
def test_picture_sound_and_subtitle_stay_together(burn, film, out: Path, probe, name: str) -> None:
    """Sound and picture begin as they do in the film; the subtitle from 1 s to 2 s on the film's clock."""
    ass(out / "en.ass", "", "Second", each=1.0, em=40)
    burn(film(name), "en")
    media = json.loads((out / "media.json").read_text(encoding="utf-8"))
    starts = {each["kind"]: each.get("start", 0.0) for each in media["streams"]}
    with av.open(str(out / "burned.mp4")) as made:
        for kind, stream in (("video", made.streams.video[0]), ("audio", made.streams.audio[0])):
            assert float((stream.start_time or 0) * stream.time_base) == pytest.approx(starts[kind], abs=0.03)
    before, after = frames(film(name)), frames(out / "burned.mp4")
    shown = [time for (time, new), (_, old) in zip(after, before, strict=True) if np.abs(new - old).max() > 100]
    assert min(shown) == pytest.approx(1.0, abs=0.041)
    assert max(shown) == pytest.approx(1.96, abs=0.041)
    assert len(shown) == pytest.approx(25, abs=1)


def test_a_film_without_a_picture_or_a_file_without_cues_is_one_line(burn, film, out: Path) -> None:
    ass(out / "en.ass", "Hello")
    assert "the film has no picture" in failure(burn(film("sound.mp3"), "en", check=False), out)
    ass(out / "en.ass")
    assert "en.ass has no cues: nobody speaks" in failure(burn(film("plain.mkv"), "en", check=False), out)
    (out / "en.ass").write_text("no subtitles\n", encoding="utf-8")
    assert "en.ass is damaged" in failure(burn(film("plain.mkv"), "en", check=False), out)
    (out / "en.ass").unlink()
    assert "en.ass does not exist" in failure(burn(film("plain.mkv"), "en", check=False), out)
    assert not (out / "burned.mp4").exists()


def test_a_playlist_that_took_the_films_place_is_not_opened(burn, run_in, film, out: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    path.write_bytes(film("plain.mkv").read_bytes())
    ass(out / "en.ass", "Hello")
    burn(path, "en")
    (out / "burned.mp4").unlink()
    path.write_bytes(film("playlist.mkv").read_bytes())
    given = ("--media", path, "--info", out / "media.json", "--subtitle", out / "en.ass", "--language", "en")
    done = run_in("render", "stages/burn.py", *given, "--out", out / "burned.mp4", check=False)
    assert "it is a playlist" in failure(done, out)


def test_any_name_of_a_film_is_data(burn, preview, film, out: Path) -> None:
    ass(out / "en.ass", "Hello")
    burn(film(HOSTILE_NAME), "en")
    preview(film(HOSTILE_NAME), "en", "1")
    assert not (ROOT / "pwned").exists() and not (film(HOSTILE_NAME).parent / "pwned").exists()


def test_a_film_of_odd_size_and_wide_pixels_keeps_its_shape(burn, preview, out: Path, tmp_path: Path) -> None:
    """Letters are drawn for the shape on the screen: as high and as wide as in a film of square pixels."""
    wide = tmp_path / "wide.mkv"
    source = f"color=black:size={WIDTH // 2 + 1}x{HEIGHT + 1}:rate=5:d=2"
    run("-f", "lavfi", "-i", source, *tone(2), "-vf", "setsar=2", "-c:v", "ffv1", "-c:a", "aac", wide)
    ass(out / "hi.ass", WORDS["Deva"])
    preview(wide, "hi", "1")
    stretched = picture(out / "preview" / "00.00.01.000.png")
    preview(black_film(out), "hi", "1")
    square = picture(out / "preview" / "00.00.01.000.png")
    assert stretched.shape == (HEIGHT, WIDTH + 2)
    height, width = trimmed(stretched).shape
    assert (height, width) == pytest.approx(trimmed(square).shape, abs=3)
    burn(wide, "hi")
    with av.open(str(out / "burned.mp4")) as made:
        context = made.streams.video[0].codec_context
        assert (context.width, context.height, context.sample_aspect_ratio) == (WIDTH // 2, HEIGHT, 2)


def test_high_dynamic_range_becomes_standard(burn, out: Path, tmp_path: Path) -> None:
    bright = tmp_path / "hdr.mkv"
    x265 = "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
    picture = ("-f", "lavfi", "-i", f"color=0x808080:size={WIDTH}x{HEIGHT}:rate=5:d=1")
    run(*picture, *tone(1), "-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-x265-params", x265, "-c:a", "aac", bright)
    ass(out / "en.ass", "Hello")
    assert "in standard range" in burn(bright, "en").stderr
    with av.open(str(out / "burned.mp4")) as made:
        context = made.streams.video[0].codec_context
        assert (context.pix_fmt, context.color_trc) == ("yuv420p", 1)


# --- encoders ------------------------------------------------------------------------------------


def test_an_encoder_that_does_not_work_here_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = burnin.Picture(0, WIDTH, HEIGHT, burnin.Fraction(1), False, "")
    broken = stage_burn.Encoder("no_such_encoder", ())
    working = stage_burn.Encoder("mpeg4", ("-q:v", "3"))
    monkeypatch.setattr(stage_burn, "HARDWARE", {stage_burn.sys.platform: [broken, working]})
    assert stage_burn.encoder(picture, "") == working
    assert stage_burn.encoder(picture, "cpu") == stage_burn.X264
    monkeypatch.setattr(stage_burn, "HARDWARE", {stage_burn.sys.platform: [broken]})
    assert stage_burn.encoder(picture, "") == stage_burn.X264


# --- preview -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plain.mkv", "plain.mp4", "late_picture.mkv", "late.ts", "late.mpg"])
def test_the_preview_is_the_frame_of_the_burned_film(burn, preview, film, out: Path, name: str) -> None:
    ass(out / "en.ass", "", "Second", each=1.0, em=40)
    burn(film(name), "en")
    there = frames(out / "burned.mp4")
    for at in ("0.9", "1.0", "00:00:01.960", "2.02"):
        preview(film(name), "en", at)
        shown = [frame for time, frame in there if time <= float(at.rpartition(":")[2]) + 0.001]
        expected = shown[-1] if shown else there[0][1]
        found = picture(out / "preview" / stage_preview.name_of(stage_preview.seconds(at)))
        others = [float(np.abs(found - frame).mean()) for _, frame in there]
        assert float(np.abs(found - expected).mean()) == min(others), at


@pytest.mark.parametrize("moment", ["", "noon", "1:2:3:4", "-1", "$(touch pwned)", "1e3"])
def test_what_is_no_moment_is_refused(moment: str) -> None:
    with pytest.raises(Problem, match="is no moment of a film"):
        stage_preview.seconds(moment)


def test_a_moment_after_the_end_is_one_line(preview, film, out: Path) -> None:
    ass(out / "en.ass", "Hello")
    done = preview(film("plain.mkv"), "en", "1:00:00", check=False)
    assert done.returncode == 1 and "preview: film: the film ends at 0:04" in done.stderr
    assert list((out / "preview").iterdir()) == []
