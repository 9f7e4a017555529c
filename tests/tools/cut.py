"""A network that is cut between the app and the scheduler, without a word from either: a proxy that stops passing on
what it is sent, while the connections stay open. A scheduler that hangs looks the same."""

import contextlib
import select
import socket
import threading


class Proxy:
    """Passes on what comes to `port` to another port, both ways, while `open` is set."""

    def __init__(self, to):
        self._to, self.open, self._ended = to, threading.Event(), threading.Event()
        self.open.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self):
        while not self._ended.is_set():
            if select.select([self._listener], [], [], 0.1)[0] and self.open.is_set():
                self._threads.append(threading.Thread(target=self._pass_on, args=(self._listener.accept()[0],)))
                self._threads[-1].start()

    def _pass_on(self, one):
        with one, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._to)) as other:
            while not self._ended.is_set():
                for ready in select.select([one, other], [], [], 0.1)[0] if self.open.wait(0.1) else []:
                    if not (data := ready.recv(2**16)):
                        return
                    (other if ready is one else one).sendall(data)

    def close(self):
        self._ended.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()
