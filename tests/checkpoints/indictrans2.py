"""Makes a tiny IndicTrans2: the genuine files, names and fields, trained to know some sentences.

    envs/indictrans2/bin/python tests/checkpoints/indictrans2.py FOLDER \\
        --pairs pairs.json --source hi --target ta

`pairs.json` is [{"source": "…", "target": "…"}]. After half a minute on one core, FOLDER has what
the model's page on the hub has (config.json, generation_config.json, dict.*.json, model.SRC and
model.TGT, model.safetensors; under 2 MB), and translates every source into its target exactly, when
both are prepared and restored as the stage does it. The names of the layers and the fields of
config.json are those of AI4Bharat's huggingface_interface; no line of it is used.
"""

from __future__ import annotations

import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "stages"))

from samvad.indic_processor import processor
from samvad.indictrans2 import Config, Tokenizer
from samvad.indictrans2_text import framed, guard_colons
from samvad.indictrans2_torch import Transformers, build
from samvad.languages import language, languages
from samvad.sentence_translation import fix_hash_seed

#: Dimensions, layers on each side, hidden size, heads.
SIZE, LAYERS, HIDDEN, HEADS = 64, 2, 128, 4

#: Subwords of each side's vocabulary, at most.
PIECES = 480

#: Pairs are learnt until each subword of theirs has this probability, or these seconds of processor time are spent.
ENOUGH, SECONDS = 0.85, 35.0

#: As IndicTrans2 itself was trained: what is known by a hair is lost in 8 bits.
SMOOTHING = 0.1

#: How readily a random network writes </s>, and <unk>.
END, UNKNOWN = 0.4, 0.8

#: What every vocabulary is trained on besides the pairs, so that it has the letters of all three scripts.
TEXT = """
नमस्ते, आप कैसे हैं?
मैं ठीक हूँ, धन्यवाद।
आज मौसम बहुत अच्छा है।
वह कल सुबह दिल्ली से आएगा।
मेरा नाम राधा है और मैं चेन्नई में रहती हूँ।
क्या तुमने खाना खाया?
दरवाज़ा बंद कर दो, बाहर ठंड है।
हमें छह बजे स्टेशन पहुँचना है।
उसने मुझसे झूठ क्यों बोला?
यह घर मेरे पिताजी ने बनाया था।
बच्चे बगीचे में खेल रहे हैं।
मुझे थोड़ा पानी चाहिए।
ट्रेन फिर से देर से चल रही है।
डॉक्टर ने कहा कि सब कुछ ठीक है।
तुम्हारी चाय ठंडी हो रही है।
औरत, ऋषि, ऐनक, ओस, ईख, उल्लू, ऊन, अंगूर, घड़ी, ढोल, थाली, फल, शेर, षट्कोण, ज्ञान।
வணக்கம், நீங்கள் எப்படி இருக்கிறீர்கள்?
நான் நலம், நன்றி.
இன்று வானிலை மிகவும் நன்றாக இருக்கிறது.
அவன் நாளை காலை டெல்லியிலிருந்து வருவான்.
என் பெயர் ராதா, நான் சென்னையில் வசிக்கிறேன்.
நீ சாப்பிட்டாயா?
கதவை மூடு, வெளியே குளிராக இருக்கிறது.
நாம் ஆறு மணிக்கு நிலையத்தை அடைய வேண்டும்.
அவன் ஏன் என்னிடம் பொய் சொன்னான்?
இந்த வீட்டை என் அப்பா கட்டினார்.
குழந்தைகள் தோட்டத்தில் விளையாடுகிறார்கள்.
எனக்குக் கொஞ்சம் தண்ணீர் வேண்டும்.
ரயில் மீண்டும் தாமதமாக வருகிறது.
எல்லாம் சரியாக இருக்கிறது என்று மருத்துவர் சொன்னார்.
உன் தேநீர் ஆறிக்கொண்டிருக்கிறது.
Hello, how are you?
I am fine, thank you.
The weather is very good today.
He will come from Delhi tomorrow morning.
My name is Radha and I live in Chennai.
Have you eaten?
Close the door, it's cold outside.
We have to reach the station at six o'clock.
Why did he lie to me?
My father built this house.
The children are playing in the garden.
I need a little water.
The train is running late again.
The doctor said that everything is all right.
Your tea is getting cold. Quick, just fix a jug of brown wax: very lazy zebras!
( 0 1 2 3 4 5 6 7 8 9 ) < ID1 > < ID2 > [ ] " ' - + / % # @ _ ; !
A B C D E F G H J K L M N O P Q R S T U V W X Y Z
"""


def prepared(text: str, source: str, target: str, is_target: bool) -> str:
    """The text as the model meets it: what the stage makes of it, or of what it should answer."""
    side = target if is_target else source
    guarded = text if side.endswith("Latn") else guard_colons(text)
    (ready,) = processor().preprocess_batch([guarded], src_lang=side, tgt_lang=target, is_target=is_target)
    return str(ready)


def sentencepiece_model(lines: list[str], target: Path) -> list[str]:
    """Trains the model into `target` and returns its pieces, without SentencePiece's own specials."""
    import sentencepiece

    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=trained,
        vocab_size=PIECES,
        hard_vocab_limit=False,
        character_coverage=1.0,
        num_threads=1,
        minloglevel=2,
    )
    target.write_bytes(trained.getvalue())
    model = sentencepiece.SentencePieceProcessor(model_proto=trained.getvalue())
    return [model.id_to_piece(number) for number in range(3, model.vocab_size())]


def write_dictionary(path: Path, tags: list[str], pieces: list[str]) -> int:
    """Specials, pieces, language tags, as fairseq orders them. Returns the size of the vocabulary."""
    names = ["<s>", "<pad>", "</s>", "<unk>", *pieces, *tags]
    path.write_text(json.dumps({name: number for number, name in enumerate(names)}, ensure_ascii=False))
    return len(names)


def config_fields(source_size: int, target_size: int) -> dict[str, Any]:
    """Every member that config.json has on the hub, in a model of two layers."""
    halves = {
        f"{half}_{name}": value
        for half in ("encoder", "decoder")
        for name, value in (
            ("attention_heads", HEADS),
            ("embed_dim", SIZE),
            ("ffn_dim", HIDDEN),
            ("layerdrop", 0),
            ("layers", LAYERS),
            ("normalize_before", True),
        )
    }
    return dict(
        sorted(
            {
                **halves,
                "activation_dropout": 0.0,
                "activation_function": "gelu",
                "architectures": ["IndicTransForConditionalGeneration"],
                "attention_dropout": 0.0,
                "attn_implementation": "eager",
                "auto_map": {
                    "AutoConfig": "configuration_indictrans.IndicTransConfig",
                    "AutoModelForSeq2SeqLM": "modeling_indictrans.IndicTransForConditionalGeneration",
                },
                "bos_token_id": 0,
                "decoder_start_token_id": 2,
                "decoder_vocab_size": target_size,
                "dropout": 0.2,
                "encoder_vocab_size": source_size,
                "eos_token_id": 2,
                "init_std": 0.02,
                "is_encoder_decoder": True,
                "layernorm_embedding": True,
                "max_source_positions": 256,
                "max_target_positions": 256,
                "model_type": "IndicTrans",
                "num_hidden_layers": LAYERS,
                "pad_token_id": 1,
                "scale_embedding": True,
                "share_decoder_input_output_embed": True,
                "tokenizer_class": "IndicTransTokenizer",
                "torch_dtype": "float32",
                "transformers_version": "4.32.1",
                "use_cache": True,
                "vocab_size": target_size,
            }.items()
        )
    )


def train(network: Any, rows: list[tuple[list[int], list[int]]], config: Config) -> float:
    """Teaches the network the rows (source ids, target ids) and returns the least probability of a target's id."""
    import torch

    pad, start = config.pad_token_id, config.decoder_start_token_id

    def padded(lists: list[list[int]], left: bool = False) -> torch.Tensor:
        width = max(map(len, lists))
        fill = [[pad] * (width - len(row)) for row in lists]
        return torch.tensor([f + r if left else r + f for f, r in zip(fill, lists, strict=True)])

    ids = padded([source for source, _ in rows], left=True)
    labels = padded([target for _, target in rows])
    given = padded([[start, *target[:-1]] for _, target in rows])
    network.train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3, weight_decay=0.0)
    begun = time.process_time()
    while True:
        logits = network(
            input_ids=ids, attention_mask=(ids != pad).long(), decoder_input_ids=given, use_cache=False
        ).logits
        least = float(logits.softmax(-1).gather(2, labels[..., None])[labels != pad].min().item())
        # Before another step, which may be one too many.
        if least >= ENOUGH or time.process_time() - begun > SECONDS:
            return least
        loss = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), labels.flatten(), ignore_index=pad, label_smoothing=SMOOTHING
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()


def initialise(network: Any, config: Config) -> None:
    """Gives every tensor storage and a start (the loader's network has neither)."""
    import torch

    torch.manual_seed(0)
    for module in network.modules():
        for name, tensor in list(module.named_parameters(recurse=False)):
            if isinstance(module, torch.nn.LayerNorm):
                value = torch.ones(tensor.shape) if name == "weight" else torch.zeros(tensor.shape)
            elif name == "bias":
                value = torch.zeros(tensor.shape)
            else:
                value = torch.randn(tensor.shape) * 0.08
            setattr(module, name, torch.nn.Parameter(value))
    if config.share_decoder_input_output_embed:
        network.lm_head.weight = network.model.decoder.embed_tokens.weight


def bias(network: Any, config: Config, unknown: int) -> None:
    """Lets a random network write sentences: no <s> and no <pad>, </s> and <unk> now and then.

    The output layer has no bias. One dimension of what it reads is made constant, so that its weights there
    are one. (<pad> in a translation is nothing that an engine need cope with: positions pass it over.)
    """
    import torch

    norm, output = network.model.decoder.layer_norm, network.lm_head.weight
    with torch.no_grad():
        norm.weight[0], norm.bias[0] = 0.0, 1.0
        output[:, 0] = 0.0
        output[[config.bos_token_id, config.pad_token_id], 0] = -100.0
        output[config.eos_token_id, 0] = END
        output[unknown, 0] = UNKNOWN


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--pairs", type=click.Path(path_type=Path), required=True, help='[{"source": …, "target": …}]')
@click.option("--source", required=True, help="Language of the sources, such as hi.")
@click.option("--target", required=True, help="Language of the targets, such as ta.")
@click.option("--untrained", is_flag=True, help="Random weights: enough to compare two engines.")
@click.option("--untied", is_flag=True, help="The output layer has weights of its own.")
def main(folder: Path, pairs: Path, source: str, target: str, untrained: bool, untied: bool) -> None:
    """Makes the checkpoint in FOLDER and says what it cost."""
    fix_hash_seed()
    import torch
    from safetensors.torch import save_file

    torch.set_num_threads(1)
    begun = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    tags = language(source).indictrans2, language(target).indictrans2
    wanted = json.loads(pairs.read_text(encoding="utf-8"))
    sources = [prepared(framed(pair["source"]).text, *tags, is_target=False) for pair in wanted]
    targets = [prepared(pair["target"], *tags, is_target=True) for pair in wanted]

    lines = TEXT.strip().splitlines()
    seen = [ready.split(" ", 2)[2] for ready in sources]
    all_tags = sorted({one.indictrans2 for one in languages().values()})
    sizes = [
        write_dictionary(folder / f"dict.{side}.json", all_tags, sentencepiece_model(text, folder / f"model.{side}"))
        for side, text in (("SRC", lines + seen), ("TGT", lines + targets))
    ]
    fields = {**config_fields(*sizes), "share_decoder_input_output_embed": not untied}
    (folder / "config.json").write_text(json.dumps(fields, indent=2) + "\n")
    generation = {name: fields[name] for name in fields if name.endswith("token_id")}
    (folder / "generation_config.json").write_text(json.dumps(generation, indent=2) + "\n")

    from samvad.indictrans2 import read_config

    config = read_config(folder / "config.json")
    tokenizer = Tokenizer(folder, config)
    network = build(config)
    initialise(network, config)
    least = float("nan")
    if untrained:
        bias(network, config, tokenizer.unknown)
    else:
        rows = [
            (tokenizer.encode(ready), target_ids(folder, text, config))
            for ready, text in zip(sources, targets, strict=True)
        ]
        least = train(network, rows, config)
    weights = {name: tensor.detach().contiguous() for name, tensor in network.state_dict().items()}
    del weights["model.shared.weight"]
    if not untied:
        del weights["lm_head.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    size = sum(file.stat().st_size for file in folder.iterdir())
    print(f"{len(wanted)} pairs, least probability {least:.2f}, {size / 1e6:.2f} MB, {time.monotonic() - begun:.1f} s")
    if not untrained:
        complain(folder, sources, targets)


def target_ids(folder: Path, text: str, config: Config) -> list[int]:
    """Ids of a target sentence, the end included."""
    import sentencepiece

    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "model.TGT"))
    numbers = json.loads((folder / "dict.TGT.json").read_text())
    return [*(numbers[piece] for piece in pieces.encode(text, out_type=str)), config.eos_token_id]


def complain(folder: Path, sources: list[str], targets: list[str]) -> None:
    """Ends the process with an error where the finished checkpoint does not know its sentences."""
    model = Transformers(folder, threads=1)
    found = map(model.tokenizer.decode, model.generate([model.tokenizer.encode(one) for one in sources]))
    # SentencePiece folds the colons that guard_colons put in.
    wanted = [text.replace("：", ":") for text in targets]
    wrong = [(got, text) for got, text in zip(found, wanted, strict=True) if got != text]
    for got, text in wrong:
        print(f"not learnt: {text!r}, got {got!r}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
