"""What an upload costs the web process."""

import threading

import numpy as np
import psutil
import pytest

pytestmark = pytest.mark.slow

SIZE = 200 * 2**20


def _web(server):
    """The process that serves an address."""
    port = server.rsplit(":", 1)[1]
    return next(one for one in psutil.Process().children() if port in one.cmdline())


def test_an_upload_is_held_twice_at_most_while_it_comes_and_not_at_all_once_it_is_in_the_store(visit, server, tmp_path):
    with open(tmp_path / "large.npz", "wb") as file:
        for _ in range(10):
            file.write(np.random.bytes(SIZE // 10))  # no archive: the worker refuses it at once
    web, ended, most = _web(server), threading.Event(), [0]
    page = visit("data?bring=representations")
    page.locator("input[type=file]").wait_for(state="attached")
    page.get_by_text("Choose a row to explore or to fetch it.").wait_for()

    def watch():
        while not ended.wait(0.02):
            most.append(web.memory_info().rss)

    before, watcher = web.memory_info().rss, threading.Thread(target=watch)
    watcher.start()
    try:
        page.locator("input[type=file]").set_input_files(tmp_path / "large.npz")
        page.get_by_text("large.npz is").or_(page.locator("[data-testid=stAlert]")).last.wait_for()
    finally:
        ended.set()
        watcher.join()
    assert SIZE < max(most) - before < 2.3 * SIZE
    assert web.memory_info().rss - before < 0.4 * SIZE
