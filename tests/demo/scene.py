"""The shots of the demo film, drawn by code: a few colours each, something always moving.

In:  the name of a picture, the seconds since its shot began, how loud the speaker is.
Out: one frame, 640x360.

    from scene import draw
    draw("stall", seconds=1.5).save("frame.png")
"""

from collections.abc import Callable
from math import cos, pi, sin
from typing import NamedTuple

from canvas import (
    CREAM,
    DUSK,
    GLOW,
    HAIR,
    HEIGHT,
    INK,
    MIST,
    NIGHT,
    PEACH,
    PLUM,
    RUST,
    SKIN,
    STEEL,
    TEAL,
    WIDTH,
    YELLOW,
    Canvas,
    Colour,
    Point,
)
from people import figure, man, woman
from PIL import Image

Drawing = Callable[[Canvas, float, float], None]


class Picture(NamedTuple):
    """What one shot shows: a background and what is drawn on it, given seconds and loudness."""

    top: Colour
    bottom: Colour
    drawing: Drawing


PICTURES: dict[str, Picture] = {}


def picture(top: Colour, bottom: Colour) -> Callable[[Drawing], Drawing]:
    """Lists a drawing in `PICTURES` under its function's name."""

    def enlist(drawing: Drawing) -> Drawing:
        PICTURES[drawing.__name__] = Picture(top, bottom, drawing)
        return drawing

    return enlist


def draw(name: str, seconds: float, loudness: float = 0.0) -> Image.Image:
    """One frame of a picture.

    Args:
        name: a key of `PICTURES`.
        seconds: time since the cut to this picture.
        loudness: 0 to 1; how far the speaker's mouth is open.
    """
    top, bottom, drawing = PICTURES[name]
    canvas = Canvas(top, bottom)
    drawing(canvas, seconds, loudness)
    return canvas.frame()


def spoke(x: float, y: float, length: float, turn: float) -> list[Point]:
    """A hand of a clock: `turn` is 0 to 1, from twelve o'clock."""
    return [(x, y), (x + length * sin(2 * pi * turn), y - length * cos(2 * pi * turn))]


def lamps(canvas: Canvas, seconds: float, colour: Colour) -> None:
    """Lights out of focus that drift across the background."""
    for n in range(9):
        x = (n * 97 + 9 * seconds * (1 + n % 3)) % (WIDTH + 80) - 40
        canvas.disc(x, 60 + (n * 53) % 170, 10 + 5 * (n % 4), colour)


@picture(NIGHT, PEACH)
def title(canvas: Canvas, seconds: float, loudness: float) -> None:
    """The film's name over rails that run into the setting sun."""
    canvas.disc(320, 215 + 5 * seconds, 70, GLOW)
    canvas.box(0, 236, WIDTH, 124, "#33294a")
    for n in range(12):
        depth = ((n + seconds) % 12 / 12) ** 2
        canvas.box(320 - 40 - 260 * depth, 238 + 122 * depth, 80 + 520 * depth, 1 + 9 * depth, "#4d3f63")
    for side in (-1, 1):
        rail = [(8, 236), (190, 360), (206, 360), (10, 236)]
        canvas.shape([(320 + side * x, y) for x, y in rail], STEEL)
    canvas.text(320, 110, "दो घंटे", 56, CREAM)


@picture(DUSK, PEACH)
def platform(canvas: Canvas, seconds: float, loudness: float) -> None:
    """The whole platform: two people under a roof, clouds passing."""
    for n in range(4):
        x = (n * 210 + 14 * seconds) % (WIDTH + 160) - 80
        canvas.disc(x, 120 + 18 * (n % 2), 60, "#d9a89a", 9)
        canvas.disc(x + 26, 113 + 18 * (n % 2), 32, "#d9a89a", 9)
    canvas.shape([(0, 40), (WIDTH, 84), (WIDTH, 98), (0, 64)], RUST)
    for x in (70, 250, 430, 600):
        canvas.box(x, 50 + x / 14, 10, 250, "#3a3550")
    canvas.box(150, 128, 200, 54, YELLOW, 4)
    canvas.text(250, 155, "रामपुर", 28, INK)
    canvas.box(0, 290, WIDTH, 70, "#6b5a6a")
    canvas.box(0, 290, WIDTH, 7, YELLOW)
    figure(canvas, 380 + 4 * seconds, 330, PLUM, INK)
    figure(canvas, 520, 330, TEAL, HAIR)
    canvas.box(540, 300, 30, 30, "#7b4a2c", 4)


@picture("#23484f", "#7fa69a")
def mohan(canvas: Canvas, seconds: float, loudness: float) -> None:
    """Mohan, close."""
    lamps(canvas, seconds, "#5b8c88")
    man(canvas, 380, seconds, loudness)


@picture("#6d3350", "#e0a070")
def meera(canvas: Canvas, seconds: float, loudness: float) -> None:
    """Meera, close."""
    lamps(canvas, -seconds, "#a85f62")
    woman(canvas, 250, seconds, loudness)


@picture("#2a3f52", "#54788a")
def clock(canvas: Canvas, seconds: float, loudness: float) -> None:
    """The station clock at five, its second hand going round."""
    canvas.box(310, 0, 20, 70, INK)
    canvas.disc(320, 180, 132, INK)
    canvas.disc(320, 180, 120, CREAM)
    for hour in range(12):
        canvas.line([spoke(320, 180, reach, hour / 12)[1] for reach in (98, 112)], INK, 5 if hour % 3 == 0 else 2)
    canvas.line(spoke(320, 180, 66, 5 / 12 + seconds / 43200), INK, 8)
    canvas.line(spoke(320, 180, 98, seconds / 3600), INK, 5)
    canvas.line(spoke(320, 180, 104, (40 + seconds) / 60), RUST, 2)
    canvas.disc(320, 180, 8, RUST)


@picture("#151b33", "#3a3358")
def stall(canvas: Canvas, seconds: float, loudness: float) -> None:
    """A tea stall in the dark: striped awning, kettle on the fire, a lamp that swings."""
    swing = 14 * sin(1.6 * seconds)
    canvas.disc(330 + swing, 190, 190, "#57443f", 130)
    canvas.disc(330 + swing, 185, 120, "#80603f", 84)
    for n in range(10):
        stripe = [(90 + 46 * n, 70), (136 + 46 * n, 70), (140 + 47 * n, 116), (92 + 47 * n, 116)]
        canvas.shape(stripe, (RUST, CREAM)[n % 2])
    canvas.line([(330, 70), (330 + swing, 146)], INK, 2)
    canvas.disc(330 + swing, 152, 10, GLOW)
    canvas.box(110, 250, 430, 80, "#6b4428", 4)
    canvas.box(110, 250, 430, 10, "#8f5e38", 4)
    canvas.disc(220, 226, 34, STEEL, 26)
    canvas.box(204, 192, 32, 12, STEEL, 5)
    canvas.line([(250, 222), (276, 200)], STEEL, 8)
    canvas.steam(278, 192, seconds, MIST)
    for n in range(4):
        canvas.box(360 + 36 * n, 226, 20, 26, "#c58a4a", 4)
    figure(canvas, 56, 346, TEAL, HAIR)
    figure(canvas, 590, 346, PLUM, INK)


@picture("#4a2b23", "#b5683a")
def cups(canvas: Canvas, seconds: float, loudness: float) -> None:
    """Two glasses of tea on a table, steaming."""
    canvas.disc(320 + 12 * seconds, 90, 70, "#8a4d31")
    canvas.disc(120 + 6 * seconds, 60, 40, "#8a4d31")
    canvas.box(0, 262, WIDTH, 98, "#5f341f")
    for x in (250, 390):
        canvas.disc(x, 292, 58, "#472515", 12)
        canvas.shape([(x - 42, 170), (x + 42, 170), (x + 32, 292), (x - 32, 292)], "#e9c79a")
        canvas.shape([(x - 39, 190), (x + 39, 190), (x + 31, 288), (x - 31, 288)], "#b0713a")
        canvas.disc(x, 190, 39, "#c98d52", 7)
        canvas.steam(x, 160, seconds + x, "#eddcc6")


@picture("#101830", "#31466e")
def hills(canvas: Canvas, seconds: float, loudness: float) -> None:
    """Night over the hills: the moon rises and a far train goes by."""
    for n in range(40):
        canvas.disc((n * 167) % WIDTH, (n * 71) % 190, 1 + n % 2 * 0.6, MIST)
    canvas.disc(470, 120 - 6 * seconds, 34, CREAM)
    canvas.disc(458, 114 - 6 * seconds, 30, "#1b2746")
    for base, height, colour in ((250, 60, "#223358"), (285, 46, "#182543")):
        crest = [(x, base - height * sin(x / 97 + base) * cos(x / 211)) for x in range(0, WIDTH + 20, 20)]
        canvas.shape([(0, HEIGHT), *crest, (WIDTH, HEIGHT)], colour)
    for n in range(6):
        x = 38 * seconds - 60 + 52 * n
        canvas.box(x, 304, 48, 16, INK, 3)
        for window in range(4):
            canvas.box(x + 5 + 11 * window, 308, 6, 5, GLOW)
    canvas.box(0, 322, WIDTH, 38, "#0d1426")


@picture("#8a6a4a", "#5b432e")
def letter(canvas: Canvas, seconds: float, loudness: float) -> None:
    """The letter in Mohan's hands, lines of writing, coming slowly nearer."""
    grow = 1 + 0.012 * seconds
    left, top, width = 320 - 130 * grow, 180 - 150 * grow, 260 * grow
    canvas.box(left + 8, top + 8, width, 320 * grow, "#4a3524")
    canvas.box(left, top, width, 320 * grow, CREAM)
    canvas.text(320, top + 34 * grow, "प्रिय मोहन,", round(15 * grow), INK)
    for n in range(8):
        y = top + (66 + 24 * n) * grow
        words = [(left + (24 + 5 * k) * grow, y + 2 * sin(1.9 * k + n)) for k in range(40 if n % 3 else 34)]
        canvas.line(words, "#3d4a75", 1.6)
    for x in (left - 4, left + width + 4):
        canvas.disc(x, 270, 34, SKIN, 22)


@picture("#0d1226", "#2b3358")
def train(canvas: Canvas, seconds: float, loudness: float) -> None:
    """The train comes in: its headlamp grows."""
    size = 0.35 + 0.16 * seconds
    x, y = 380 - 20 * seconds, 190 + 10 * seconds
    canvas.shape([(x, y), (640, 300), (640, 360), (0, 360)], "#4a4358")
    canvas.disc(x, y, 150 * size, "#38406a")
    canvas.disc(x, y, 100 * size, "#59598a")
    canvas.box(x - 70 * size, y - 90 * size, 140 * size, 180 * size, RUST, 22 * size)
    canvas.box(x - 52 * size, y - 70 * size, 104 * size, 46 * size, NIGHT, 8 * size)
    canvas.box(x - 70 * size, y + 46 * size, 140 * size, 14 * size, YELLOW)
    canvas.disc(x, y + 10 * size, 26 * size, GLOW)
    canvas.disc(x, y + 10 * size, 15 * size, "#ffffff")
    figure(canvas, 500, 350, PLUM, INK)
    figure(canvas, 550, 352, TEAL, HAIR)
