"""Behind nginx as deploy/nginx.conf has it: path prefix, TLS, websocket, gzip. Only ports and places of the certificate
are replaced, and the app is started by the command that the file names."""

import contextlib
import gzip
import http.client
import http.cookiejar
import http.server
import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from types import SimpleNamespace

import pytest

from benchmarks.server import serving
from tests import ROOT
from tests.browser.conftest import HOST
from tests.tools import patience

pytestmark = pytest.mark.slow

CONF = (ROOT / "deploy" / "nginx.conf").read_text()


def nginx():
    """Path of nginx, installed from Debian's packages where it is missing and that can be done."""
    if shutil.which("nginx") is None and shutil.which("apt-get") and os.geteuid() == 0:
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "nginx-light"]
        subprocess.run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, capture_output=True)
    return shutil.which("nginx") or pytest.skip("There is no nginx, and it could not be installed here.")


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def listening(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def replaced(text, pairs):
    for old, new in pairs:
        assert text.count(old) == 1, f"{old!r} stands in deploy/nginx.conf {text.count(old)} times"
        text = text.replace(old, new)
    return text


@contextlib.contextmanager
def proxy(folder, *upstream):
    """(port of http, port of https) of an nginx in front of the app, or of several of it."""
    program = nginx()
    plain, secure = free_ports(2)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={HOST}",
         "-keyout", folder / "key.pem", "-out", folder / "fullchain.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    (folder / "layerscope.conf").write_text(replaced(CONF, [
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ", f"listen 127.0.0.1:{secure} "),
        ("server 127.0.0.1:8501;", " ".join(f"server 127.0.0.1:{port};" for port in upstream)),
        ("/etc/ssl/layerscope/fullchain.pem", str(folder / "fullchain.pem")),
        ("/etc/ssl/layerscope/key.pem", str(folder / "key.pem")),
    ]))  # fmt: skip
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"{'user root;' if os.geteuid() == 0 else ''} daemon off; pid {folder}/pid; error_log {folder}/error.log;"
        f"events {{}} http {{ access_log off; {places} include {folder}/layerscope.conf; }}"
    )
    with subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]) as process:
        try:
            patience.until(lambda: listening(secure) or process.poll() is not None)
            assert process.poll() is None, (folder / "error.log").read_text()
            yield plain, secure
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The app behind nginx: addresses, and the log of the app."""
    folder = tmp_path_factory.mktemp("site")
    script, *options = shlex.split(re.search(r"#   streamlit run (.*)", CONF)[1].replace("HOST", HOST))
    with serving(folder, *options, script=script, LAYERSCOPE_WORKERS="1") as server:
        with proxy(folder, server.address.rpartition(":")[2]) as (plain, secure):
            yield SimpleNamespace(
                http=f"http://127.0.0.1:{plain}", https=f"https://127.0.0.1:{secure}", port=secure, app=server.address
            )
        assert "Traceback" not in server.log.read_text()


def fetch(address, **headers):
    context = ssl._create_unverified_context()
    request = urllib.request.Request(address, headers={"Host": HOST, **headers})
    return urllib.request.urlopen(request, context=context, timeout=patience.seconds())


def read(address):
    with fetch(address) as answer:
        return answer.read().decode()


def test_the_page_and_the_health_check_are_below_the_prefix(site):
    assert read(f"{site.https}/layerscope/_stcore/health") == "ok"
    page = read(f"{site.https}/layerscope/")
    assert "<title>" in page and "static/js/" in page


def test_static_files_are_compressed(site):
    page = read(f"{site.https}/layerscope/")
    for ending in ("js", "css"):
        name = re.search(rf"static/{ending}/[\w./-]+\.{ending}", page)[0]
        with fetch(f"{site.https}/layerscope/{name}", **{"Accept-Encoding": "gzip"}) as answer:
            content = answer.read()
            assert answer.headers["Content-Encoding"] == "gzip"
        assert len(content) < len(gzip.decompress(content)) / 2


def test_http_is_sent_on_to_https(site):
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    request = urllib.request.Request(f"{site.http}/layerscope/?n=100", headers={"Host": HOST})
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.build_opener(Stay).open(request)
    answer.value.close()
    assert answer.value.code == 301 and answer.value.headers["Location"] == f"https://{HOST}/layerscope/?n=100"


@pytest.mark.parametrize(
    "path", ["metrics", "metrics/", "_stcore/metrics", "_stcore/metrics/", "_stcore//metrics", "x/../%5Fstcore/metrics"]
)
def test_metrics_of_the_app_and_of_streamlit_are_closed_to_visitors(site, path):
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        fetch(f"{site.https}/layerscope/{path}")
    refused.value.close()


def test_metrics_are_for_whoever_reaches_the_app_itself(site):
    with urllib.request.urlopen(f"{site.app}/layerscope/metrics") as answer:
        text = answer.read().decode()
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'layerscope_jobs{state="running"}' in text and "layerscope_store_bytes " in text


def test_a_browser_sees_the_page_through_the_proxy(site, browser):
    with contextlib.closing(browser.new_context(ignore_https_errors=True)) as context:
        page = context.new_page()
        page.set_default_timeout(1000 * patience.seconds())
        strange, sockets = [], []
        page.on("request", lambda request: strange.append(request.url) if HOST not in request.url else None)
        page.on("websocket", lambda socket: sockets.append(socket.url))
        page.goto(f"https://{HOST}:{site.port}/layerscope/data")
        page.get_by_role("heading", name="Bring your own").wait_for()
        page.get_by_role("link", name="System").click()
        page.get_by_role("heading", name="Workers").wait_for()
        assert page.url.startswith(f"https://{HOST}:{site.port}/layerscope/system")
    assert sockets == [f"wss://{HOST}:{site.port}/layerscope/_stcore/stream"]
    assert [url for url in strange if not url.startswith(("data:", "blob:"))] == []


def status_of_websocket(site, **headers):
    wanted = {
        "Host": HOST, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "streamlit", **headers,
    }  # fmt: skip
    connection = http.client.HTTPConnection(site.app.removeprefix("http://"), timeout=patience.seconds())
    with contextlib.closing(connection):
        connection.request("GET", "/layerscope/_stcore/stream", headers=wanted)
        return connection.getresponse().status


def test_a_page_of_another_site_cannot_open_a_session(site):
    assert status_of_websocket(site, Origin=f"https://{HOST}") == 101
    assert status_of_websocket(site, Origin="https://evil.example") == 403
    assert status_of_websocket(site, Host="evil.example", Origin="https://evil.example") == 403


class _Named(http.server.BaseHTTPRequestHandler):
    """Says which process it is."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(self.server.server_port).encode())

    def log_message(self, *_):
        pass


def _one_browser(port):
    """Which process answered, at each of four requests with the cookies of one browser."""
    context = ssl._create_unverified_context()
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), jar)
    return lambda: {browser.open(f"https://127.0.0.1:{port}/layerscope/x").read().decode() for _ in range(4)}


def test_a_browser_stays_with_one_of_several_processes_and_goes_to_another_when_that_one_ends(tmp_path):
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Named) for _ in range(2)]
    for one in servers:
        threading.Thread(target=one.serve_forever, daemon=True).start()
    names = [str(one.server_port) for one in servers]
    with proxy(tmp_path, *names) as (_, port):
        browsers = [_one_browser(port) for _ in range(12)]
        chosen = [browser() for browser in browsers]
        assert all(len(one) == 1 for one in chosen) and set().union(*chosen) == set(names)
        servers[0].shutdown()
        servers[0].server_close()
        assert set().union(*(browser() for browser in browsers)) == {names[1]}
    servers[1].shutdown()
    servers[1].server_close()
