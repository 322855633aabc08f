"""Makes the demo film and its truth from scratch: voices, music, pictures and all.

In:  dialogue.toml beside this file.
Out: a film with Hindi speech, an English commentary and chapters, and what is true of it, as JSON.

    envs/voices/bin/python tests/demo/make_demo.py --film media/demo.mkv --truth tests/demo/truth.json
"""

import json
import subprocess
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import imageio_ffmpeg
import numpy as np
from canvas import HEIGHT, WIDTH
from scene import draw
from sound import mix
from storyboard import FPS, Storyboard, lay_out, read
from voices import RATE, Samples

SCRIPT = Path(__file__).with_name("dialogue.toml")


def truth(board: Storyboard) -> dict[str, Any]:
    """What a perfect listener and viewer would write down; times in seconds, to the millisecond."""

    def span(start: float, end: float) -> dict[str, float]:
        return {"start": round(start, 3), "end": round(end, 3)}

    return {
        "title": board.title,
        "duration": round(board.duration, 3),
        "fps": "24/1",
        "lines": [
            {"speaker": line.speaker, "hi": line.hi, "en": line.en, **span(line.start, line.end)}
            for line in board.lines
        ],
        "music": [span(*stretch) for stretch in board.music],
        "cuts": [round(cut, 3) for cut in board.cuts],
        "chapters": [{**span(start, end), "title": title} for start, end, title in board.chapters],
        "commentary": {
            "language": "en",
            "title": "Commentary",
            "lines": [{"en": line.en, **span(line.start, line.end)} for line in board.commentary],
        },
    }


def metadata(board: Storyboard) -> str:
    """Title and chapters as ffmpeg reads them; neither may hold `=`, `;`, `#`, a backslash or a line break."""
    chapters = [
        f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start * 1000:.0f}\nEND={end * 1000:.0f}\ntitle={title}\n"
        for start, end, title in board.chapters
    ]
    return f";FFMETADATA1\ntitle={board.title}\n" + "".join(chapters)


def write_wav(path: Path, samples: Samples) -> None:
    """Samples as 16-bit mono."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((samples * 32767).round().astype("<i2").tobytes())


def frames(board: Storyboard, dialogue: Samples) -> Iterator[bytes]:
    """Every frame of the film, as RGB bytes; a face moves its mouth when its own lines are heard."""
    for shot in board.shots:
        own = [line for line in board.lines if line.speaker == shot.picture]
        for frame in range(round(shot.start * FPS), round(shot.end * FPS)):
            now = frame / FPS
            speaking = any(line.start <= now < line.end for line in own)
            heard = dialogue[int(now * RATE) :][: RATE // FPS]
            loudness = min(1.0, 5 * float(np.sqrt(np.mean(heard**2)))) if speaking else 0.0
            yield draw(shot.picture, now - shot.start, loudness).tobytes()


def ffmpeg_command(folder: Path, film: Path) -> list[str | Path]:
    """Frames from standard input and the two tracks of a folder, muxed so that the same input gives the same bytes."""
    return [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y"),
        *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", "-"),
        *("-i", folder / "hindi.wav", "-i", folder / "commentary.wav"),
        *("-f", "ffmetadata", "-i", folder / "metadata.txt"),
        *("-map", "0:v", "-map", "1:a", "-map", "2:a", "-map_metadata", "3", "-map_chapters", "3"),
        # One thread: with more, x264's output depends on how many cores there are.
        *("-c:v", "libx264", "-preset", "slow", "-crf", "26", "-pix_fmt", "yuv420p", "-threads", "1"),
        *("-c:a", "libopus", "-ar", "48000", "-b:a", "56k"),
        *("-disposition:v:0", "default"),
        *("-metadata:s:a:0", "language=hin", "-metadata:s:a:0", "title=हिन्दी"),
        *("-disposition:a:0", "default"),
        *("-metadata:s:a:1", "language=eng", "-metadata:s:a:1", "title=Commentary"),
        *("-disposition:a:1", "comment"),
        *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", film),
    ]


@click.command()
@click.option("--film", "film_file", required=True, type=click.Path(path_type=Path), help="such as media/demo.mkv")
@click.option("--truth", "truth_file", required=True, type=click.Path(path_type=Path), help="such as truth.json")
def main(film_file: Path, truth_file: Path) -> None:
    """Makes the demo film and its truth."""
    board = lay_out(read(SCRIPT))
    dialogue = mix(board.duration, board.lines, board.music)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_wav(folder / "hindi.wav", dialogue)
        write_wav(folder / "commentary.wav", mix(board.duration, board.commentary))
        (folder / "metadata.txt").write_text(metadata(board), encoding="utf-8")
        made = folder / "film.mkv"
        with subprocess.Popen(ffmpeg_command(folder, made), stdin=subprocess.PIPE) as muxer:
            for frame in frames(board, dialogue):
                muxer.stdin.write(frame)
            muxer.stdin.close()
        if muxer.returncode:
            raise click.ClickException(f"ffmpeg gave up with status {muxer.returncode}")
        film_file.write_bytes(made.read_bytes())
    truth_file.write_text(json.dumps(truth(board), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
