"""A folder on the web: a server of plain files that answers for parts of them, as stores of objects do."""

import re
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote


class Web:
    """`with Web(folder) as web: web.url("dev.jsonl")`; names with `refused` or `cut` in them are answered so.

    asked  how often each file was asked for, with GET
    """

    def __init__(self, folder: Path) -> None:
        self.asked: Counter[str] = Counter()
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                self._answer(has_body=False)

            def do_GET(self) -> None:
                web.asked[unquote(self.path)[1:]] += 1
                self._answer(has_body=True)

            def _answer(self, has_body: bool) -> None:
                place = folder / unquote(self.path.partition("?")[0])[1:]
                if "refused" in place.name or not place.is_file():
                    self.send_response(403 if "refused" in place.name else 404)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                content, status = place.read_bytes(), 200
                size = len(content)
                part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
                if part:
                    start, end = int(part[1]), min(int(part[2] or size - 1), size - 1)
                    content, status = content[start : end + 1], 206
                self.send_response(status)
                if part:
                    self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Accept-Ranges", "bytes")
                self.send_header("ETag", f'"{place.stat().st_mtime_ns:x}"')
                self.end_headers()
                if has_body:
                    self.wfile.write(content[: len(content) // 2] if "cut" in place.name else content)
                    self.close_connection = "cut" in place.name

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def url(self, name: str = "") -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{name}"

    def __enter__(self) -> "Web":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
