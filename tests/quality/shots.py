"""How well cuts are found: in the demo film, and in films made here of moving, grainy, dark and flashing shots.

    envs/dev/bin/python -m tests.quality.shots out/shots

Prints the table of docs/quality.md: the stage, and PySceneDetect's adaptive detector alone with its own settings. A cut
is found where its frame is named, or one beside it. Dissolves, fades and flashes are no cuts.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2] / "stages"))
sys.path.insert(0, str(Path(__file__).parents[1] / "media"))

import films

ROOT = Path(__file__).parents[2]
WIDTH, HEIGHT = 320, 180
#: PySceneDetect by itself: what it finds, in seconds.
ALONE = """
import sys
from scenedetect import AdaptiveDetector, detect
print(*(start.seconds for start, _ in detect(sys.argv[1], AdaptiveDetector())[1:]))
"""


class Kind(NamedTuple):
    """A set of films: how their shots are made, and how one becomes the next."""

    name: str
    rate: str = "25"
    shortest: int = 12
    longest: int = 70
    #: What each shot goes through beside its own movement.
    look: str = "null"
    #: Chances that two shots are joined by a dissolve, or by a fade through black, and that one has a flash in it.
    dissolve: float = 0.0
    fade: float = 0.0
    flash: float = 0.0
    #: Seconds by which the picture begins after the sound.
    late: float = 0.0
    #: The time of frame N.
    shown: Callable[[int], float] | None = None
    times: str = ""


KINDS = (
    Kind("23.976 frames a second", rate="24000/1001"),
    Kind("25 frames a second", rate="25"),
    Kind("29.97 frames a second", rate="30000/1001"),
    Kind("50 frames a second", rate="50"),
    Kind("shots of 8 to 20 frames", shortest=8, longest=20),
    Kind(
        "dark: an eighth of the light", look="lutyuv=y='16+(val-16)*0.125':u='128+(val-128)*0.2':v='128+(val-128)*0.2'"
    ),
    Kind("without colour", look="hue=s=0"),
    Kind("the picture begins 0.8 s late", late=0.8),
    Kind(
        "varying frame rate",
        times="settb=1/1000,setpts='(N*0.04+mod(N,3)*0.013+if(gte(N,300),1.5,0))/TB'",
        shown=lambda n: n * 0.04 + n % 3 * 0.013 + (1.5 if n >= 300 else 0),
    ),
    Kind("a third dissolves", dissolve=0.35),
    Kind("a third fades through black", fade=0.35, shortest=24),
    Kind("flashes in half of the shots", flash=0.5, shortest=30),
)


class Shot(NamedTuple):
    source: str
    length: int
    #: How the one before becomes this one.
    join: str


def source(lots: random.Random, rate: str) -> str:
    """A picture twice as large as it is shown."""
    large, seed, scaled = (
        f"s={WIDTH * 2}x{HEIGHT * 2}:r={rate}",
        lots.randrange(10**6),
        f"scale={WIDTH * 2}:{HEIGHT * 2}",
    )
    colours = f"colorize=hue={lots.randrange(360)}:saturation={lots.uniform(0.2, 0.7):.2f}:mix=0.4"
    place = f"start_x={lots.uniform(-0.9, -0.6):.3f}:start_y={lots.uniform(-0.2, 0.2):.3f}"
    return lots.choice(
        [
            f"testsrc2={large}",
            f"mandelbrot=s={WIDTH}x{HEIGHT}:r={rate}:start_scale={lots.uniform(0.1, 2):.3f}:{place},{scaled}",
            f"mandelbrot={large}:start_scale={lots.uniform(0.05, 1):.3f}:{place},loop=loop=-1:size=1",
            f"life=s=80x45:r={rate}:ratio=0.3:seed={seed}:mold=10:mold_color=#{lots.randrange(2**24):06x},{scaled},{colours}",
            f"gradients={large}:seed={seed}:n={lots.randint(2, 6)}:speed={lots.uniform(0.005, 0.05):.3f}",
            f"cellauto=s=160x90:r={rate}:rule={lots.choice([30, 90, 110])}:seed={seed},gblur=6,{scaled},{colours}",
            f"sierpinski=s=160x90:r={rate}:seed={seed},gblur=5,{scaled}",
            f"perlin={large}:octaves=4:xscale=4:yscale=4:seed={seed},format=yuv420p,{colours}",
            f"smptehdbars={large}",
        ]
    )


def camera(lots: random.Random, rate: str) -> str:
    """Still, a slow pan, a fast one, held by hand, a zoom, or turning."""
    crop, x, y = f"crop={WIDTH}:{HEIGHT}", lots.randrange(WIDTH), lots.randrange(HEIGHT)
    pan = f"{crop}:'abs(mod({x}+n*{{speed:.2f}},{2 * WIDTH})-{WIDTH})':{y}"
    return lots.choice(
        [
            f"{crop}:{x}:{y}",
            pan.format(speed=lots.uniform(1, 4)),
            pan.format(speed=lots.uniform(5, 12)),
            f"{crop}:'{WIDTH // 2}+12*sin(n*1.7)+8*sin(n*0.9)':'{HEIGHT // 2}+10*cos(n*1.3)'",
            f"zoompan=z='1+0.01*on':x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2':d=1:s={WIDTH}x{HEIGHT}:fps={rate}",
            f"rotate=a='n*0.02':ow={WIDTH}:oh={HEIGHT}",
        ]
    )


def shot(lots: random.Random, kind: Kind, first: bool) -> Shot:
    length = lots.randint(kind.shortest, kind.longest)
    graph = f"{source(lots, kind.rate)},{camera(lots, kind.rate)},setsar=1,format=yuv420p"
    if lots.random() < 0.5:
        light, contrast = lots.uniform(-0.2, 0.15), lots.uniform(0.5, 1)
        graph += f",eq=brightness={light:.2f}:contrast={contrast:.2f}:saturation={lots.uniform(0.2, 1):.2f}"
    if lots.random() < 0.5:
        graph += f",noise=alls={lots.randint(4, 18)}:allf=t"
    graph += f",{kind.look}"
    if lots.random() < kind.flash:
        begin = lots.randint(8, length - 14)
        graph += f",eq=brightness=0.6:enable='between(n,{begin},{begin + lots.randint(0, 2)})'"
    chance = lots.random()
    soft = "dissolve" if chance < kind.dissolve else "fade" if chance < kind.dissolve + kind.fade else "cut"
    return Shot(graph, length, "cut" if first else soft)


def film(kind: Kind, seed: int, path: Path, count: int = 24) -> tuple[list[float], float]:
    """Makes a film of `count` shots; when its cuts are, in seconds, and how long a frame lasts."""
    lots = random.Random(seed)
    shots = [shot(lots, kind, number == 0) for number in range(count)]
    step, graph, cuts = float(1 / Fraction(kind.rate)), [], []
    for number, each in enumerate(shots):
        part = f"{each.source},trim=end_frame={each.length},setpts=PTS-STARTPTS"
        part += ",fade=in:0:8" if each.join == "fade" else ""
        part += (
            f",fade=out:{each.length - 8}:8"
            if shots[number + 1 : number + 2] and shots[number + 1].join == "fade"
            else ""
        )
        graph.append(f"{part},settb=AVTB,fps={kind.rate}[s{number}]")
    length, joined = shots[0].length, "s0"
    for number, each in enumerate(shots[1:], 1):
        soft = min(16, each.length - 4, shots[number - 1].length - 4)
        if each.join == "dissolve":
            join = f"xfade=duration={soft * step:.6f}:offset={(length - soft) * step:.6f}"
            length -= soft
        else:
            join = "concat"
            cuts += [length] if each.join == "cut" else []
        graph.append(f"[{joined}][s{number}]{join},fps={kind.rate}[j{number}]")
        joined, length = f"j{number}", length + each.length
    graph.append(f"[{joined}]{kind.times or 'null'},setpts=PTS+{kind.late}/TB[v]")
    coded = ("-c:v", "libx264", "-preset", "veryfast", "-g", 48, "-bf", 2, "-threads", 1, "-c:a", "aac")
    shown = ("-filter_complex_threads", 1, "-filter_complex", ";".join(graph), "-map", "[v]", "-map", "0:a")
    films.run(*films.tone(length * step + 3), *shown, "-fps_mode", "passthrough", *coded, path)
    when = kind.shown or (lambda number: number * step)
    return [when(cut) + kind.late for cut in cuts], step


def found(path: Path, folder: Path) -> list[float]:
    """What the stage finds."""
    for stage, env, more in (("probe", "common", ()), ("shots", "shots", ("--info", folder / "media.json"))):
        target = folder / {"probe": "media.json"}.get(stage, "shots.json")
        command = [
            ROOT / f"envs/{env}/bin/python",
            ROOT / f"stages/{stage}.py",
            "--media",
            path,
            *more,
            "--out",
            target,
        ]
        subprocess.run(command, check=True, capture_output=True)
    cuts: list[float] = json.loads((folder / "shots.json").read_text(encoding="utf-8"))["cuts"]
    return cuts


def found_alone(path: Path) -> list[float]:
    command = [ROOT / "envs/shots/bin/python", "-c", ALONE, path]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]


def hits(cuts: Sequence[float], truth: Sequence[float], tolerance: float) -> int:
    """How many cuts of the truth are found, each by another.

    >>> hits([1.0, 2.1, 2.2], [1.0, 2.0], 0.25)
    2
    """
    left, number = list(cuts), 0
    for cut in truth:
        near = min(left, key=lambda one: abs(one - cut), default=None)
        if near is not None and abs(near - cut) <= tolerance:
            left.remove(near)
            number += 1
    return number


class Score(NamedTuple):
    cuts: int = 0
    found: int = 0
    exact: int = 0
    near: int = 0

    def plus(self, cuts: Sequence[float], truth: Sequence[float], step: float) -> Score:
        each = len(truth), len(cuts), hits(cuts, truth, step / 2), hits(cuts, truth, step * 1.5)
        return Score(*(one + other for one, other in zip(self, each, strict=True)))

    def shares(self) -> str:
        """Precision and recall of exact frames, and with one of tolerance, in percent."""
        pairs = [(hit, max(1, of)) for hit in (self.exact, self.near) for of in (self.found, self.cuts)]
        return " | ".join("–" if not self.cuts and not self.found else f"{100 * hit / of:.1f}" for hit, of in pairs)


def main(folder: Path, seeds: range) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    demo = json.loads((ROOT / "tests/demo/truth.json").read_text(encoding="utf-8"))
    sets = [("the demo film", [(ROOT / "media/demo.mkv", demo["cuts"], float(1 / Fraction(demo["fps"])))])]
    print(
        "| films | cuts | P | R | P ±1 | R ±1 | alone: P | R | P ±1 | R ±1 |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    )
    for number, kind in enumerate(KINDS):
        made = []
        for seed in seeds:
            path = folder / f"{number}_{seed}.mkv"
            made.append((path, *film(kind, 1000 * number + seed, path)))
        sets.append((kind.name, made))
    totals = [Score(), Score()]
    for name, some in sets:
        scores = [Score(), Score()]
        for path, truth, step in some:
            for which, cuts in enumerate((found(path, folder), found_alone(path))):
                scores[which] = scores[which].plus(cuts, truth, step)
                totals[which] = totals[which].plus(cuts, truth, step)
        print(f"| {name} | {scores[0].cuts} | {scores[0].shares()} | {scores[1].shares()} |", flush=True)
    print(f"| all | {totals[0].cuts} | {totals[0].shares()} | {totals[1].shares()} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), range(2, 4))  # 0 and 1 helped to choose the settings
