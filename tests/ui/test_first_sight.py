"""The first answer holds the figure of the start page, and of every page its title; nothing else is changed."""

import asyncio
import gzip
import re
from pathlib import Path

import pytest
import streamlit as st
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response

from idcore.ui import first_sight
from idcore.ui.first_sight import FirstSight

PAGE = b'<html><head><title>Streamlit</title></head><body><div id="root"></div></body></html>'


def get(path, prefix="", query=b"", accept=b"text/html", kind="text/html", encoding=b""):
    """(headers, body) of an answer of an app that compresses what it may."""
    said = []

    async def send(message):
        said.append(message)

    asked = [(b"accept", accept), (b"accept-encoding", encoding)]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query, "headers": asked}
    origin = Response(PAGE, headers={"content-type": kind, "etag": "of the file", "cache-control": "no-cache"})
    asyncio.run(FirstSight(GZipMiddleware(origin, minimum_size=0), prefix)(scope, None, send))
    headers = {name.decode(): value.decode() for name, value in said[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in said[1:])
    assert int(headers["content-length"]) == len(body)
    return headers, (gzip.decompress(body) if "content-encoding" in headers else body).decode()


@pytest.mark.parametrize("path, prefix", [("/", ""), ("/layerscope/", "layerscope"), ("/layerscope", "layerscope")])
def test_the_start_page_is_drawn(path, prefix):
    headers, body = get(path, prefix)
    assert "etag" not in headers and headers["cache-control"] == "no-cache"
    assert "<title>Layerscope</title>" in body and body.index('id="first-sight"') < body.index('id="root"')
    (wide,) = re.findall(r'class="wide">(.*?)</div>', body)
    assert wide.count("<a href") == 21 and "EfficientNet-Lite0" in body and "stage4, pretrained: ID" in wide
    assert len(body) < 60_000
    assert not re.findall(r"(?:src|href)=.https?:", body)


@pytest.mark.parametrize(
    "asked", [dict(path="/data"), dict(path="/", query=b"network=mlp"), dict(path="/", prefix="a")]
)
def test_another_page_has_its_title_alone(asked):
    _, body = get(**asked)
    assert body.encode() == PAGE.replace(b"Streamlit", b"Layerscope")


@pytest.mark.parametrize("path", ["/explore", "/layerscope/compare/"])
def test_of_a_page_with_charts_what_draws_them_is_asked_for_at_once_and_nothing_else_changes(path):
    _, body = get(path, "layerscope")
    links = re.findall(r"<link [^>]*>", body)
    assert re.sub(r"<link [^>]*>", "", body).encode() == PAGE.replace(b"Streamlit", b"Layerscope")
    files = [re.search(r'href="\./(static/[^"]+)"', link)[1] for link in links]
    root = Path(st.__file__).parent / "static"
    assert files[0].startswith("static/js/PlotlyChart.") and len(set(files)) == len(files) < 60
    assert all((root / file).is_file() for file in files)
    app = (root / "index.html").read_text()
    assert not any(file in app for file in files)
    for part in ("BidiComponent", "Selectbox", "MaterialSymbols"):  # and what each of them imports
        assert any(part in file for file in files)
    assert sum((root / file).stat().st_size for file in files if "Plotly" not in file) < 1_000_000


@pytest.mark.parametrize("path", ["/", "/explore", "/data"])
def test_a_browser_that_takes_compressed_pages_gets_the_same(path):
    headers, body = get(path, encoding=b"gzip, deflate, br, zstd")
    assert headers["content-encoding"] == "gzip" and "Accept-Encoding" in headers["vary"]
    assert body == get(path)[1] and "<title>Layerscope</title>" in body


def test_what_is_no_page_is_passed_on_as_it_is():
    assert get("/", accept=b"*/*")[1].encode() == PAGE and get("/", kind="text/plain")[1].encode() == PAGE


def test_a_download_is_passed_on_piece_by_piece():
    said = []

    async def origin(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/zip")]})
        for i in range(3):
            await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": i < 2})
            assert len(said) == i + 2  # none is held back

    async def send(message):
        said.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/media/a",
        "query_string": b"",
        "headers": [(b"accept", b"text/html")],
    }
    asyncio.run(FirstSight(origin)(scope, None, send))
    assert len(said) == 4


def test_it_says_what_the_page_says():
    from idcore.ui.start import figure, page

    said = first_sight.drawn()
    assert page.TITLE in said and figure.sentence() in said.replace("&#x27;", "'")
