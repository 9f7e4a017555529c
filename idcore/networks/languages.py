"""Language models of transformers by name: description, weights, tokenizer. Imported in a worker, through `extras`."""

from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from idcore.data import places
from idcore.errors import NetworkError
from idcore.limits import LIMITS
from idcore.networks import hub
from idcore.networks.language import LOGITS, Anatomy, LanguageNetwork, anatomy, incomplete
from idcore.networks.tokens import Vocabulary

NEEDED = (hub.CONFIG, hub.TOKENS[0])
_CLOSED = {"trust_remote_code": False, "local_files_only": True}
"""Said to transformers wherever it reads: what it does not have by itself it neither runs nor fetches."""


def is_language(config: Any, library: Any) -> bool:
    """Whether a description is that of a model of tokens. library: transformers."""
    auto = getattr(library.models.auto, "modeling_auto", None) if hasattr(library, "models") else None
    if auto is None:
        return False
    kind = getattr(config, "model_type", "")
    tables = (
        *("MODEL_FOR_CAUSAL_LM_MAPPING_NAMES", "MODEL_FOR_MASKED_LM_MAPPING_NAMES"),
        *("MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES", "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES"),
    )
    images = getattr(auto, "MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES", {})
    return kind not in images and any(kind in getattr(auto, table, {}) for table in tables)


def initial(name: str, config: Any, library: Any, bare: bool = False) -> LanguageNetwork:
    """The model with initial weights, from the generator of torch; bare: without any, on the meta device. Raises
    NetworkError."""
    about = known(name, config, library)
    if bare:
        with torch.device("meta"):
            return LanguageNetwork(_auto(config, library)(), about)
    return LanguageNetwork(_auto(config, library)(dtype=torch.float32), about)


def with_weights(name: str, config: Any, library: Any) -> tuple[LanguageNetwork, str]:
    """(the model with the weights of its folder, what is to be said of them). Raises NetworkError."""
    folder, about = hub.files(name, weights=True, described=NEEDED), known(name, config, library)
    model, info = _class(config, library).from_pretrained(
        folder, config=config, output_loading_info=True, dtype=torch.float32, use_safetensors=True, **_CLOSED
    )
    if lost := incomplete(model, about, info["missing_keys"], info["unexpected_keys"]):
        about = Anatomy(about.blocks, about.trunk, {n: d for n, d in about.widths.items() if n != LOGITS})
    note = f"It has no weights for its head ({', '.join(lost)}): there are no logits." if lost else ""
    return LanguageNetwork(model.eval(), about), " ".join(filter(None, (note, hub.commit(folder))))


def known(name: str, config: Any, library: Any) -> Anatomy:
    """What the model is made of. Raises NetworkError for one that is larger than any file of weights that is read, or
    whose blocks cannot be found."""
    make = _auto(config, library)
    with torch.device("meta"):
        size = sum(4 * tensor.numel() for tensor in make().parameters())
    if size > LIMITS.weights:
        raise NetworkError(f"{name} would have {size:,} bytes of weights; at most {LIMITS.weights:,} are made.")
    return anatomy(make, name)


def vocabulary(name: str, config: Any, library: Any) -> Vocabulary:
    """The tokenizer of a model, as it lies beside it. Raises NetworkError."""
    folder = hub.files(name, weights=False, described=NEEDED)
    tokenizer = _tokenizer(folder, library)
    text = config.get_text_config()
    size = int(text.vocab_size)
    special = set(tokenizer.all_special_ids)
    plain = np.array(sorted(i for i in tokenizer.get_vocab().values() if i not in special and i < size), np.int64)
    if not len(plain):
        raise NetworkError(f"The tokenizer of {name} has no token that is not special: no text can be read with it.")
    pad = next((i for i in (text.pad_token_id, tokenizer.pad_token_id, 0) if i is not None and 0 <= i < size), 0)
    first = tokenizer.cls_token_id
    if first is not None and tokenizer("a")["input_ids"][:1] != [first]:
        first = None
    return Vocabulary(tokenizer, size, _most(config, text, tokenizer), pad, plain, first, places.base(name))


def _tokenizer(folder: Path, library: Any) -> Any:
    tokenizer = library.AutoTokenizer.from_pretrained(folder, **_CLOSED)
    tokenizer.truncation_side = "right"
    return tokenizer


def _most(config: Any, text: Any, tokenizer: Any) -> int | None:
    """Tokens that the model has positions for; None where they are relative. RoBERTa's begin behind the padding."""
    most = getattr(text, "max_position_embeddings", None)
    behind = (text.pad_token_id or 0) + 1 if config.model_type in _BEHIND else 0
    given = [most - behind] if isinstance(most, int) else []
    given += [int(tokenizer.model_max_length)] if tokenizer.model_max_length < 10**9 else []
    return max(2, min(given)) if given else None


_BEHIND = (
    "roberta",
    "xlm-roberta",
    "camembert",
    "roberta-prelayernorm",
    "xlm-roberta-xl",
    "esm",
    "longformer",
    "mpnet",
)
"""Kinds whose positions are counted from behind the padding token's id on."""


def _class(config: Any, library: Any) -> Any:
    names = tuple(config.architectures or ())
    auto = library.models.auto.modeling_auto
    if auto.MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES.get(config.model_type, "").endswith("EncoderModel"):
        return library.AutoModelForTextEncoding  # T5, of which the decoder is left out
    if getattr(config, "is_encoder_decoder", False):
        raise NetworkError(
            f"A network of kind {config.model_type!r} has an encoder and a decoder, and transformers has no class for "
            "its encoder alone: it cannot be read. T5, mT5 and UMT5 can."
        )
    if any(name.endswith(("ForCausalLM", "LMHeadModel")) for name in names):
        return library.AutoModelForCausalLM
    if any(name.endswith("ForMaskedLM") for name in names):
        return library.AutoModelForMaskedLM
    return library.AutoModel


def _auto(config: Any, library: Any) -> Any:
    return partial(_class(config, library).from_config, config, trust_remote_code=False)


@lru_cache(maxsize=1)
def quiet(library: Any) -> None:
    """Errors alone are logged: what is to be said is said by us."""
    library.logging.set_verbosity_error()
    library.logging.disable_progress_bar()


def causal(network: LanguageNetwork) -> bool:
    """Whether a model foretells the next token from those before it, so that it has a loss for each token."""
    return type(network.model).__name__.endswith(("ForCausalLM", "LMHeadModel")) and LOGITS in network.anatomy.widths
