"""A headless browser for pages: works their controls as a person would, and tells what was then seen."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--timeout=90000",
         "--autoplay-policy=no-user-gesture-required"]
HOSTILE = '</script><script>document.title="taken"</script><img src=x onerror=alert(1)>'

needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

# Around a driver: what it sees goes into `seen`, and `write()` leaves nothing else on the page.
_FRAME = """
<script>
const seen = {errors: []};
const write = () => document.body.replaceChildren(
  Object.assign(document.createElement("pre"), {textContent: JSON.stringify(seen)}));
window.addEventListener("error", (event) => { seen.errors.push(String(event.message)); write(); });
{ %s }
</script>
"""


def look(page: Path, folder: Path, driver: str) -> dict:
    """What a driver (JavaScript that runs behind the page's own) saw in the page.

    The browser prints the page when it has loaded, and a recording that is loading holds that up.
    """
    driven = folder / "driven.html"
    text = page.read_text(encoding="utf-8").replace("</body>", _FRAME % driver + "</body>")
    driven.write_text(text, encoding="utf-8")
    command = [BROWSER, *FLAGS, f"--user-data-dir={folder / 'profile'}", "--dump-dom", driven.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
    return json.loads(html.unescape(re.search(r"<pre>(.*)</pre>", dom, re.S)[1]))
