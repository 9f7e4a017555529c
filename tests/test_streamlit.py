"""The ground the pages stand on, where it has given way."""

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_cache import create_reference_msg, populate_hash_if_needed
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue


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
