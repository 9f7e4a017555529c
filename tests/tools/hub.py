"""The files of a network as timm and transformers keep them."""

import json

import numpy as np
from safetensors.numpy import save_file

from idcore.networks import hub

CONFIG = {
    "model_type": "vit",
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "layer_norm_eps": 1e-12,
    "pad_token_id": 10**9,
}


def write(folder, config=CONFIG, images=None, weights=True):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hub.CONFIG).write_text(config if isinstance(config, str) else json.dumps(config))
    (folder / hub.IMAGES).write_text(json.dumps({"do_resize": True} if images is None else images))
    if weights:
        save_file({"a": np.ones(3, np.float32)}, folder / hub.ONE)
    return folder
