"""What never changes is compressed once, whoever asks and however many at once; all else is passed on as it came."""

import asyncio
import gzip

import pytest
from starlette.responses import Response

from idcore.ui.compressed import Compressed

BODY = b"export const answer = 42;\n" * 1000
FOREVER = {"cache-control": "public, immutable, max-age=31536000", "content-type": "text/javascript"}


class Origin:
    """An app that counts how often it is asked."""

    def __init__(self, status=200, headers=FOREVER):
        self.asked, self.status, self.headers = 0, status, headers

    async def __call__(self, scope, receive, send):
        self.asked += 1
        await asyncio.sleep(0.01)
        await Response(BODY, self.status, self.headers)(scope, receive, send)


async def get(app, path="/static/js/page.x1.js", accept="gzip, br", method="GET", **headers):
    """Status, headers and body of an answer."""
    said = []

    async def send(message):
        said.append(message)

    named = {"accept-encoding": accept, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }
    await app(scope, None, send)
    answered = {name.decode(): value.decode() for name, value in said[0]["headers"]}
    return said[0]["status"], answered, b"".join(message.get("body", b"") for message in said[1:])


def test_a_hundred_at_once_have_it_compressed_once():
    async def visit():
        origin = Origin()
        app = Compressed(origin)
        answers = await asyncio.gather(*[get(app) for _ in range(100)])
        return origin, [*answers, await get(app, range="bytes=0-9", if_none_match='"x"')]

    origin, answers = asyncio.run(visit())
    assert origin.asked == 1
    for status, headers, body in answers:
        assert (status, headers["content-encoding"], gzip.decompress(body)) == (200, "gzip", BODY)
        assert headers["cache-control"] == FOREVER["cache-control"] and headers["vary"] == "Accept-Encoding"
        assert int(headers["content-length"]) == len(body) < len(BODY) / 10


@pytest.mark.parametrize(
    "asked",
    [dict(accept="identity"), dict(path="/media/page.js"), dict(path="/static/media/font.woff2"), dict(method="POST")],
    ids=["who reads no gzip", "what was uploaded", "what is compressed already", "no question"],
)
def test_the_rest_comes_as_it_is(asked):
    status, headers, body = asyncio.run(get(Compressed(Origin()), **asked))
    assert (status, body) == (200, BODY) and "content-encoding" not in headers


@pytest.mark.parametrize(
    "origin", [Origin(404), Origin(headers={"cache-control": "no-cache"})], ids=["none", "changes"]
)
def test_what_may_be_another_tomorrow_is_not_kept(origin):
    async def visit():
        app = Compressed(origin)
        return [await get(app) for _ in range(2)], app

    answers, app = asyncio.run(visit())
    assert all(body == BODY and status == origin.status for status, _, body in answers)
    assert not app._kept
