"""A model for llama.cpp that says one sentence whatever it is asked, and llama.cpp's own server with it.

    envs/llama/bin/python tests/checkpoints/llama.py make model.gguf --says "Of course."
    envs/llama/bin/python tests/checkpoints/llama.py serve model.gguf --context 8192

A Llama whose attention and feed-forward weights are zero: what is left is a table of which token follows which.
After a quotation mark it likes the sentence best, after the sentence a quotation mark; the JSON schema that the
server holds it to decides the rest.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

#: Messages one after the other: enough for a server that asks for a template.
TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
HEADS, FORWARD, LONGEST = 4, 8, 16384


def make(path: Path, sentence: str) -> None:
    """Writes the GGUF file: three special tokens, all bytes, and the sentence as one piece ("▁" is a space)."""
    from gguf import GGUFWriter, TokenType

    of_bytes = [f"<0x{byte:02X}>" for byte in range(256)]
    tokens = ["<unk>", "<s>", "</s>", *of_bytes, sentence.replace(" ", "▁")]
    kinds = [TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL, *[TokenType.BYTE] * 256, TokenType.NORMAL]
    size = -(-len(tokens) // (2 * HEADS)) * 2 * HEADS
    quote, said = tokens.index("<0x22>"), len(tokens) - 1
    follows = np.zeros((len(tokens), size), np.float32)
    follows[said, quote] = follows[quote, said] = 1

    writer = GGUFWriter(path, "llama")
    writer.add_context_length(LONGEST)
    writer.add_embedding_length(size)
    writer.add_block_count(1)
    writer.add_feed_forward_length(FORWARD)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(TEMPLATE)
    writer.add_tensor("token_embd.weight", np.eye(len(tokens), size, dtype=np.float32))
    writer.add_tensor("output_norm.weight", np.ones(size, np.float32))
    writer.add_tensor("output.weight", follows)
    for name in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"blk.0.{name}.weight", np.ones(size, np.float32))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros((size, size), np.float32))
    for name, shape in {"gate": (FORWARD, size), "up": (FORWARD, size), "down": (size, FORWARD)}.items():
        writer.add_tensor(f"blk.0.ffn_{name}.weight", np.zeros(shape, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def serve(path: Path, context: int, port: int) -> None:
    """Serves until killed; the first line that it prints is its address."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = context
    parameters.port = port
    parameters.cpuparams.n_threads = 1
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    while True:
        time.sleep(60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make")
    making.add_argument("path", type=Path)
    making.add_argument("--says", required=True)
    serving = commands.add_parser("serve")
    serving.add_argument("path", type=Path)
    serving.add_argument("--context", type=int, required=True, help="tokens")
    serving.add_argument("--port", type=int, default=0, help="0: any that is free")
    options = parser.parse_args()
    if options.command == "make":
        make(options.path, options.says)
    else:
        serve(options.path, options.context, options.port)


if __name__ == "__main__":
    main()
