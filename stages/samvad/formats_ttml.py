"""TTML by the text profile of IMSC 1.1 (https://www.w3.org/TR/ttml-imsc1.1/), written by ttconv."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from samvad.formats import Shown
from samvad.languages import language as language_of


def ttml(cues: Sequence[Shown], language: str) -> str:
    """The cues as a TTML file: times as clock times of the film, all text in one region at the bottom."""
    from ttconv import model  # type: ignore[import-untyped]
    from ttconv.imsc import attributes, config, designators, writer  # type: ignore[import-untyped]

    document = model.ContentDocument()
    document.set_lang(language)
    document.set_content_profiles({designators.IMSC_11_TEXT_PROFILE_DESIGNATOR})
    body, division = model.Body(document), model.Div(document)
    document.set_body(body)
    body.set_region(_region(document))
    body.push_child(division)
    for number, cue in enumerate(cues, start=1):
        division.push_child(_paragraph(document, f"cue{number}", cue, language))
    clock_times = config.IMSCWriterConfiguration(
        time_format=attributes.TimeExpressionSyntaxEnum.clock_time,
        profile_signaling=config.ContentProfilesSignaling.CONTENT_PROFILES,
    )
    tree = writer.from_model(document, clock_times)
    for element in tree.iter():
        if element.tag.endswith(("}head", "}body", "}div", "}p")):
            element.tail = "\n"  # a line for each cue; inside, every space is text
    file = io.BytesIO()
    tree.write(file, encoding="utf-8", xml_declaration=True)
    return file.getvalue().decode("utf-8") + "\n"


def _region(document: Any) -> Any:
    """Nearly all of the picture, filled from below: white letters with a black edge, a twentieth of its height."""
    from ttconv import model, style_properties
    from ttconv.style_properties import LengthType, StyleProperties  # type: ignore[import-untyped]

    black, white = style_properties.NamedColors.black.value, style_properties.NamedColors.white.value
    region = model.Region("bottom", document)
    for name, value in {
        StyleProperties.Origin: style_properties.CoordinateType(LengthType(5), LengthType(5)),
        StyleProperties.Extent: style_properties.ExtentType(LengthType(90), LengthType(90)),
        StyleProperties.DisplayAlign: style_properties.DisplayAlignType.after,
        StyleProperties.TextAlign: style_properties.TextAlignType.center,
        StyleProperties.FontFamily: (style_properties.GenericFontFamilyType.proportionalSansSerif,),
        # Of a cell, and there are fifteen from top to bottom.
        StyleProperties.FontSize: LengthType(75),
        StyleProperties.Color: white,
        StyleProperties.TextOutline: style_properties.TextOutlineType(LengthType(5), black),
    }.items():
        region.set_style(name, value)
    document.put_region(region)
    return region


def _paragraph(document: Any, name: str, cue: Shown, language: str) -> Any:
    from ttconv import model, style_properties
    from ttconv.style_properties import StyleProperties

    paragraph = model.P(document)
    paragraph.set_id(name)
    paragraph.set_begin(Fraction(cue.start, 1000))
    paragraph.set_end(Fraction(cue.end, 1000))
    paragraph.set_space(model.WhiteSpaceHandling.PRESERVE)
    if language_of(language).script == "Arab":
        paragraph.set_style(StyleProperties.Direction, style_properties.DirectionType.rtl)
        paragraph.set_style(StyleProperties.UnicodeBidi, style_properties.UnicodeBidiType.embed)
    for number, line in enumerate(cue.lines):
        if number:
            line_break = model.Br(document)
            line_break.set_space(model.WhiteSpaceHandling.PRESERVE)
            paragraph.push_child(line_break)
        span = model.Span(document)
        span.set_space(model.WhiteSpaceHandling.PRESERVE)
        if cue.italic:
            span.set_style(StyleProperties.FontStyle, style_properties.FontStyleType.italic)
        span.push_child(model.Text(document, line))
        paragraph.push_child(span)
    return paragraph
