"""The two people of the demo film, from afar and from near.

man(canvas, 380, seconds=1.5, loudness=0.4)
"""

from math import sin

from canvas import GLOW, HAIR, INK, OCHRE, PLUM, RUST, SKIN, TEAL, Canvas, Colour


def figure(canvas: Canvas, x: float, y: float, coat: Colour, hair: Colour) -> None:
    """A person seen from afar, standing at a point."""
    canvas.box(x - 9, y - 22, 7, 24, INK, 3)
    canvas.box(x + 2, y - 22, 7, 24, INK, 3)
    canvas.box(x - 14, y - 70, 28, 54, coat, 12)
    canvas.disc(x, y - 82, 10, SKIN)
    canvas.disc(x, y - 87, 10, hair, 7)


def nod(seconds: float) -> float:
    """How high a head is held."""
    return 160 + 2 * sin(1.7 * seconds)


def face(canvas: Canvas, x: float, seconds: float, loudness: float) -> None:
    """What both faces share: they nod a little, blink every four seconds and open their mouths when they speak."""
    y = nod(seconds)
    canvas.box(x - 20, y + 40, 40, 70, "#a56a48", 14)
    canvas.disc(x, y, 62, SKIN, 76)
    eye = 1 if seconds % 4 > 3.85 else 6
    for side in (-1, 1):
        canvas.disc(x + side * 25, y - 10, 7, INK, eye)
        canvas.arc(x + side * 25, y - 20, 15, 9, 205, 335, INK, 3)
    canvas.line([(x, y - 2), (x - 6, y + 18), (x + 3, y + 19)], "#96603f", 2.5)
    canvas.disc(x, y + 42, 19 - 5 * loudness, "#7d2f2f", 3 + 12 * loudness)


def man(canvas: Canvas, x: float, seconds: float, loudness: float) -> None:
    """Mohan: a teal coat, a scarf, a moustache."""
    y = nod(seconds)
    canvas.disc(x, 390, 150, TEAL, 130)
    face(canvas, x, seconds, loudness)
    hair = [(-62, -20), (-56, -66), (0, -88), (56, -66), (62, -20), (46, -42), (-40, -46)]
    canvas.shape([(x + dx, y + dy) for dx, dy in hair], HAIR)
    canvas.box(x - 28, y + 25, 56, 9, HAIR, 5)
    canvas.box(x - 64, 256, 128, 34, OCHRE, 16)


def woman(canvas: Canvas, x: float, seconds: float, loudness: float) -> None:
    """Meera: long hair, a bindi, earrings that swing."""
    y = nod(seconds)
    canvas.disc(x, y - 8, 84, INK, 96)
    canvas.box(x - 84, y, 168, 150, INK, 40)
    canvas.disc(x, 396, 140, PLUM, 130)
    face(canvas, x, seconds, loudness)
    hair = [(-64, -10), (-54, -70), (0, -86), (54, -70), (64, -10), (36, -52), (0, -62), (-36, -52)]
    canvas.shape([(x + dx, y + dy) for dx, dy in hair], INK)
    canvas.disc(x, y - 36, 5, RUST)
    for side in (-1, 1):
        canvas.disc(x + side * 62 + 2 * sin(4 * seconds), y + 34, 6, GLOW)
