"""The version of the package, wherever it is told."""

VERSION = "0.1.0"
