"""Subtitles in the picture: what burning them in and the preview of one frame share.

libass draws them, inside ffmpeg: it shapes Indic letters and joins Arabic ones. It sees copies with harmless names in
a folder of their own: the subtitles, set in our fonts, and those fonts.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from samvad import containers, ffmpeg, fonts, languages, stage
from samvad.containers import Container
from samvad.documents import Media
from samvad.problem import Problem

#: Transfer characteristics of high dynamic range: PQ and HLG (ITU-T H.273).
HDR = {16, 18}
#: The matrix of a film that does not say so, and from how many lines on players take it for BT.709 all the same.
UNTOLD, HIGH_DEFINITION = 2, 720
#: To the range of common screens, before white letters of full brightness come in.
TO_SDR = (
    "zscale=t=linear:npl=100:pin=bt2020:min=bt2020nc", "format=gbrpf32le", "zscale=p=bt709", "tonemap=hable:desat=0",
    "zscale=t=bt709:m=bt709:r=tv",
)  # fmt: skip
FONTCONFIG = '<?xml version="1.0"?>\n<fontconfig><dir>{0}/fonts</dir><cachedir>{0}/cache</cachedir></fontconfig>\n'


class Picture(NamedTuple):
    """The film's video stream; `pixel` is the width of a pixel by its height."""

    stream: int
    width: int
    height: int
    pixel: Fraction
    hdr: bool
    #: The colours are written with this matrix; "" where the film says so itself.
    matrix: str


def picture_of(film: Path, container: Container, media: Media) -> Picture:
    """Raises: Problem when the film has no picture."""
    videos = [each for each in media.streams if each.kind == "video" and not containers.is_cover(each)]
    if not videos:
        raise Problem("the film has no picture")
    with containers.open_film(film, container) as opened:
        stream = containers.stream_of(opened, videos[0])
        context: Any = stream.codec_context
        pixel = Fraction(getattr(stream, "sample_aspect_ratio", None) or context.sample_aspect_ratio or 1)
        guessed = "bt709" if context.colorspace == UNTOLD and context.height >= HIGH_DEFINITION else ""
        return Picture(
            stream.index, context.width, context.height, pixel or Fraction(1), context.color_trc in HDR, guessed
        )


def filters(picture: Picture, folder: Path) -> str:
    """The filters that show the subtitles of a `prepared` folder."""
    where = {name: ffmpeg.escaped(str(folder / name)) for name in ("subtitles.ass", "fonts")}
    shown = f"ass=filename={where['subtitles.ass']}:fontsdir={where['fonts']}:shaping=complex"
    if picture.pixel != 1:  # the letters must not be stretched with the picture
        shown += f":original_size={round(picture.width * picture.pixel)}x{picture.height}"
    # Colours are stored for two by two pixels.
    return ",".join([*(TO_SDR if picture.hdr else ()), "crop=trunc(iw/2)*2:trunc(ih/2)*2", shown])


@contextmanager
def prepared(subtitle: Path, language: str, run: stage.Run) -> Iterator[Path]:
    """A folder with the subtitles and their fonts, as `filters` wants it; says which letters have no font.

    Raises: Problem when there are no subtitles in the file.
    """
    script = languages.language(language).script
    subtitles = read(subtitle)
    files, unknown = fonts.dress(subtitles, script)
    if unknown:
        listed = " ".join(f"{letter} (U+{ord(letter):04X})" for letter in unknown[:10] if letter.isprintable())
        run.say(f"  no font here has {listed or 'some control characters'}: shown as boxes")
    subtitles.info["Language"] = language
    with tempfile.TemporaryDirectory(prefix="samvad-") as name:
        folder = Path(name)
        (folder / "fonts").mkdir()
        for number, file in enumerate(files):
            (folder / "fonts" / f"{number}.ttf").symlink_to(file)
        (folder / "fonts.conf").write_text(FONTCONFIG.format(escape(name)), encoding="utf-8")
        # What else is installed here must change nothing.
        os.environ["FONTCONFIG_FILE"] = str(folder / "fonts.conf")
        subtitles.save(str(folder / "subtitles.ass"))
        run.facts["fonts"] = [file.name for file in files]
        yield folder


def read(subtitle: Path) -> Any:
    """The subtitles of an ASS file. Raises: Problem when there are none in it."""
    import pysubs2

    damaged = Problem(f"{subtitle} is damaged", f"Remove it and type: make {subtitle}")
    try:
        text = subtitle.read_text(encoding="utf-8-sig")
        found = pysubs2.SSAFile.from_string(text, "ass")
    except FileNotFoundError:
        raise Problem(f"{subtitle} does not exist", f"make {subtitle}") from None
    except (ValueError, pysubs2.exceptions.Pysubs2Error):
        raise damaged from None
    if "[Events]" not in text:  # pysubs2 takes anything
        raise damaged
    if not any(event.plaintext.strip() for event in found):
        raise Problem(f"{subtitle} has no cues: nobody speaks")
    return found
