"""A sheet to draw a film frame on: flat shapes with smooth edges, placed in frame pixels.

canvas = Canvas("#1b2440", "#f2b48a")
canvas.disc(320, 180, 40, "#f7e8d0")
canvas.frame().save("sun.png")
"""

from functools import cache
from math import sin

import fontpkg
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 640, 360
# Shapes are drawn at twice the size and scaled down, which smooths their edges.
SCALE = 2

Colour = str
Point = tuple[float, float]

# The film's palette.
NIGHT, DUSK, PEACH, CREAM = "#1b2440", "#46507c", "#f2b48a", "#f7e8d0"
RUST, TEAL, OCHRE, SKIN, INK = "#a8452f", "#2f6b6d", "#d99a3a", "#b97a56", "#1c1a22"
GLOW, STEEL, PLUM, MIST = "#ffe2a0", "#8b93a7", "#5a2f4e", "#c9cfdb"
YELLOW, HAIR = "#f0c83c", "#3b3230"


@cache
def _gradient(top: Colour, bottom: Colour) -> Image.Image:
    ramp = Image.linear_gradient("L").resize((WIDTH * SCALE, HEIGHT * SCALE))
    above, below = (Image.new("RGB", ramp.size, colour) for colour in (top, bottom))
    return Image.composite(below, above, ramp)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(str(fontpkg.path("Noto Sans Devanagari")), size * SCALE)
    weight, width = 600, 100
    font.set_variation_by_axes([weight, width])
    return font


class Canvas:
    """Draws in frame pixels, (0, 0) at the top left."""

    def __init__(self, top: Colour, bottom: Colour) -> None:
        """Starts from a background that runs from one colour at the top to another at the bottom."""
        self._image = _gradient(top, bottom).copy()
        self._pen = ImageDraw.Draw(self._image)

    def frame(self) -> Image.Image:
        """The finished picture, 640x360."""
        return self._image.reduce(SCALE)

    def box(self, x: float, y: float, w: float, h: float, colour: Colour, radius: float = 0) -> None:
        """A rectangle from its top left corner, with rounded corners where a radius is given."""
        corners = [n * SCALE for n in (x, y, x + w, y + h)]
        self._pen.rounded_rectangle(corners, radius * SCALE, fill=colour)

    def disc(self, x: float, y: float, rx: float, colour: Colour, ry: float | None = None) -> None:
        """A disc round its centre, or an ellipse where a second radius is given."""
        ry = rx if ry is None else ry
        self._pen.ellipse([n * SCALE for n in (x - rx, y - ry, x + rx, y + ry)], fill=colour)

    def shape(self, points: list[Point], colour: Colour) -> None:
        """A filled polygon."""
        self._pen.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=colour)

    def line(self, points: list[Point], colour: Colour, width: float = 2) -> None:
        """A line through all points."""
        self._pen.line([(x * SCALE, y * SCALE) for x, y in points], colour, round(width * SCALE), joint="curve")

    def arc(self, x: float, y: float, rx: float, ry: float, start: int, end: int, colour: Colour, width: float) -> None:
        """A part of an ellipse's outline, between two angles in degrees, clockwise from the right."""
        corners = [n * SCALE for n in (x - rx, y - ry, x + rx, y + ry)]
        self._pen.arc(corners, start, end, colour, round(width * SCALE))

    def text(self, x: float, y: float, words: str, size: int, colour: Colour) -> None:
        """Words centred on a point."""
        self._pen.text((x * SCALE, y * SCALE), words, colour, _font(size), anchor="mm")

    def steam(self, x: float, y: float, seconds: float, colour: Colour) -> None:
        """Three strands that rise from a point and sway."""
        for strand in (-7, 0, 7):
            sway = [(x + strand + n / 9 * sin(n / 7 - 3 * seconds + strand), y - n) for n in range(0, 44, 3)]
            self.line(sway, colour, 1.5)
