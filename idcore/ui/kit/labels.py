"""Labels of widgets. A browser sends back the label of what was chosen, so each must stand for one option alone."""

from collections import Counter
from collections.abc import Mapping


def distinct(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels by option, each its own: behind those that are alike stands the option itself."""
    counts = Counter(labels.values())
    unique = {option: f"{label} ({option})" if counts[label] > 1 else label for option, label in labels.items()}
    if len(set(unique.values())) < len(unique):  # one was called already what another is called now
        unique = {option: f"{i}. {label}" for i, (option, label) in enumerate(labels.items(), start=1)}
    return unique
