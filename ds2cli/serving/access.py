"""Who may speak to the server: a token, the sites whose pages may, and the names under which a private server goes."""

import base64
import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers

PROTOCOL = "ds2"  # what a page offers beside its token, and is answered
TOKEN_PROTOCOL = "ds2.token."  # then the token in base64url, unpadded: names take no other letters


@dataclass(frozen=True)
class Access:
    """The rules of one server.

    token    that every request needs; None where there is none
    origins  sites beside the server's own whose pages may speak to it: `https://example.org`
    is_private  the server listens on this computer alone
    """

    token: str | None
    origins: tuple[str, ...]
    is_private: bool

    def has_token(self, headers: Headers, subprotocols: Sequence[str] = ()) -> bool:
        """Whether a request brings the token: `Authorization: Bearer ...`, or among its subprotocols."""
        if self.token is None:
            return True
        kind, _, given = headers.get("authorization", "").partition(" ")
        found = [given.strip().encode("latin-1")] if kind.lower() == "bearer" else []
        found += [_from_base64(one[len(TOKEN_PROTOCOL) :]) for one in subprotocols if one.startswith(TOKEN_PROTOCOL)]
        # Every one is compared whole, whatever the others were.
        return any([hmac.compare_digest(one, self.token.encode()) for one in found])

    def is_known_host(self, headers: Headers) -> bool:
        """Whether a private server is spoken to by a name of its own.

        Another site's name may be made to lead here (DNS rebinding): its pages would be of the server's own origin.
        """
        if not self.is_private:
            return True
        host = _name(headers.get("host", ""))
        return is_loopback(host) or any(host == _name(_place(origin)) for origin in self.origins)

    def is_known_origin(self, headers: Headers) -> bool:
        """Whether a browser's page comes from the server itself or a site that was named; others send no origin."""
        origin = headers.get("origin")
        if origin is None:
            return True
        return origin in self.origins or _place(origin) == headers.get("host") != ""


def is_loopback(host: str) -> bool:
    """Whether a host is this computer itself."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _place(origin: str) -> str:
    """`example.org:8443` of `https://example.org:8443`; empty where there is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _name(place: str) -> str:
    """`[::1]:8765` and `localhost:8765` without the port."""
    try:
        return urlsplit(f"//{place}").hostname or ""
    except ValueError:
        return ""


def _from_base64(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
