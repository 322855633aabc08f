"""The cues that peers make of given words: WhisperX's writers and stable-ts's regrouping. Started by bench/cues.py.

In:  transcript.json (samvad.transcript/1), in WhisperX's environment; stable-ts on the path (PYTHONPATH).
Out: <way>.srt for each way, and peers.json: of each the seconds (of the processor) that grouping and writing took, the
     least of --rounds. Starting Python, importing the package (torch, for stable-ts) and reading the words are not in
     them.

    PYTHONPATH=out/bench/stable-ts envs/whisperx/bin/python bench/cue_peers.py out/bench/cues/film-en/transcript.json
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Segments = list[dict[str, Any]]

#: stable-ts's default regrouping (2.19.1: "da"), and the same with lines of 42 characters in place of 70.
DEFAULT = "isp_cm_sp=.* /。/?/？_sg=.5_sp=,* /，++++50_sl=70_cm"
NARROW = DEFAULT.replace("sl=70", "sl=42")


def words_of(segment: dict[str, Any], space: str) -> Segments:
    """A segment's words as these packages have them; stable-ts's begin with a space, whisperx's do not."""
    return [{"word": space + word["text"], "start": word["start"], "end": word["end"]} for word in segment["words"]]


def whisperx_segments(segments: Segments) -> Segments:
    """As `whisperx.align` gives them: a sentence each."""
    return [{**_plain(segment), "words": words_of(segment, "")} for segment in segments]


def stable_segments(segments: Segments) -> Segments:
    return [{**_plain(segment), "words": words_of(segment, " ")} for segment in segments]


def _plain(segment: dict[str, Any]) -> dict[str, Any]:
    return {name: segment[name] for name in ("start", "end", "text")}


#: Makes ready what a way is given (its own: some change it), and gives what groups it and writes the file.
Way = Callable[[], Callable[[], object]]


def ways(segments: Segments, language: str, folder: Path) -> dict[str, Way]:
    """All ways by name."""
    from stable_whisper.result import WhisperResult  # type: ignore[import-not-found]
    from whisperx.SubtitlesProcessor import SubtitlesProcessor
    from whisperx.utils import WriteSRT

    def writer(way: str, **limits: int) -> Way:
        options = {"max_line_width": None, "max_line_count": None, "highlight_words": False, **limits}

        def ready() -> Callable[[], object]:
            result = {"language": language, "segments": whisperx_segments(segments)}
            # It takes the file's name from that of the sound.
            return lambda: WriteSRT(str(folder))(result, f"{way}.wav", options)

        return ready

    def processor() -> Callable[[], object]:
        given = whisperx_segments(segments)
        return lambda: SubtitlesProcessor(given, language).save(str(folder / "whisperx-processor.srt"))

    def stable(way: str, algorithm: str) -> Way:
        def ready() -> Callable[[], object]:
            given = {"language": language, "segments": stable_segments(segments)}
            path = str(folder / f"{way}.srt")
            return lambda: WhisperResult(given).regroup(algorithm).to_srt_vtt(path, word_level=False)

        return ready

    return {
        "whisperx": writer("whisperx"),
        "whisperx-42": writer("whisperx-42", max_line_width=42, max_line_count=2),
        "whisperx-processor": processor,
        "stable-ts": stable("stable-ts", DEFAULT),
        "stable-ts-42": stable("stable-ts-42", NARROW),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="The cues that peers make of given words.")
    parser.add_argument("transcript", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    document = json.loads(arguments.transcript.read_text(encoding="utf-8"))
    folder = arguments.transcript.parent
    seconds: dict[str, float] = {}
    for way, ready in ways(document["segments"], document["language"], folder).items():
        spent = []
        for _ in range(arguments.rounds):
            write = ready()
            begun = time.process_time()
            write()
            spent.append(time.process_time() - begun)
        seconds[way] = round(min(spent), 3)
        print(f"{way}: {seconds[way]} s", file=sys.stderr)
    (folder / "peers.json").write_text(json.dumps(seconds, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
