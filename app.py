"""Layerscope: the shape of what a neural network knows, layer by layer. `make run` starts it."""

from idcore.ui import app

app.run()
