"""Tiny language models of each family with random weights, saved as the hub has them, tokenizer included."""

import json

import torch

from idcore.networks.extras import library

WORDS = [
    "the",
    "a",
    "of",
    "and",
    "in",
    "to",
    "is",
    "are",
    "was",
    "with",
    "on",
    "at",
    "by",
    "from",
    "rain",
    "wind",
    "ship",
    "sea",
    "bread",
    "salt",
    "doctor",
    "letter",
    "code",
    "sum",
    "light",
    "north",
    "south",
    "winds",
    "will",
    "bring",
    "your",
    "my",
    "dear",
    "if",
    "then",
    "x",
    "y",
    "z",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
]
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
ESM = [
    "<cls>",
    "<pad>",
    "<eos>",
    "<unk>",
    "L",
    "A",
    "G",
    "V",
    "S",
    "E",
    "R",
    "T",
    "I",
    "D",
    "P",
    "K",
    "Q",
    "N",
    "F",
    "Y",
    "M",
    "H",
    "W",
    "C",
    "X",
    "B",
    "U",
    "Z",
    "O",
    ".",
    "-",
    "<null_1>",
    "<mask>",
]
FAMILIES = ("gpt2", "opt", "gpt_neox", "llama", "mistral", "qwen2", "bert", "roberta", "t5", "esm")
WIDTH, BLOCKS = 16, 3
_SIZE = {"hidden_size": WIDTH, "num_hidden_layers": BLOCKS, "num_attention_heads": 2, "intermediate_size": 32}


def vocabulary():
    letters = [chr(i) for i in range(33, 127)]
    return {word: i for i, word in enumerate(dict.fromkeys((*SPECIAL, *WORDS, *letters)))}


def config(family, size):
    """The configuration of transformers, with so many tokens; weights far enough from 0 that layers differ."""
    tf, few = library("transformers"), {"vocab_size": size, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
    few["initializer_range"] = 0.3
    if family == "gpt2":
        return tf.GPT2Config(n_embd=WIDTH, n_layer=BLOCKS, n_head=2, n_positions=64, **few)
    if family == "opt":
        sizes = {"ffn_dim": 32, "word_embed_proj_dim": WIDTH, "max_position_embeddings": 64, "init_std": 0.3}
        return tf.OPTConfig(**{**_SIZE, **few, **sizes})
    if family == "t5":
        return tf.T5Config(d_model=WIDTH, num_layers=BLOCKS, num_heads=2, d_kv=8, d_ff=32, **few)
    name = {"gpt_neox": "GPTNeoX", "llama": "Llama", "mistral": "Mistral", "qwen2": "Qwen2", "bert": "Bert",
            "roberta": "Roberta", "esm": "Esm"}[family]  # fmt: skip
    more = {"num_key_value_heads": 1} if family in ("mistral", "qwen2") else {}
    if family == "esm":
        more = {"position_embedding_type": "rotary", "token_dropout": True, "mask_token_id": 32}
        few |= {"vocab_size": 33, "bos_token_id": None, "eos_token_id": None}
    places = 66 if family in ("roberta", "esm") else 64
    return getattr(tf, f"{name}Config")(**{**_SIZE, **few, **more, "max_position_embeddings": places})


def model(family, size=None, seed=0):
    """The model with random weights, in eval mode."""
    tf, found = library("transformers"), config(family, size or len(vocabulary()))
    auto = (
        "ForTextEncoding"
        if family == "t5"
        else "ForMaskedLM"
        if family in ("bert", "roberta", "esm")
        else "ForCausalLM"
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return getattr(tf, f"AutoModel{auto}").from_config(found).eval()


def save(folder, family="gpt2", side="right", size=None, seed=0, tokenizer=True):
    """The folder of a model as the hub has it. side: on which its tokenizer would pad."""
    folder.mkdir(parents=True, exist_ok=True)
    model(family, size, seed).save_pretrained(folder)
    if tokenizer and family == "esm":
        (folder / "vocab.txt").write_text("\n".join(ESM))
        (folder / "tokenizer_config.json").write_text(
            json.dumps({"tokenizer_class": "EsmTokenizer", "model_max_length": 64, "padding_side": side})
        )
    elif tokenizer:
        _save_tokenizer(folder, family, side)
    return folder


def _save_tokenizer(folder, family, side):
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    made = Tokenizer(models.WordLevel(vocabulary(), unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation()])
    around = {"bert": "<s> $A </s>", "roberta": "<s> $A </s>", "t5": "$A </s>", "llama": "<s> $A", "opt": "<s> $A"}
    if family in around:
        made.post_processor = processors.TemplateProcessing(
            single=around[family], special_tokens=[("<s>", 0), ("</s>", 2)]
        )
    named = {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
    }
    named |= {"cls_token": "<s>", "sep_token": "</s>"} if family in ("bert", "roberta") else {}
    fast = library("transformers").PreTrainedTokenizerFast
    fast(tokenizer_object=made, padding_side=side, model_max_length=64, **named).save_pretrained(folder)
