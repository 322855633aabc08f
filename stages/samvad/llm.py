"""A language model behind OpenAI's chat protocol: llama.cpp's server, Ollama, vLLM and their like.

One kind of request, POST <server>/chat/completions, whose reply a JSON schema shapes. The key, if there is one,
comes from the environment (LLM_API_KEY) and goes nowhere but into that request.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from samvad.problem import Problem
from samvad.textmeasure import clean

if TYPE_CHECKING:
    import httpx2

KEY = "LLM_API_KEY"
#: Seconds until a connection stands; how long the reply may take is the caller's.
CONNECT = 10.0
#: Seconds before a busy server is asked again, and the longest that it may ask us to wait.
WAITS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
LONGEST_WAIT = 120.0
#: Too many requests; a server, or what stands before it, that is starting, restarting or overrun.
BUSY = frozenset({429, 500, 502, 503, 504})
#: What servers answer to a field that they do not know, and to a prompt longer than they take.
REFUSED = frozenset({400, 413, 422})


class Manner(NamedTuple):
    """How a server is asked, in fields that not every one knows."""

    shape: Literal["json_schema", "json_object"]
    #: What keeps a model from thinking first, which would take up the reply's room.
    quiet: Mapping[str, Any]


_TEMPLATE = {"chat_template_kwargs": {"enable_thinking": False}}
#: The best first. Ollama goes by the effort (and thinks unless told), llama.cpp and vLLM hand the other to the chat
#: template. A server may refuse what it does not know, be it only the value "none".
MANNERS = (
    Manner("json_schema", {"reasoning_effort": "none", **_TEMPLATE}),
    Manner("json_schema", _TEMPLATE),
    Manner("json_schema", {}),
    Manner("json_object", {}),
)


class Unusable(Exception):
    """A reply that is not what was asked for; says why in a few words. Less, or once more, may do."""


class Refused(Unusable):
    """The server did not take the request itself: as a rule it was longer than the model's context."""


class _Message(Struct):
    content: str | None = None


class _Choice(Struct):
    message: _Message
    finish_reason: str | None = None


class _Usage(Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Answer(Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


def checked(address: str) -> str:
    """A server's address without the slash at its end.

    Raises: Problem unless it is plain http(s): a password in it would be written into records.

    >>> checked("http://localhost:8080/v1/")
    'http://localhost:8080/v1'
    """
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is left open
        usable = False
    if not usable or not address.isprintable() or " " in address:
        raise Problem("that is no address of a server", "Type it like this: http://localhost:8080/v1")
    if "@" in parts.netloc:
        raise Problem("a server's address holds no name or password", f"Put the key into the environment: {KEY}")
    if parts.query or parts.fragment:
        raise Problem("a server's address has nothing after ? or #", "Type it like this: http://localhost:8080/v1")
    return address.rstrip("/")


class Server:
    """One model of one server.

    Args:
        address: as `checked` gives it, such as http://localhost:8080/v1.
        model: its name there.
        timeout: seconds that a reply may take.
        say: tells the person a line.
    """

    def __init__(self, address: str, model: str, timeout: float, say: Callable[[str], None]) -> None:
        import httpx2

        self.address = address
        self.model = model
        self._say = say
        self._timeout = timeout
        self._key = os.environ.get(KEY, "").strip()
        if not (self._key.isascii() and self._key.isprintable()):
            raise Problem(f"{KEY} holds letters that no key has", "Set it anew")
        self._client = httpx2.Client(
            base_url=f"{address}/",
            headers={"Authorization": f"Bearer {self._key or 'none'}"},
            timeout=httpx2.Timeout(timeout, connect=CONNECT),
            # Servers close an idle connection at a moment of their own: a new one for each request costs nothing.
            limits=httpx2.Limits(max_keepalive_connections=0),
            # A proxy of the environment does not lead to this machine.
            mounts=dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]")),
        )
        #: How it is asked; None until it has taken a request.
        self.manner: Manner | None = None
        self.requests = 0
        #: As the server counts them, of the replies that say so.
        self.tokens = {"prompt": 0, "completion": 0}

    def ask(
        self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any], tokens: int, temperature: float
    ) -> str:
        """The text of the reply to `messages`, at most `tokens` long.

        Raises: Refused, Unusable; Problem where no request would be answered.
        """
        body = {
            "model": self.model,
            "messages": messages,
            "max_tokens": tokens,
            "temperature": temperature,
            "seed": 1,
        }
        # Which manner the server takes shows at the first request, and holds for the run.
        for manner in [self.manner] if self.manner else MANNERS:
            response = self._post({**body, **manner.quiet, "response_format": _format(manner, schema)})
            if response.status_code not in REFUSED:
                break
        else:
            raise Refused(f"{response.status_code}: {self._words(response)}")
        if response.status_code != 200:
            self._fail(response)
        if self.manner is None and manner.shape == "json_object":
            self._say(f"  {self.address} takes no JSON schema: going on with JSON objects, checked here")
        self.manner = manner
        return self._content(response)

    def _post(self, body: Mapping[str, Any]) -> httpx2.Response:
        """The server's answer, once it is not busy."""
        import httpx2

        for wait in (*WAITS, 0.0):
            try:
                response = self._client.post("chat/completions", json=body)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                raise Problem(
                    f"no server answers at {self.address} ({str(error) or type(error).__name__})",
                    "Start it (llama-server -m MODEL.gguf, ollama serve, vllm serve MODEL), or say where it is: "
                    "LLM_SERVER=http://…/v1",
                ) from None
            except httpx2.TimeoutException:
                raise Problem(
                    f"{self.address} gave no answer within {self._timeout:g} s",
                    "See whether it is still at work, then type the same command again: it goes on where it stopped",
                ) from None
            except httpx2.TransportError as error:
                raise Problem(
                    f"the answer of {self.address} broke off ({type(error).__name__})",
                    "See whether it still runs, then type the same command again: it goes on where it stopped",
                ) from None
            self.requests += 1
            if response.status_code not in BUSY:
                return response
            wait = max(wait, _retry_after(response)) if wait else wait
            if not wait or wait > LONGEST_WAIT:
                break
            self._say(f"  {self._answered(response)}; asking again in {wait:g} s")
            time.sleep(wait)
        raise Problem(self._answered(response), "Type the same command again later: it goes on where it stopped")

    def _content(self, response: httpx2.Response) -> str:
        try:
            answer = msgspec.json.decode(response.content, type=_Answer)
        except (msgspec.DecodeError, UnicodeDecodeError):
            answer = _Answer([])
        if not answer.choices:
            raise Problem(
                f"{self.address} does not answer as a chat server does: {self._words(response)}",
                "Check the address; it mostly ends in /v1",
            )
        if answer.usage:
            self.tokens["prompt"] += answer.usage.prompt_tokens
            self.tokens["completion"] += answer.usage.completion_tokens
        choice = answer.choices[0]
        if choice.finish_reason == "length":
            raise Unusable("the reply was cut off")
        return choice.message.content or ""

    def _fail(self, response: httpx2.Response) -> NoReturn:
        advice = "Check the address and the server"
        if response.status_code in (401, 403):
            advice = f"Put the right key into the environment: export {KEY}=…"
        elif response.status_code == 404:
            advice = f"Is '{self.model}' there, and is the address right? It mostly ends in /v1"
        raise Problem(self._answered(response), advice)

    def _answered(self, response: httpx2.Response) -> str:
        return f"{self.address} answers {response.status_code}: {self._words(response)}"

    def _words(self, response: httpx2.Response) -> str:
        """What the server says of a failure, short and without the key, which some repeat."""
        try:
            said = msgspec.json.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            said = None
        for name in ("error", "message", "detail"):
            if isinstance(said, dict):
                said = said.get(name, said)
        text = said if isinstance(said, str) else response.text
        return clean(text.replace(self._key or "\0", "…"))[:200].rstrip(". ") or "nothing"


def _format(manner: Manner, schema: Mapping[str, Any]) -> dict[str, Any]:
    if manner.shape == "json_object":
        return {"type": manner.shape}
    return {"type": manner.shape, "json_schema": {"name": "translations", "strict": True, "schema": schema}}


def _retry_after(response: httpx2.Response) -> float:
    """Seconds that the server asks us to wait; 0 where it says nothing, or gives a date."""
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isascii() and asked.isdecimal() else 0.0
