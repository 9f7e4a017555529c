"""The ground the pages stand on, where it has given way."""

import re

import pytest
from streamlit import config
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import media_file_manager
from streamlit.runtime.forward_msg_cache import create_reference_msg, populate_hash_if_needed
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from tests import ROOT


def test_what_is_drawn_again_before_it_was_sent_leaves_nothing_that_has_lost_its_container():
    """A fragment that is drawn twice before the browser has heard of the first drawing: its containers leave the queue
    of messages, but references to elements that the browser knows already did not, and stood nowhere: the browser
    said "Bad delta path index" and went blank."""
    container, element = ForwardMsg(), ForwardMsg()
    container.metadata.delta_path[:] = [0, 3]
    container.delta.add_block.flex_container.SetInParent()
    element.metadata.delta_path[:] = [0, 3, 0]
    element.delta.new_element.markdown.body = "a figure" * 100_000
    queue = ForwardMsgQueue()
    for message in (container, element):
        message.delta.fragment_id = "fragment"
        populate_hash_if_needed(message)
        queue.enqueue(create_reference_msg(message) if message.metadata.cacheable else message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["fragment"])
    assert queue.is_empty()


def test_a_picture_of_another_session_is_found_by_who_has_its_content_alone_and_goes_with_that_session(monkeypatch):
    storage, session = MemoryMediaFileStorage("/media"), {"id": "a"}
    monkeypatch.setattr(media_file_manager, "_get_session_id", lambda: session["id"])
    files = media_file_manager.MediaFileManager(storage)
    first, second = (files.add(content, "image/png", "0.1") for content in (b"cat", b"cau"))
    names = [re.fullmatch(r"/media/([0-9a-f]{32,})\.png", url)[1] for url in (first, second)]
    assert sum(a != b for a, b in zip(*names, strict=True)) > 20  # none can be guessed from another
    for guess in ("", ".", "..", "../app.py", f"{names[0][:-1]}.png", f"{names[0]}/../x.png"):
        with pytest.raises(MediaFileStorageError):
            storage.get_file(guess)
    files.add(b"dog", "image/png", "0.1")
    files.clear_session_refs("a")
    files.remove_orphaned_files()
    with pytest.raises(MediaFileStorageError):
        storage.get_file(f"{names[1]}.png")


def test_no_program_drives_the_app_in_the_place_of_a_browser():
    assert config.get_option("server.enableAgentApi") is False


def test_no_style_of_the_page_asks_what_is_anywhere_below_an_element():
    """A browser would go through all of it again after each change; in a component there is little of it."""
    styles = [path for path in (ROOT / "idcore/ui").glob("**/*.css") if not path.with_suffix(".js").exists()]
    assert styles
    for path in styles:
        assert re.findall(r":has\((?!> )[^)]*\)", re.sub(r"(?s)/\*.*?\*/", "", path.read_text())) == [], path
