"""What of a translation a person should look at: found, counted, and as lines for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from pathlib import Path

from samvad import glossary, languages, names, stage
from samvad.adequacy import Expected, failures, same_for_different, terms_missing
from samvad.brahmi import BLOCKS, script_of
from samvad.corrections import clock
from samvad.documents import Translated, Translation
from samvad.scripts import LATIN
from samvad.textmeasure import clean, pieces

#: Sentences that are listed of one language, characters of each text, and terms that are named.
LISTED, WIDTH, TERMS = 3, 40, 5

SAME = "another sentence has the same translation"


def expected(run: stage.Run, source: str, target: str, terms: Path | None, cast: Path | None) -> Expected:
    """What a translation must keep, by the film's glossary.tsv and names.txt, where there are any.

    Says how many lines of the glossary are no term.
    """
    known, unread = glossary.read(terms, target) if terms else ([], [])
    for line in unread:
        print(f"{terms}:{line.row}: no term, there is no translation after a tab: {line.text}")
    if unread:
        count = f"{len(unread)} line{'s' if len(unread) > 1 else ''} of {terms}"
        run.say(f"  {run.film}: {count} without a translation after a tab, passed by: see {run.log}")
    return Expected(source, target, known, names.read(cast) if cast else [])


def mark(sentences: Sequence[Translated], known: Expected, as_spoken: Container[int] = ()) -> None:
    """Writes each name as in most sentences, and says in `review` what is wrong with a translation.

    `as_spoken` are the ids of sentences that were in the target language already.
    """
    own = [one for one in sentences if one.id not in as_spoken]
    sources = [one.source for one in own]
    if languages.language(known.target).script in (LATIN, *BLOCKS):
        listed = {term.source for term in known.terms}
        for name in known.names:
            if name not in listed and script_of(name):
                for one, text in zip(own, names.unified(name, sources, [one.text for one in own]), strict=True):
                    one.text = text
    same = same_for_different(sources, [one.text for one in own])
    for number, one in enumerate(own):
        found = [*one.review, *failures(one.source, one.text, known), *([SAME] if number in same else [])]
        one.review = list(dict.fromkeys(found))


def report(run: stage.Run, sentences: Sequence[Translated], known: Expected) -> None:
    """Says which terms did not hold, and writes what a person should look at into the log and the record."""
    marked = [one for one in sentences if one.review]
    for one in marked:
        print(f"review {one.id} at {clock(one.start)}: {'; '.join(one.review)}: {one.source} | {one.text}")
    run.facts["review"] = len(marked)
    lost = Counter(term for one in sentences for term in terms_missing(one.source, one.text, known))
    run.facts["terms_lost"] = {f"{term.source} → {term.target}": count for term, count in lost.items()}
    if lost:
        said = ", ".join(f"{term.source} → {term.target} ({count})" for term, count in lost.most_common(TERMS))
        more = f" and {len(lost) - TERMS} more" if len(lost) > TERMS else ""
        run.say(f"  {run.film}: terms that did not hold, and in how many sentences: {said}{more}")


def closing(translation: Translation, film: str) -> list[str]:
    """How many sentences are marked for review, and the first of them; nothing where none is."""
    marked = [sentence for sentence in translation.sentences if sentence.review]
    if not marked:
        return []
    name = languages.language(translation.target).name
    count = f"{len(marked)} of {len(translation.sentences)} sentences"
    return [
        f"  {name}: {count} marked for review, all of them listed by: make review MOVIE={film}",
        *map(_line, marked[:LISTED]),
    ]


def _line(sentence: Translated) -> str:
    source, text, reason = map(_short, (sentence.source, sentence.text, "; ".join(sentence.review)))
    return f"    {clock(sentence.start)}  {source} → {text} ({reason})"


def _short(text: str) -> str:
    """The text, which nobody has checked, safe to show and short.

    >>> _short("so\\x1b[31m \\u202eit is"), _short("हा" * 50).count("हा")
    ('so[31m it is', 39)
    """
    text = clean(text)
    return text if len(pieces(text, WIDTH)) < 2 else pieces(text, WIDTH - 1)[0] + "…"
