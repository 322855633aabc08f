"""The stage asr but for its engine: what both recognisers' scripts share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from samvad import documents, stage
from samvad.documents import Recognition, Speech
from samvad.languages import language as language_of
from samvad.names import read as read_names

if TYPE_CHECKING:
    from samvad.audio import Audio
    from samvad.engine import Engine

#: Makes an engine of a model's folder, a device and a way to compute.
Load = Callable[[Path, str, str], "Engine"]


def expect(names: Path, languages: Sequence[str]) -> int:
    """Makes the names in a file known to what spells the words; how many there are.

    One on a line, in the script of a language spoken; what follows a # is a remark. They are no prompt. As
    `hotwords` in Devanagari they drove Whisper base into loops, at five times the cost; in Urdu
    letters they brought more names (30 of 30, with the respelling), but on 190 s where nobody says
    them letter errors rose from 10.3 to 11.9 %; the respelling alone changes nothing there.
    """
    found = read_names(names)
    if any(language_of(code).script == "Deva" for code in languages):
        from samvad.devanagari import learn

        learn(found)
    return len(found)


def spoken_in(
    run: stage.Run, engine: Engine, audio: Audio, speech: Speech, languages: Sequence[str], inputs: Sequence[Path]
) -> list[str]:
    """The language of each chunk of a film in which two are spoken."""
    from samvad.bilingual import Chances, languages_of, listen, speech_in

    first, second = languages
    heard = run.journal(Chances, *inputs, part="languages")
    with run.progress(len(speech.chunks), "chunks, which language") as progress:
        chances = listen(engine, audio, speech.chunks, (first, second), progress, heard)
    chosen = languages_of(chances, [speech_in(chunk, speech.speech) for chunk in speech.chunks])
    for number, (chunk, chance, which) in enumerate(zip(speech.chunks, chances, chosen, strict=True)):
        odds = ", ".join(f"{code} {share:.3f}" for code, share in zip(languages, chance, strict=True))
        print(f"chunk {number}, {chunk.start:.1f} s: {languages[which]} ({odds})")
    run.facts["chunks_by_language"] = {code: chosen.count(which) for which, code in enumerate(languages)}
    return [languages[which] for which in chosen]


def command(name: str, load: Load) -> click.Command:
    """The program of asr for the engine `name` ("whisperx", "mlx")."""

    @click.command()
    @stage.options
    @click.option("--audio", type=click.Path(path_type=Path), required=True, help="audio.wav")
    @click.option("--speech", type=click.Path(path_type=Path), required=True, help="speech.json")
    @stage.model_options
    @click.option("--model-name", required=True, help="Its name in the document, such as base.")
    @click.option(
        "--language", "languages", required=True, multiple=True, help="What is spoken: hi; two of them, twice."
    )
    @click.option("--names", type=click.Path(path_type=Path), help="The film's names, one on a line.")
    def main(
        out: Path,
        stamp: Path | None,
        audio: Path,
        speech: Path,
        model: Path,
        model_name: str,
        languages: tuple[str, ...],
        names: Path | None,
        device: str,
        compute: str,
    ) -> None:
        """Hears what is said."""

        def work(run: stage.Run) -> Recognition:
            from samvad.audio import load_audio
            from samvad.engine import whisper_code
            from samvad.recognition import Batch, recognise

            for code in languages:
                whisper_code(code)  # one that Whisper does not know is an error before the model is loaded
            found = documents.read(speech, Speech)
            samples = load_audio(audio)
            if names:
                run.facts["names"] = expect(names, languages)
            engine = load(model, device, compute)
            spoken = spoken_in(run, engine, samples, found, languages, (audio, speech)) if languages[1:] else []
            journal = run.journal(Batch, audio, speech, together=engine.together)
            run.facts["batches_resumed"] = len(journal)
            with run.progress(documents.covered(found.chunks)) as progress:
                heard = recognise(
                    engine,
                    samples,
                    found,
                    languages[0],
                    progress,
                    name=name,
                    model=model_name,
                    journal=journal,
                    spoken=spoken,
                )
            run.facts["segments"] = len(heard.segments)
            run.facts["removed"] = len(heard.removed)
            invented = sum(part.reason != "script" for part in heard.removed)
            if invented:
                run.say(f'  {invented} lines of {run.film} seem invented: see "removed" in {run.target}')
            if not heard.segments:
                run.say(f"  nothing was understood in {run.film}: is SRC={' '.join(languages)} right?")
            return heard

        stage.run("asr", out, stamp, work, heavy=True)

    return main
