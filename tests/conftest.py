"""What holds for all tests."""


def pytest_collection_modifyitems(items):
    """The slow files come first, so that processes side by side end at about the same time."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
