"""A folium page as one self-contained file: vendored assets for links, a policy that forbids the rest."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from infraplan.bundled import bundled

LEAFLET_JS = "https://cdn.jsdelivr.net/npm/leaflet@1.9.4/dist/leaflet.js"
LEAFLET_CSS = "https://cdn.jsdelivr.net/npm/leaflet@1.9.4/dist/leaflet.css"
_VENDORED = {LEAFLET_JS: "leaflet.js", LEAFLET_CSS: "leaflet.css"}

_SCRIPT_LINK = re.compile(r'<script[^>]*\ssrc="([^"]*)"[^>]*>\s*</script>')
_STYLE_LINK = re.compile(r'<link[^>]*\shref="([^"]*)"[^>]*>')
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


class UnknownAssetError(RuntimeError):
    """A page asks for a file that the package does not carry: seen when folium changes its links."""


def inline_assets(html: str) -> str:
    """Replace every linked script and style sheet by its vendored text.

    Raises
    ------
    UnknownAssetError
        A link leads to anything else.
    """
    html = _SCRIPT_LINK.sub(lambda link: f"<script>{escape_script(_asset(link[1]))}</script>", html)
    return _STYLE_LINK.sub(lambda link: f"<style>{_asset(link[1])}</style>", html)


def escape_script(text: str) -> str:
    r"""Make a text safe inside a script element, in JavaScript strings and comments and in JSON alike.

    >>> escape_script("'</script><!--'")
    "'<\\/script><\\!--'"
    """
    return re.sub(r"</(?=script)", r"<\\/", text, flags=re.IGNORECASE).replace("<!--", r"<\!--")


def content_policy(html: str, host: str = "") -> str:
    """Return the Content-Security-Policy of a page: its scripts by their checksums, no request whatever.

    Pictures alone may come from ``host``, where one is named.
    """
    pictures = f" https://{host}" if host else ""
    digests = (hashlib.sha256(script.encode("utf-8")).digest() for script in _INLINE_SCRIPT.findall(html))
    scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode('ascii')}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; "
        f"img-src data: blob:{pictures}; "
        "connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _asset(url: str) -> str:
    if url not in _VENDORED:
        raise UnknownAssetError(url)
    return _read(_VENDORED[url])


@cache
def _read(name: str) -> str:
    folder = bundled("vendor", "leaflet-1.9.4")
    text = (folder / name).read_text("utf-8")
    if name.endswith(".css"):
        return re.sub(r"url\((?!#)([^)]+)\)", lambda found: f"url({_data_uri(folder / found[1])})", text)
    return re.sub(r"//# sourceMappingURL=.*", "", text)


def _data_uri(path: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
