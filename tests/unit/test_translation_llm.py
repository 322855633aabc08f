"""The stage translation.llm against servers on this machine that do what servers do."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from samvad.documents import Sentence, Sentences, Span, Translation, Word, encode, read

ROOT = Path(__file__).resolve().parents[2]
Body = dict[str, Any]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


class Reply(NamedTuple):
    """What the server sends: a chat reply with this text, or `raw` bytes as they are."""

    text: str = ""
    status: int = 200
    finish: str = "stop"
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None


def said(body: Body) -> list[str]:
    """The sentences that a request asks for."""
    return [sentence["text"] for sentence in json.loads(body["messages"][1]["content"])["sentences"]]


def in_english(text: str) -> str:
    """What the server makes of a text: a word of Latin letters for each, its numbers as they are."""
    return "T " + "".join(chr(97 + ord(letter) % 26) if "\u0900" <= letter <= "\u097f" else letter for letter in text)


def right(body: Body) -> Reply:
    """A translation of each, with its id."""
    return Reply(json.dumps({str(number): in_english(text) for number, text in enumerate(said(body), 1)}))


def failure(status: int, message: str, *headers: tuple[str, str]) -> Reply:
    return Reply(status=status, headers=headers, raw=json.dumps({"error": {"message": message}}).encode())


class Chat(ThreadingHTTPServer):
    """Answers each request by `answer(number, body)`, and remembers them all."""

    daemon_threads = True

    def __init__(self, answer: Callable[[int, Body], Reply]) -> None:
        self.answer = answer
        self.bodies: list[Body] = []
        self.heads: list[dict[str, str]] = []
        self.times: list[float] = []
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, *_: object) -> None:
        """A stage that went away meanwhile is what some tests are about."""

    @property
    def asked(self) -> list[list[str]]:
        return [said(body) for body in self.bodies]


class Handler(BaseHTTPRequestHandler):
    server: Chat

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        self.server.heads.append({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
        self.server.times.append(time.monotonic())
        reply = self.server.answer(len(self.server.bodies) - 1, body)
        message = {"message": {"role": "assistant", "content": reply.text}, "finish_reason": reply.finish, "index": 0}
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        raw = json.dumps({"choices": [message], "usage": usage}).encode() if reply.raw is None else reply.raw
        self.send_response(reply.status)
        for name, value in reply.headers or (("Content-Length", str(len(raw))),):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def chat() -> Iterator[Callable[[Callable[[int, Body], Reply]], Chat]]:
    """Starts servers, which end with the test."""
    started: list[Chat] = []

    def start(answer: Callable[[int, Body], Reply]) -> Chat:
        started.append(Chat(answer))
        return started[-1]

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


Start = Callable[[Callable[[int, Body], Reply]], Chat]


def film(folder: Path, *texts: str | Sentence, language: str = "hi") -> Path:
    """out/film/sentences.json, a sentence every second."""
    sentences = []
    for number, text in enumerate(texts):
        sentence = Sentence(0, 0, 0, text) if isinstance(text, str) else text
        sentence.id, sentence.start, sentence.end = number, number, number + 0.9
        sentence.words = [Word(word, number, number) for word in sentence.text.split()]
        sentences.append(sentence)
    path = folder / "out" / "film" / "sentences.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(encode(Sentences(language, {"asr": "whisperx base"}, sentences)))
    return path


def numbered(count: int) -> list[str]:
    return [f"वाक्य {number}" for number in range(count)]


def arguments(sentences: Path, address: str, target: str = "en") -> list[object]:
    out = sentences.with_name(f"{target}.json")
    given = ["--sentences", sentences, "--server", address, "--model", "small"]
    return ["stages/translation_llm.py", *given, "--source", "hi", "--target", target, "--out", out]


def translated(sentences: Path) -> Translation:
    return read(sentences.with_name("en.json"), Translation)


def texts(sentences: Path) -> list[str]:
    return [sentence.text for sentence in translated(sentences).sentences]


def record(sentences: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((sentences.parent / "run" / "translation.en.json").read_text())
    return facts


def failing(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a failed stage leaves on the terminal, after the line that names it."""
    assert done.returncode == 1 and "Traceback" not in done.stderr
    *before, line = done.stderr.strip().splitlines()
    assert "TRANSLATION" in before[0] and line.startswith("samvad: translation.en: film: ")
    return line


def test_a_film_is_translated_in_order_with_the_context_before(tmp_path: Path, run_in: Run, chat: Start) -> None:
    server = chat(lambda number, body: right(body))
    english = Sentence(0, 0, 0, "How are you?", language="en")
    sentences = film(tmp_path, *numbered(13), "…", english, "फिर मिलेंगे।")
    done = run_in("llm", *arguments(sentences, server.address), LLM_API_KEY="")
    document = translated(sentences)
    own = {13: "…", 14: "How are you?"}
    for number, sentence in enumerate(document.sentences):
        assert sentence.text == own.get(number, in_english(sentence.source))
        assert (sentence.id, sentence.start, sentence.end) == (number, number, number + 0.9)
        assert sentence.spoken == [Span(number, number)] * len(sentence.source.split()) and not sentence.review
    assert document.models == {"asr": "whisperx base", "translation": "llm small"}

    # What has no letters and what is English already is not asked for; the latter is context.
    assert server.asked == [numbered(13)[:12], ["वाक्य 12", "फिर मिलेंगे।"]]
    context = [json.loads(body["messages"][1]["content"])["context"] for body in server.bodies]
    assert context[0] == [] and context[1] == [
        {"text": text, "translation": in_english(text)} for text in numbered(12)[6:]
    ]
    body = server.bodies[0]
    assert (body["model"], body["temperature"], type(body["seed"])) == ("small", 0.0, int)
    assert body["response_format"]["json_schema"]["strict"] is True
    assert len(body["response_format"]["json_schema"]["schema"]["required"]) == 12
    assert 0 < body["max_tokens"] < 2000
    assert {head["authorization"] for head in server.heads} == {"Bearer none"}
    assert {head["path"] for head in server.heads} == {"/v1/chat/completions"}
    facts = record(sentences)
    assert (facts["server"], facts["model"]) == (server.address, {"name": "small"})
    assert (facts["requests"], facts["halvings"], facts["replies"]) == (2, 0, "json_schema")
    assert facts["tokens"] == {"prompt": 200, "completion": 20}
    assert facts["sentences"] == {"all": 16, "translated": 14, "asked_again": 0, "untranslated": 0}
    assert len(done.stderr.splitlines()) == 1


def test_what_is_english_already_is_context_for_what_follows(tmp_path: Path, run_in: Run, chat: Start) -> None:
    server = chat(lambda number, body: right(body))
    sentences = film(tmp_path, Sentence(0, 0, 0, "Hello there.", language="en"), "नमस्ते।")
    run_in("llm", *arguments(sentences, server.address))
    context = json.loads(server.bodies[0]["messages"][1]["content"])["context"]
    assert context == [{"text": "Hello there.", "translation": "Hello there."}]


def test_songs_are_asked_for_apart(tmp_path: Path, run_in: Run, chat: Start) -> None:
    server = chat(lambda number, body: right(body))
    sung = [Sentence(0, 0, 0, text, song=True) for text in ("ला", "रे")]
    sentences = film(tmp_path, "चलो", *sung, "रुको")
    run_in("llm", *arguments(sentences, server.address))
    assert server.asked == [["चलो"], ["ला", "रे"], ["रुको"]]
    assert ["sung" in body["messages"][0]["content"] for body in server.bodies] == [False, True, False]
    assert [sentence.song for sentence in translated(sentences).sentences] == [False, True, True, False]


def test_glossary_names_and_characters_reach_the_model(tmp_path: Path, run_in: Run, chat: Start) -> None:
    server = chat(lambda number, body: right(body))
    sentences = film(tmp_path, "सूर्या आया।")
    files = {"glossary": "source\ttarget\tnote\n# mine\nसूर्या\tSurya\tthe hero\nदीदी\tsister\n", "names": "मोहन\n"}
    files["characters"] = "Surya is a man.\n"
    given: list[object] = []
    for name, text in files.items():
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        given += [f"--{name}", path]
    run_in("llm", *arguments(sentences, server.address), *given)
    rules = server.bodies[0]["messages"][0]["content"]
    assert "सूर्या → Surya (the hero)" in rules and "मोहन" in rules and "Surya is a man." in rules
    assert "sister" not in rules and "mine" not in rules


BAD: dict[str, Callable[[Body], Reply]] = {
    "two lines merged": lambda body: Reply(json.dumps({str(n): "T" for n in range(1, len(said(body)))})),
    "other ids": lambda body: Reply(json.dumps({str(n): "T" for n in range(len(said(body)))})),
    "broken off": lambda body: Reply(right(body).text[:-9]),
    "cut by the server": lambda body: right(body)._replace(finish="length"),
    "one empty": lambda body: Reply(json.dumps({str(n): "T" * (n - 1) for n in range(1, len(said(body)) + 1)})),
    "the source": lambda body: Reply(json.dumps({str(n): text for n, text in enumerate(said(body), 1)})),
    "garbage": lambda body: Reply("Sure! Here are the translations: 1. Hello"),
    "nothing": lambda body: Reply(""),
    "no content": lambda body: Reply(raw=b'{"choices": [{"message": {"content": null}, "finish_reason": "stop"}]}'),
    "a prompt too long": lambda body: failure(400, "exceeds the available context size"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_batch_whose_reply_is_no_good_is_halved_until_it_is(
    fault: str, tmp_path: Path, run_in: Run, chat: Start
) -> None:
    server = chat(lambda number, body: BAD[fault](body) if len(said(body)) > 2 else right(body))
    sentences = film(tmp_path, *numbered(6))
    run_in("llm", *arguments(sentences, server.address))
    assert texts(sentences) == [in_english(text) for text in numbered(6)]
    assert record(sentences)["halvings"] == 3 and record(sentences)["sentences"]["untranslated"] == 0
    assert "review" not in sentences.with_name("en.json").read_text()


def test_what_a_check_finds_fault_with_is_asked_for_alone_and_the_better_one_kept(
    tmp_path: Path, run_in: Run, chat: Start
) -> None:
    def answer(number: int, body: Body) -> Reply:
        if said(body) == ["कमरा 412 में आओ।"]:
            return Reply(json.dumps({"1": "Come to room 412."}))
        if said(body) == ["वह घर गया।"]:
            return Reply(json.dumps({"1": "He went घर."}))
        return Reply(json.dumps({"1": "Come in.", "2": "Hello.", "3": "He went घर, there."}))

    server = chat(answer)
    sentences = film(tmp_path, "कमरा 412 में आओ।", "नमस्ते।", "वह घर गया।")
    run_in("llm", *arguments(sentences, server.address))
    assert texts(sentences) == ["Come to room 412.", "Hello.", "He went घर, there."]
    assert server.asked[1:] == [["कमरा 412 में आओ।"], ["वह घर गया।"]]
    assert server.bodies[1]["temperature"] > server.bodies[0]["temperature"] == 0
    assert translated(sentences).sentences[2].review == ["letters of another script"]
    assert record(sentences)["sentences"]["asked_again"] == 2 and record(sentences)["review"] == 1


def test_a_sentence_that_never_comes_back_keeps_its_words_and_is_marked(
    tmp_path: Path, run_in: Run, chat: Start
) -> None:
    server = chat(lambda number, body: Reply("?") if "वाक्य 1" in said(body) else right(body))
    sentences = film(tmp_path, *numbered(3))
    done = run_in("llm", *arguments(sentences, server.address))
    assert texts(sentences) == [in_english("वाक्य 0"), "वाक्य 1", in_english("वाक्य 2")]
    assert [sentence.review for sentence in translated(sentences).sentences] == [
        [],
        ["the server gave no translation"],
        [],
    ]
    assert "1 of 3 sentences were not translated" in done.stderr
    assert server.asked.count(["वाक्य 1"]) == 3
    assert record(sentences)["sentences"] == {"all": 3, "translated": 2, "asked_again": 1, "untranslated": 1}


def test_a_busy_server_is_asked_again_and_told_of(tmp_path: Path, run_in: Run, chat: Start) -> None:
    busy = [failure(500, "Oops"), failure(429, "slow down", ("Retry-After", "3")), failure(503, "Loading model")]
    server = chat(lambda number, body: busy[number] if number < 2 else right(body))
    sentences = film(tmp_path, "चलो")
    done = run_in("llm", *arguments(sentences, server.address))
    assert texts(sentences) == [in_english("चलो")]
    assert "answers 500: Oops; asking again in 1 s" in done.stderr
    assert "answers 429: slow down; asking again in 3 s" in done.stderr
    first, second, third = server.times
    assert second - first >= 1 and third - second >= 3


def test_a_server_that_asks_for_an_hour_ends_the_stage(tmp_path: Path, run_in: Run, chat: Start) -> None:
    server = chat(lambda number, body: failure(429, "quota used up", ("Retry-After", "3600")))
    sentences = film(tmp_path, "चलो")
    line = failing(run_in("llm", *arguments(sentences, server.address), check=False))
    assert f"{server.address} answers 429: quota used up. Type the same command again later" in line


THINKING = {"reasoning_effort": "none", "chat_template_kwargs": {"enable_thinking": False}}


@pytest.mark.parametrize(
    ("unknown", "requests", "shape", "thinking"),
    [
        ([], 2, "json_schema", "off"),  # llama.cpp, Ollama
        (["reasoning_effort"], 3, "json_schema", "off"),
        (["reasoning_effort", "chat_template_kwargs"], 4, "json_schema", "as the server has it"),
        (["reasoning_effort", "chat_template_kwargs", "json_schema"], 5, "json_object", "as the server has it"),
    ],
)
def test_what_a_server_does_not_know_is_left_out_once_and_for_all(
    unknown: list[str], requests: int, shape: str, thinking: str, tmp_path: Path, run_in: Run, chat: Start
) -> None:
    def answer(number: int, body: Body) -> Reply:
        found = [name for name in unknown if name in body or name == body["response_format"]["type"]]
        return failure(400, f"unknown: {found}") if found else right(body)

    server = chat(answer)
    sentences = film(tmp_path, *numbered(20))
    done = run_in("llm", *arguments(sentences, server.address))
    assert texts(sentences) == [in_english(text) for text in numbered(20)]
    assert len(server.bodies) == requests
    for body in server.bodies[-2:]:
        assert body["response_format"]["type"] == shape
        assert {name: body[name] for name in THINKING if name in body} == {
            name: value for name, value in THINKING.items() if name not in unknown
        }
    facts = record(sentences)
    assert (facts["replies"], facts["thinking"], facts["halvings"]) == (shape, thinking, 0)
    assert ("takes no JSON schema" in done.stderr) == (shape == "json_object")
    assert '{"1": "…", "2": "…"}' in server.bodies[-1]["messages"][0]["content"]


ENDS: dict[str, tuple[Callable[[], Reply], tuple[str, ...]]] = {
    "no key": (lambda: failure(401, "invalid api key"), ("answers 401: invalid api key", "export LLM_API_KEY=")),
    "no model": (lambda: failure(404, "model not found"), ("answers 404: model not found", "'small'", "/v1")),
    "nothing is taken": (lambda: failure(400, "unsupported parameter: seed"), ("unsupported parameter: seed",)),
    "moved": (lambda: Reply(status=307, headers=(("Location", "/v2"), ("Content-Length", "0"))), ("answers 307",)),
    "a web page": (lambda: Reply(raw=b"<html>Welcome</html>"), ("does not answer as a chat server", "Welcome", "/v1")),
    "no choices": (lambda: Reply(raw=b'{"error": "overloaded"}'), ("does not answer as a chat server", "overloaded")),
    "broken off": (lambda: Reply(headers=(("Content-Length", "99999"),)), ("broke off", "goes on where it stopped")),
}  # fmt: skip


@pytest.mark.parametrize("end", ENDS)
def test_a_server_that_cannot_help_is_named_in_one_line(end: str, tmp_path: Path, run_in: Run, chat: Start) -> None:
    reply, words = ENDS[end]
    server = chat(lambda number, body: reply())
    sentences = film(tmp_path, "चलो")
    line = failing(run_in("llm", *arguments(sentences, server.address), check=False))
    assert all(word in line for word in (server.address, *words))
    assert not sentences.with_name("en.json").exists()


def test_a_server_that_hangs_is_waited_for_as_long_as_was_said(tmp_path: Path, run_in: Run, chat: Start) -> None:
    server = chat(lambda number, body: time.sleep(20) or right(body))  # type: ignore[func-returns-value]
    sentences = film(tmp_path, "चलो")
    start = time.monotonic()
    line = failing(run_in("llm", *arguments(sentences, server.address), "--timeout", 1, check=False))
    assert "gave no answer within 1 s" in line and time.monotonic() - start < 10


def test_where_no_server_answers_the_line_says_what_to_start(tmp_path: Path, run_in: Run) -> None:
    server = Chat(lambda number, body: right(body))
    server.shutdown()
    server.server_close()
    sentences = film(tmp_path, "चलो")
    line = failing(run_in("llm", *arguments(sentences, server.address), check=False))
    assert f"no server answers at {server.address}" in line and "llama-server" in line and "LLM_SERVER=" in line


def test_a_proxy_does_not_stand_before_this_machine(tmp_path: Path, run_in: Run, chat: Start) -> None:
    server = chat(lambda number, body: right(body))
    sentences = film(tmp_path, "चलो")
    dead = "http://127.0.0.1:9"
    run_in("llm", *arguments(sentences, server.address), HTTP_PROXY=dead, http_proxy=dead, ALL_PROXY=dead, NO_PROXY="")
    assert texts(sentences) == [in_english("चलो")]


def test_the_key_is_sent_and_written_nowhere(tmp_path: Path, run_in: Run, chat: Start) -> None:
    key = "sk-0123456789"
    replies = [right, lambda body: failure(401, f"Incorrect API key provided: {key}")]
    server = chat(lambda number, body: replies[number](body))
    sentences = film(tmp_path, *numbered(13))
    done = run_in("llm", *arguments(sentences, server.address), check=False, LLM_API_KEY=key)
    assert "Incorrect API key provided: …" in failing(done)
    assert {head["authorization"] for head in server.heads} == {f"Bearer {key}"}
    server.answer = lambda number, body: right(body)
    run_in("llm", *arguments(sentences, server.address), LLM_API_KEY=key)
    written = [path for path in sentences.parent.rglob("*") if path.is_file()]
    assert any(path.name == "translation.en.log" for path in written)
    assert not [path for path in written if key.encode() in path.read_bytes()]
    assert key not in done.stderr + done.stdout


def test_a_password_in_the_address_is_refused_before_it_is_written(tmp_path: Path, run_in: Run) -> None:
    sentences = film(tmp_path, "चलो")
    done = run_in("llm", *arguments(sentences, "http://me:hunter2@127.0.0.1:9/v1"), check=False)
    assert done.returncode == 1 and "LLM_API_KEY" in done.stderr and len(done.stderr.splitlines()) == 1
    assert "hunter2" not in done.stderr
    assert sorted(path.name for path in sentences.parent.iterdir()) == ["sentences.json"]


def start_stage(given: list[object]) -> subprocess.Popen[str]:
    command = [str(ROOT / "envs" / "llm" / "bin" / "python"), *map(str, given)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)


def test_a_killed_stage_asks_only_for_what_is_left_and_with_the_same_words(
    tmp_path: Path, run_in: Run, chat: Start
) -> None:
    # The second batch fails as a whole, so that its halves are asked for: they are one entry, done again together.
    def answer(number: int, body: Body) -> Reply:
        return Reply("?") if "वाक्य 20" in said(body) and len(said(body)) > 6 else right(body)

    whole = chat(answer)
    undisturbed = film(tmp_path / "undisturbed", *numbered(40))
    run_in("llm", *arguments(undisturbed, whole.address))
    assert [len(asked) for asked in whole.asked] == [12, 12, 6, 6, 12, 4]

    held = threading.Event()

    def hold(number: int, body: Body) -> Reply:
        if number == 4:
            held.set()
            time.sleep(20)
        return answer(number, body)

    server = chat(hold)
    sentences = film(tmp_path / "killed", *numbered(40))
    stage = start_stage(arguments(sentences, server.address))
    assert held.wait(30)
    stage.kill()
    stage.communicate()
    server.answer = answer
    server.bodies.clear()
    done = run_in("llm", *arguments(sentences, server.address))
    assert "continues at 60%" in done.stderr
    assert server.bodies == whole.bodies[4:]
    assert sentences.with_name("en.json").read_bytes() == undisturbed.with_name("en.json").read_bytes()
    assert record(sentences)["batches_resumed"] == 2
    assert not list((sentences.parent / ".journal").iterdir())


def test_another_glossary_begins_anew(tmp_path: Path, run_in: Run, chat: Start) -> None:
    server = chat(lambda number, body: right(body) if number == 0 else failure(404, "gone"))
    sentences = film(tmp_path, *numbered(13))
    glossary = tmp_path / "glossary.tsv"
    glossary.write_text("दीदी\tsister\n", encoding="utf-8")
    given = [*arguments(sentences, server.address), "--glossary", glossary]
    assert run_in("llm", *given, check=False).returncode == 1
    glossary.write_text("दीदी\tDidi\n", encoding="utf-8")
    server.bodies.clear()
    server.answer = lambda number, body: right(body)
    run_in("llm", *given)
    assert [len(asked) for asked in server.asked] == [12, 1]


def test_a_model_that_translates_nothing_is_given_up_and_asked_anew_by_the_next_command(
    tmp_path: Path, run_in: Run, chat: Start
) -> None:
    server = chat(lambda number, body: Reply("?") if "वाक्य 0" not in said(body) else right(body))
    sentences = film(tmp_path, *numbered(60))
    line = failing(run_in("llm", *arguments(sentences, server.address), check=False))
    assert "none of 24 sentences in a row" in line and "MT_MODEL" in line
    server.bodies.clear()
    server.answer = lambda number, body: right(body)
    run_in("llm", *arguments(sentences, server.address))
    assert [len(asked) for asked in server.asked] == [12, 12, 12, 12]
    assert texts(sentences) == [in_english(text) for text in numbered(60)]


def test_a_short_film_of_which_nothing_is_translated_is_no_result(tmp_path: Path, run_in: Run, chat: Start) -> None:
    server = chat(lambda number, body: Reply("?"))
    sentences = film(tmp_path, "चलो", "रुको")
    assert "none of 2 sentences" in failing(run_in("llm", *arguments(sentences, server.address), check=False))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("--source", "ta"), "is in 'hi', not in 'ta'"),
        (("--target", "xx"), "unknown language 'xx'"),
        (("--model", ""), "MT_MODEL="),
    ],
)
def test_what_does_not_fit_is_said_before_a_server_is_asked(
    change: tuple[str, str], line: str, tmp_path: Path, run_in: Run
) -> None:
    given = arguments(film(tmp_path, "चलो"), "http://127.0.0.1:9/v1")
    given[given.index(change[0]) + 1] = change[1]
    done = run_in("llm", *given, check=False)
    assert done.returncode == 1 and line in done.stderr and "Traceback" not in done.stderr


def test_the_words_of_the_film_are_cleaned_both_ways(tmp_path: Path, run_in: Run, chat: Start) -> None:
    server = chat(lambda number, body: Reply(json.dumps({"1": "He\u202e said:\n\x07 go\ud800."})))
    sentences = film(tmp_path, "उसने\u202e कहा")
    run_in("llm", *arguments(sentences, server.address))
    assert server.asked == [["उसने कहा"]] and texts(sentences) == ["He said: go."]
