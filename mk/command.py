"""What the commands of this folder share: the workspace, one line for every refusal, clean ends."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from pathlib import Path
from typing import Callable, List, NoReturn

from workspace import Refusal, films, printable

os.chdir(Path(__file__).resolve().parents[1])
#: The workspace: the folder that the commands run in.
ROOT = Path()


def backend() -> str:
    """The recogniser of this machine, as mk/hardware.mk chose it."""
    return os.environ["SAMVAD_BACKEND"]


def run(name: str, main: Callable[[List[str]], int]) -> NoReturn:
    """Ends the process with what `main` answers; 2, with one line, for what cannot be done."""
    for stream in (sys.stdout, sys.stderr):  # a terminal in Latin-1 shows what it can
        stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]
    try:
        code = main(sys.argv[1:])
    except Refusal as refusal:
        code = fail(name, str(refusal))
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:  # make films | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        code = fail(name, reason(error))
    except Exception as error:  # no traceback on the terminal: one line that names the place
        place = traceback.extract_tb(error.__traceback__)[-1]
        code = fail(name, f"stopped unexpectedly: {error!r} ({Path(place.filename).name}:{place.lineno})")
    sys.stdout.flush()
    sys.exit(code)


def reason(error: Exception) -> str:
    """An error in one line."""
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return "no space left on the disk. Make room and type the same command again"
        return f"{error.strerror}: {printable(str(error.filename), 300)}"
    return str(error) if isinstance(error, Refusal) else printable(f"{type(error).__name__}: {error}", 300)


def fail(name: str, reason: str) -> int:
    print(f"samvad: {name}: {reason}", file=sys.stderr, flush=True)
    return 2


def say(line: str) -> None:
    print(line, flush=True)


def films_meant(movie: str) -> List[str]:
    """The film of MOVIE=…; without it every film that has results, or is in media/."""
    if movie:
        return [films.film(ROOT, movie).slug]
    return sorted({*films.slugs(ROOT), *films.gone(ROOT)})


def folder_of(slug: str) -> Path:
    """out/<slug>, to remove something in. Raises: Refusal where that is a link to elsewhere."""
    folder = ROOT / "out" / slug
    inside = [folder / name for name in (".stamp", ".lock", ".journal", ".tidied", "run", "log")]
    for path in (folder, *inside):
        if path.is_symlink():
            raise Refusal(f"{path} is a link to somewhere else: nothing is removed there. MOVIE=… names another film")
    return folder


def clock(seconds: float) -> str:
    """
    >>> clock(75), clock(7384.2)
    ('1:15', '2:03:04')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def counted(number: int, thing: str) -> str:
    """
    >>> counted(1, "film"), counted(2, "film")
    ('1 film', '2 films')
    """
    return f"{number} {thing}{'' if number == 1 else 's'}"


def shown(value: str) -> str:
    return printable(value) or "nothing"
