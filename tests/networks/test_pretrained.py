"""Pretrained weights: fetched from a server on this computer, checked, read."""

import hashlib
import http.server
import io
import threading
from dataclasses import replace

import pytest
import torch

from idcore.errors import Cancelled, NetworkError
from idcore.networks import catalogue
from idcore.networks.build import build
from idcore.networks.catalogue import ARCHITECTURES
from idcore.networks.pretrained import folder, path_of, pretrained
from idcore.spec import Architecture
from idcore.watch import Watch

NAME = "squeezenet1_1"  # the smallest: 5 MB


@pytest.fixture(scope="module")
def content():
    """What torchvision would offer: a file of `torch.save`."""
    file = io.BytesIO()
    network = build(Architecture(NAME), (3, 64, 64), 1000, 3)
    torch.save(network.state_dict(), file)
    return file.getvalue()


class Server(http.server.ThreadingHTTPServer):
    content, cut, code, asked = b"", 0, 200, 0

    def handle_error(self, *_):
        pass  # who cancels hangs up


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        self.server.asked += 1
        self.send_response(self.server.code)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content[: len(self.server.content) - self.server.cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(content):
    with Server(("127.0.0.1", 0), Handler) as server:
        server.content = content
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def offered(server, content, monkeypatch, tmp_path):
    """The entry with weights of that server, and a torch home of its own."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch home"))
    entry = ARCHITECTURES[NAME]
    chosen = replace(
        entry.offers[0],
        url=f"http://127.0.0.1:{server.server_port}/squeeze.pth",
        file="squeeze.pth",
        digest=hashlib.sha256(content).hexdigest()[:8],
    )
    entry = replace(entry, offers=(chosen,))
    monkeypatch.setitem(catalogue.ARCHITECTURES, NAME, entry)
    return entry


def left():
    return sorted(path.name for path in folder().iterdir() if path.suffix != ".lock")


def test_weights_are_fetched_once_and_are_those_of_the_file(server, offered):
    told = []
    network, classes, note = pretrained(Architecture(NAME), "DEFAULT", Watch(told.append))
    expected = build(Architecture(NAME), (3, 64, 64), 1000, 3).eval()
    x = torch.randn(2, 3, 64, 64)
    assert torch.equal(network(x), expected(x)) and not network.training
    assert classes[:2] == ("tench", "goldfish") and len(classes) == 1000
    assert note == "Pretrained: IMAGENET1K_V1 of torchvision (squeeze.pth)."
    assert {p.phase for p in told} == {"downloading"} and told[0].message.startswith("Downloading squeeze.pth: ")
    assert [p.done <= p.total for p in told] == [True] * len(told)
    pretrained(Architecture(NAME), "IMAGENET1K_V1")
    assert server.asked == 1 and left() == ["squeeze.pth"]


def test_what_a_killed_download_has_left_is_gone_on_with_or_begun_again(server, offered):
    folder().mkdir(parents=True)
    (folder() / "squeeze.pth.part").write_bytes(b"half")  # this server knows no ranges: it sends all of it
    pretrained(Architecture(NAME), "DEFAULT")
    assert left() == ["squeeze.pth"]


def test_a_file_that_lies_there_already_needs_no_connection(server, offered, content):
    server.shutdown()
    folder().mkdir(parents=True)
    (folder() / "squeeze.pth").write_bytes(content)
    assert pretrained(Architecture(NAME), "DEFAULT")[0] is not None
    assert server.asked == 0


def test_a_download_that_breaks_off_is_not_taken_for_the_file(server, offered):
    server.cut = 1000
    with pytest.raises(NetworkError, match="cut 1,000 bytes before the end; the next try goes on from there"):
        path_of(offered, offered.offers[0])
    assert left() == ["squeeze.pth.part"]


def test_a_file_that_is_another_one_is_refused_whether_it_comes_or_lies_there(server, offered):
    server.content = b"<html>Please log in</html>"
    with pytest.raises(NetworkError, match="its sha256 is .* and should be .*: this is another file"):
        path_of(offered, offered.offers[0])
    assert left() == []
    (folder() / "squeeze.pth").write_bytes(server.content)
    with pytest.raises(NetworkError, match="squeeze.pth is damaged or another one: .* Remove it"):
        path_of(offered, offered.offers[0])
    assert left() == ["squeeze.pth"], "nobody's file is removed"


def test_a_cancelled_download_stops_and_leaves_nothing_behind(server, offered):
    asked = []
    with pytest.raises(Cancelled):
        path_of(offered, offered.offers[0], watch=Watch(cancelled=lambda: bool(asked.append(1) or len(asked) > 5)))
    assert left() == [] and len(asked) == 6


def test_where_there_is_no_connection_the_sentence_names_the_file_and_the_folder(server, offered, monkeypatch):
    def refused(*_, **__):
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr("urllib.request.urlopen", refused)
    with pytest.raises(NetworkError) as caught:
        pretrained(Architecture(NAME), "DEFAULT")
    sentence = str(caught.value)
    assert sentence.startswith("The weights IMAGENET1K_V1 of SqueezeNet 1.1 are not on this computer")
    assert "(Name or service not known)" in sentence and f"into the folder {folder()}" in sentence
    assert "squeeze.pth" in sentence and sentence.endswith("or choose untrained weights.")


def test_a_server_that_has_not_got_the_file_is_like_no_connection(server, offered):
    server.code = 404
    with pytest.raises(NetworkError, match=r"could not be fetched \(Not Found\)"):
        path_of(offered, offered.offers[0])
    assert left() == []


def test_two_that_want_the_same_file_fetch_it_once(server, offered):
    paths = []
    threads = [threading.Thread(target=lambda: paths.append(path_of(offered, offered.offers[0]))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert paths == [folder() / "squeeze.pth"] * 2 and server.asked == 1


def test_weights_that_do_not_fit_are_refused_in_a_sentence(server, offered, content, monkeypatch):
    entry = ARCHITECTURES["squeezenet1_0"]
    monkeypatch.setitem(catalogue.ARCHITECTURES, "squeezenet1_0", replace(entry, offers=offered.offers))
    with pytest.raises(NetworkError, match="do not fit squeezenet1_0"):
        pretrained(Architecture("squeezenet1_0"), "DEFAULT")
