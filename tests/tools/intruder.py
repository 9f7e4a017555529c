"""Somebody else on the same machine, as a program: `python -m tests.tools.intruder MODE KEY PORT...`. As user 65534,
where it may become one, it tries each port on 127.0.0.1 in all ways it knows, and prints by port those that were
answered.

MODE: "stranger" has a key of its own making in the folder KEY, "friend" the true one (and stays who it is)."""

import asyncio
import json
import os
import ssl
import sys
import urllib.error
import urllib.request
from http.client import HTTPException

from distributed.core import rpc
from distributed.security import Security

from tests.tools import patience

NOBODY = 65534
_PATIENCE = patience.seconds(0.5)


def anybody() -> ssl.SSLContext:
    """Speaks TLS with whoever is there, and shows nothing."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def with_key(folder: str) -> ssl.SSLContext:
    context = anybody()
    context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    return context


async def identified(address: str, **connection: object) -> bool:
    """Whether a scheduler, a worker or a nanny says who it is: then it also does what it is told."""
    other = rpc(address, connection_args=connection, timeout=_PATIENCE)
    try:
        return bool(await asyncio.wait_for(other.identity(), _PATIENCE))
    except (OSError, TimeoutError, ValueError):  # ValueError: what answers is no Dask
        return False
    finally:
        await other.close_rpc()


def told(port: str) -> bool | None:
    """Whether something is told over HTTP; None where nobody speaks it."""
    refused = None
    for path in ("", "health", "metrics", "json/counts.json", "info/main/workers.html"):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=_PATIENCE).close()
            return True
        except urllib.error.HTTPError as error:
            error.close()
            refused = False
        except (OSError, ValueError, HTTPException):
            pass
    return refused


async def ways(port: str, held: ssl.SSLContext) -> list[str]:
    """In which ways somebody who holds this key is answered. What speaks HTTP speaks nothing else: of the others it
    would wait for the end for as long as one likes."""
    over_http = await asyncio.to_thread(told, port)
    if over_http is not None:
        return ["http"] * over_http
    plain = Security(require_encryption=False).get_connection_args("client")
    tries = {
        "tcp": identified(f"tcp://127.0.0.1:{port}", **plain),
        "tls": identified(f"tls://127.0.0.1:{port}", ssl_context=anybody()),
        "key": identified(f"tls://127.0.0.1:{port}", ssl_context=held),
    }
    return [way for way, yes in zip(tries, await asyncio.gather(*tries.values()), strict=True) if yes]


async def main(mode: str, key: str, ports: list[str]) -> dict[str, list[str]]:
    held = with_key(key)
    if mode == "stranger" and os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    return dict(zip(ports, await asyncio.gather(*(ways(port, held) for port in ports)), strict=True))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))))
