"""Runs stages of one environment over many films, each in a process of its own that begins with everything loaded.

    envs/common/bin/python tests/media/many.py < calls.json

Each line read is a JSON list: folder to be in, seconds, stage, arguments. Each line written says how it ended:
{"code": …, "said": …, "seconds": …, "memory": …}; the code is negative for a signal, and None where time ran out.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "stages"))


def call(folder: str, seconds: float, stage: str, arguments: list[str]) -> dict[str, object]:
    module = importlib.import_module(stage)
    begun = time.monotonic()
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            os.setsid()
            os.chdir(folder)
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, 0)
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            sys.argv = [f"stages/{stage}.py", *arguments]
            try:
                module.main(arguments, standalone_mode=False)
                os._exit(0)
            except BaseException as error:
                print(f"Traceback: {error!r}", file=sys.stderr, flush=True)
                os._exit(99)
        status = usage = None
        while status is None and time.monotonic() - begun < seconds:
            ended, code, usage = os.wait4(child, os.WNOHANG)
            status = os.waitstatus_to_exitcode(code) if ended else None
            time.sleep(0.005)
        if status is None:
            os.killpg(child, signal.SIGKILL)
            _, _, usage = os.wait4(child, 0)
        said.seek(0)
        return {
            "code": status,
            "said": said.read().decode("utf-8", errors="backslashreplace"),
            "seconds": round(time.monotonic() - begun, 2),
            "memory": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) if usage else 0,
        }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(call(*json.loads(line))), flush=True)
