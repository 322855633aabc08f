"""Small films for the tests, made by the carried ffmpeg: each shows one thing that real films do.

`make(name, folder)` writes the film of that name and returns its path. Their speech is a tone, so
that a test can measure when it is heard; how it measures stands at the end.
"""

from __future__ import annotations

import subprocess
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np

from samvad import ffmpeg

#: Seconds: when the tone of a late track begins, and how long the films are.
LATE = 1.2
LENGTH = 4.0
#: What the names of paths may hold; all of it is data.
HOSTILE_NAME = """-i $(touch pwned) `x` "a" 'b' %03d; संवाद.mkv"""

OLD_SRT = """1
00:00:00,500 --> 00:00:01,500
<i>Old</i> subtitle
of two lines

2
00:00:02,000 --> 00:00:03,000
1942
"""

METADATA = """;FFMETADATA1
title=A film; with = signs
artist=Nobody
[CHAPTER]
TIMEBASE=1/1000
START=0
END=1500
title=पहला भाग
[CHAPTER]
TIMEBASE=1/1000
START=1500
END=4000
title=Two
"""

PICTURE = ("-f", "lavfi", "-i", f"testsrc2=s=160x120:r=25:d={LENGTH}")
H264 = ("-c:v", "libx264", "-bf", "2", "-g", "25", "-threads", "1")


def run(*arguments: object) -> None:
    """ffmpeg with these arguments; the test fails with its words."""
    command = [str(ffmpeg.program()), "-nostdin", "-hide_banner", "-v", "error", "-y", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def tone(seconds: float = LENGTH, hertz: int = 440, late: float = 0.0) -> tuple[str, ...]:
    """An input of one tone; a late one has no packets before it begins."""
    return ("-itsoffset", str(late), "-f", "lavfi", "-i", f"sine=f={hertz}:d={seconds}:r=48000")


def plain(path: Path) -> None:
    run(*PICTURE, *tone(), *H264, "-c:a", "aac", path)


def late(path: Path) -> None:
    codecs = {
        ".mp4": (*H264, "-c:a", "aac"),
        ".mkv": (*H264, "-c:a", "libopus"),
        ".ts": (*H264, "-c:a", "ac3"),
        ".mpg": ("-c:v", "mpeg2video", "-bf", "2", "-c:a", "mp2"),
        ".ogv": ("-c:v", "libtheora", "-c:a", "libvorbis"),
        ".flv": (*H264, "-c:a", "aac"),
    }
    run(*PICTURE, *tone(2.5, late=LATE), *codecs[path.suffix], path)


def late_picture(path: Path) -> None:
    """The other way round: the sound begins with the film, the picture 0.8 s later."""
    run("-itsoffset", "0.8", *PICTURE, *tone(), "-map", "0:v", "-map", "1:a", *H264, "-c:a", "aac", path)


def clock_jump(path: Path) -> None:
    """Two recordings in one file: after 4 s the clock falls back from 54 s to 25 s."""
    parts = []
    for number, offset in enumerate((50, 25)):
        parts.append(path.with_name(f"part{number}.ts"))
        delay = ("-af", f"adelay={1000 + 200 * number}")
        run(*PICTURE, *tone(1), *delay, *H264, "-c:a", "ac3", "-output_ts_offset", offset, parts[-1])
    path.write_bytes(b"".join(part.read_bytes() for part in parts))


def gap(path: Path) -> None:
    """One audio stream with nothing between 1 s and 2.5 s."""
    silence = "aselect='not(between(t,1,2.5))'"
    run(*PICTURE, *tone(), "-af", silence, *H264, "-c:a", "pcm_s16le", path)


def long_gap(path: Path) -> None:
    """A second of sound, ten seconds without a packet, another second, under a picture that goes on."""
    codec = {".mkv": "libopus", ".ts": "ac3"}[path.suffix]
    picture = ("-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=12")
    run(*picture, *tone(12), *H264, "-c:a", codec, "-bsf:a", "noise=drop='between(pts*tb,1,11)'", path)


def plain_gap(path: Path) -> None:
    """A gap in sound that already is what audio.wav holds: nothing else has to be converted."""
    silence = "aselect='not(between(t,1,2.5))'"
    run(*PICTURE, *tone(), "-af", f"aresample=16000,{silence}", *H264, "-c:a", "pcm_s16le", path)


def before_zero(path: Path) -> None:
    """An edit list that begins in the middle: half a second of the sound comes before the film."""
    late_tone = ("-af", "adelay=1000", "-ac", "1")
    run(*PICTURE, "-itsoffset", "-0.5", *tone(1)[2:], *late_tone, *H264, "-c:a", "aac", path)


def early_sound(path: Path) -> None:
    """Times below zero: the sound begins 0.5 s before the picture, whose first time is 0."""
    given = ("-itsoffset", "-0.5", *tone(1)[2:], "-af", "adelay=1000", "-ac", "1")
    run(*PICTURE, *given, *H264, "-c:a", "pcm_s16le", "-avoid_negative_ts", "disabled", path)


def varying(path: Path) -> None:
    """A broadcast that changes from stereo at 48 kHz to 5.1 at 44.1 kHz; tones at 0–3 s and 4–5 s."""
    parts = [path.with_name(f"part{number}.ts") for number in range(2)]
    run(*tone(3), "-af", "pan=stereo|c0=c0|c1=c0", "-c:a", "ac3", parts[0])
    surround = ("-af", "aresample=44100,adelay=1000,pan=5.1|c2=c0", "-c:a", "ac3")
    run(*tone(1), *surround, "-output_ts_offset", 3, parts[1])
    path.write_bytes(b"".join(part.read_bytes() for part in parts))


def turns_stereo(path: Path) -> None:
    """A broadcast that changes from 5.1 to stereo after 2 s, for 12 s; tones all the time."""
    parts = [path.with_name(f"half{number}.ts") for number in range(2)]
    run(*tone(2), "-af", "pan=5.1|c2=c0", "-c:a", "ac3", parts[0])
    run(*tone(12), "-af", "pan=stereo|c0=c0|c1=c0", "-c:a", "ac3", "-output_ts_offset", 2, parts[1])
    path.write_bytes(b"".join(part.read_bytes() for part in parts))


def channels(pan: str, *codec: str) -> Callable[[Path], None]:
    """A film whose tone (1 s to 3 s) is on the channels that `pan` says."""

    def make(path: Path) -> None:
        delayed = f"[1:a]adelay=1000,pan={pan}[a]"
        run(*PICTURE, *tone(2), "-filter_complex", delayed, "-map", "0:v", "-map", "[a]", *H264, *codec, path)

    return make


def telephone(path: Path) -> None:
    run(*tone(2), "-af", "adelay=1000", "-ar", 8000, path)


def two_tracks(path: Path) -> None:
    """Hindi (default) and an English commentary, old default subtitles, chapters, a font, a poster."""
    folder = path.parent
    (folder / "old.srt").write_text(OLD_SRT, encoding="utf-8")
    (folder / "tags.txt").write_text(METADATA, encoding="utf-8")
    (folder / "letters.ttf").write_bytes(b"not really a font")
    run("-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", 1, folder / "poster.jpg")
    run(
        *(*PICTURE, *tone(), *tone(hertz=880), "-i", folder / "old.srt", "-i", folder / "tags.txt"),
        *("-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map_metadata", "4", "-map_chapters", "4"),
        *(*H264, "-c:a", "aac", "-c:s", "srt"),
        *("-metadata:s:a:0", "language=hin", "-metadata:s:a:1", "language=eng"),
        *("-metadata:s:a:1", "title=Director's commentary"),
        *("-metadata:s:s:0", "language=eng", "-metadata:s:s:0", "title=Old ones"),
        *("-disposition:a:0", "default", "-disposition:a:1", "comment"),
        *("-disposition:s:0", "default+hearing_impaired"),
        *("-attach", folder / "letters.ttf", "-metadata:s:t:0", "mimetype=font/ttf"),
        *("-attach", folder / "poster.jpg", "-metadata:s:t:1", "mimetype=image/jpeg"),
        path,
    )


def mp4_with_everything(path: Path) -> None:
    """MP4's own subtitles, a time code track, chapters and a poster."""
    folder = path.parent
    (folder / "old.srt").write_text(OLD_SRT, encoding="utf-8")
    (folder / "tags.txt").write_text(METADATA, encoding="utf-8")
    run("-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", 1, folder / "poster.png")
    run(
        *(
            *PICTURE,
            *tone(),
            "-i",
            folder / "old.srt",
            "-i",
            folder / "tags.txt",
            "-i",
            folder / "poster.png",
        ),
        *("-map", "0", "-map", "1", "-map", "2", "-map", "4", "-map_metadata", "3", "-map_chapters", "3"),
        *("-c:v:0", "libx264", "-bf", "2", "-c:v:1", "copy", "-c:a", "aac", "-c:s", "mov_text"),
        *("-metadata:s:s:0", "language=eng", "-disposition:v:1", "attached_pic", "-timecode", "01:00:00:00"),
        path,
    )


def five_one(path: Path) -> None:
    """A stereo track, then 5.1; neither has a language or the default flag."""
    centre = "pan=5.1|c2=c0"
    run(
        *(*PICTURE, *tone(), *tone(), "-filter_complex", f"[1:a]pan=stereo|c0=c0|c1=c0[a];[2:a]{centre}[b]"),
        *("-map", "0:v", "-map", "[a]", "-map", "[b]", *H264, "-c:a", "ac3"),
        *("-disposition:a:0", "0", "-disposition:a:1", "0", path),
    )


def sound_only(path: Path) -> None:
    run(*tone(), path)


def picture_only(path: Path) -> None:
    run(*PICTURE, *H264, path)


def cut(path: Path) -> None:
    """A download that broke off in the middle."""
    whole = path.with_name(f"whole{path.suffix}")
    plain(whole)
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])


def head_only(path: Path) -> None:
    """Matroska's headers and nothing after, without a size that would give it away."""
    whole = path.with_name("live.mkv")
    run(*PICTURE, *tone(), *H264, "-c:a", "aac", "-live", 1, whole)
    content = whole.read_bytes()
    path.write_bytes(content[: content.index(b"\x1f\x43\xb6\x75")])


def live_cut(path: Path) -> None:
    """A recording that was killed: no size, no duration, the last cluster torn."""
    whole = path.with_name("live.mkv")
    run(*PICTURE, *tone(), *H264, "-c:a", "aac", "-live", 1, "-cluster_time_limit", 500, whole)
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 4])


def text(path: Path) -> None:
    path.write_text("This is no film, whatever its name says.\n" * 200, encoding="utf-8")


def playlist(path: Path) -> None:
    secret = path.with_name("secret.txt")
    secret.write_text("not for anybody", encoding="utf-8")
    path.write_text(f"#EXTM3U\n#EXTINF:10,\nfile://{secret}\n#EXT-X-ENDLIST\n", encoding="utf-8")


def empty(path: Path) -> None:
    path.touch()


FILMS: dict[str, Callable[[Path], None]] = {
    "plain.mkv": plain,
    "plain.mp4": plain,
    "late.mkv": late,
    "late.mp4": late,
    "late.ts": late,
    "late.mpg": late,
    "late.ogv": late,
    "late.flv": late,
    "late_picture.mkv": late_picture,
    "late_picture.ts": late_picture,
    "clock_jump.ts": clock_jump,
    "gap.mkv": gap,
    "long_gap.mkv": long_gap,
    "long_gap.ts": long_gap,
    "plain_gap.mkv": plain_gap,
    "before_zero.mp4": before_zero,
    "early_sound.mkv": early_sound,
    "varying.ts": varying,
    "turns_stereo.ts": turns_stereo,
    "stereo.mkv": channels("stereo|c0=c0|c1=c0", "-c:a", "aac"),
    "left.mkv": channels("stereo|c0=c0", "-c:a", "aac"),
    "right.mkv": channels("stereo|c1=c0", "-c:a", "pcm_s16le"),
    "opposite.mkv": channels("stereo|c0=c0|c1=-1*c0", "-c:a", "aac"),
    "surround.mkv": channels("5.1|c2=c0", "-c:a", "ac3"),
    "surround.mp4": channels("7.1|c2=c0", "-c:a", "aac"),
    "telephone.wav": telephone,
    "telephone.mp3": telephone,
    "two_tracks.mkv": two_tracks,
    "everything.mp4": mp4_with_everything,
    "five_one.mkv": five_one,
    "sound.mp3": sound_only,
    "sound.flac": sound_only,
    "sound.wav": sound_only,
    "picture.mkv": picture_only,
    "cut.mp4": cut,
    "cut.mkv": cut,
    "head_only.mkv": head_only,
    "live_cut.mkv": live_cut,
    "text.mkv": text,
    "playlist.mkv": playlist,
    "empty.mkv": empty,
    HOSTILE_NAME: plain,
}


# --- shots ----------------------------------------------------------------------------------------

#: Frames at which a new shot begins, and how many there are in all.
CUTS, FRAMES = (30, 47, 80, 110), 140
#: Of each shot: a moving test picture, a zoom, a still, drifting colours, a picture that shakes.
SHOTS = (
    "testsrc2=s=320x180",
    "mandelbrot=s=320x180:start_scale=1",
    "smptehdbars=s=320x180",
    "gradients=s=320x180:seed=3:speed=0.02",
    "testsrc2=s=640x360,crop=320:180:'150+12*sin(n*1.7)':'80+9*cos(n*1.3)',hue=h=120,noise=alls=8:allf=t",
)


def edited(path: Path, *more: object, rate: str = "25", then: str = "null", late: float = 0.0) -> None:
    """A film of `SHOTS` cut at `CUTS`, with a tone; `then` is a filter for the whole picture."""
    begins = (0, *CUTS)
    parts = []
    for number, (shot, begin, end) in enumerate(zip(SHOTS, begins, (*CUTS, FRAMES), strict=True)):
        source, _, rest = shot.partition(",")
        parts.append(
            f"{source}:r={rate},{rest or 'null'},format=yuv420p,setsar=1,trim=end_frame={end - begin}[s{number}]"
        )
    joined = "".join(f"[s{number}]" for number in range(len(parts)))
    parts.append(f"{joined}concat=n={len(SHOTS)},{then},setpts=PTS+{late}/TB[v]")
    codec = {".avi": ("-c:v", "mpeg4", "-q:v", 3, "-bf", 2, "-c:a", "mp2")}.get(path.suffix, (*H264, "-c:a", "aac"))
    shown = ("-filter_complex", ";".join(parts), "-map", "[v]", "-map", "0:a", "-fps_mode", "passthrough")
    run(*tone(6), *shown, *codec, *more, path)


def shots(rate: str) -> Callable[[Path], None]:
    return lambda path: edited(path, rate=rate)


def shots_late(path: Path) -> None:
    edited(path, late=0.8)


def shots_varying(path: Path) -> None:
    """No two frames in a row last equally long, and one lasts 1.5 s."""
    edited(path, then="settb=1/1000,setpts='(N*0.04+mod(N,3)*0.013+if(gte(N,60),1.5,0))/TB'")


def shots_grey(path: Path) -> None:
    """A film in black and white, dim: brightness is all that changes, and nowhere by much."""
    edited(path, then="hue=s=0,eq=contrast=0.6")


def shots_undecodable(path: Path) -> None:
    """In a codec that nobody knows."""
    whole = path.with_name("known.mkv")
    edited(whole)
    path.write_bytes(whole.read_bytes().replace(b"V_MPEG4/ISO/AVC", b"V_MPEG4/ISO/XYZ"))


def shots_damaged(path: Path) -> None:
    """Between 55 and 70, packets are full of wrong bytes."""
    whole = path.with_name("whole_shots.mkv")
    edited(whole)
    damage = "noise=amount='if(between(n,55,70),5,0)'"
    run("-i", whole, "-map", 0, "-c", "copy", "-bsf:v", damage, path)


def shots_clock_jump(path: Path) -> None:
    """The clock of a broadcast is set back by half a minute between two recordings, and its sound begins first."""
    parts = [path.with_name(f"jump{number}.ts") for number in range(2)]
    for part, offset in zip(parts, (50, 25), strict=True):
        edited(part, "-output_ts_offset", offset, late=0.3)
    path.write_bytes(b"".join(part.read_bytes() for part in parts))


def flashes(path: Path) -> None:
    """One shot, lit up for one frame and for three, and gone into black and back."""
    light = "eq=brightness=0.6:enable='eq(n,20)+between(n,40,42)'"
    picture = f"testsrc2=s=320x180:r=25:d={LENGTH},{light},fade=out:60:10,fade=in:70:10:enable='gte(n,70)'"
    run("-f", "lavfi", "-i", picture, *tone(), *H264, "-c:a", "aac", path)


def dissolve(path: Path) -> None:
    """One shot becomes another in 16 frames."""
    shots = [("-f", "lavfi", "-i", f"{source}=s=320x180:r=25:d=3") for source in ("testsrc2", "gradients")]
    graph = "[0][1]xfade=duration=0.64:offset=1.5[v]"
    run(*shots[0], *shots[1], *tone(), "-filter_complex", graph, "-map", "[v]", "-map", "2", *H264, "-c:a", "aac", path)


def cover_only(path: Path) -> None:
    """Sound with a picture of the record."""
    poster = path.with_name("record.jpg")
    run("-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", 1, poster)
    run(
        *tone(),
        "-i",
        poster,
        "-map",
        0,
        "-map",
        1,
        "-c:a",
        "aac",
        "-c:v",
        "copy",
        "-disposition:v:0",
        "attached_pic",
        path,
    )


FILMS |= {
    "shots_24.mkv": shots("24000/1001"),
    "shots_25.mp4": shots("25"),
    "shots_30.ts": shots("30000/1001"),
    "shots_25.avi": shots("25"),
    "shots_late.mkv": shots_late,
    "shots_late.ts": shots_late,
    "shots_varying.mkv": shots_varying,
    "shots_grey.mkv": shots_grey,
    "shots_undecodable.mkv": shots_undecodable,
    "shots_damaged.mkv": shots_damaged,
    "shots_clock_jump.ts": shots_clock_jump,
    "flashes.mkv": flashes,
    "dissolve.mkv": dissolve,
    "cover_only.mp4": cover_only,
}


# --- what mux has to keep ---------------------------------------------------------------------------


def between_key_frames(path: Path) -> None:
    """A recording that was switched on in the middle: its first pictures cannot be shown."""
    whole = path.with_name("from_a_key_frame.ts")
    run(*PICTURE, *tone(), *("-c:v", "libx264", "-bf", "2", "-g", "50", "-threads", "1"), "-c:a", "ac3", whole)
    content = whole.read_bytes()
    rows = [content[at : at + 188] for at in range(0, len(content), 188)]
    tables = (0, 17, 4096)
    path.write_bytes(
        b"".join(
            row
            for number, row in enumerate(rows)
            if number > len(rows) * 0.2 or int.from_bytes(row[1:3], "big") & 0x1FFF in tables
        )
    )


def begins_late(path: Path) -> None:
    """A film whose clock is at 5 s when it begins."""
    run(*PICTURE, *tone(), *H264, "-c:a", "aac", "-output_ts_offset", 5, path)


FILMS |= {"between_key_frames.ts": between_key_frames, "begins_late.mp4": begins_late}


def make(name: str, folder: Path) -> Path:
    path = folder / name
    FILMS[name](path if path.is_absolute() else path.absolute())
    return path


# --- measuring ----------------------------------------------------------------------------------


def samples(path: Path) -> np.ndarray[Any, Any]:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)


def heard(sound: np.ndarray[Any, Any]) -> list[tuple[float, float]]:
    """When there is a tone: stretches in seconds, parted by 50 ms of quiet or more."""
    loud = np.flatnonzero(np.abs(sound) > 600) / 16_000
    ends = np.flatnonzero(np.diff(loud) > 0.05)
    starts = [loud[0], *loud[ends + 1]]
    return list(zip(map(float, starts), map(float, [*loud[ends], loud[-1]]), strict=True))


def payloads(path: Path) -> dict[int, list[bytes]]:
    """The bytes of every packet, by stream."""
    found: dict[int, list[bytes]] = {}
    with av.open(str(path)) as source:
        for packet in source.demux():
            if packet.size:
                found.setdefault(packet.stream.index, []).append(bytes(packet))
    return found


def failure(done: subprocess.CompletedProcess[str], out: Path) -> str:
    """The one line that a failed stage said; nothing else was said, and nothing half-made is left."""
    assert done.returncode == 1, done
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("  ")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in out.rglob("*") if path.name.startswith(".part-")] == []
    return lines[0]
