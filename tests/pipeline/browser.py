"""A headless Chromium controlled over pipes: the part of the DevTools protocol needed to inspect a page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",  # CI is root in a container, and the page is ours
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--remote-debugging-pipe",
)
AXE = files("axe_playwright_python") / "axe.min.js"
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
"""Tags of axe's rules: each version of WCAG has the criteria that it adds."""
COMPLAINTS = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")


def chromium() -> str | None:
    """Return the path of a Chromium on this machine, or None."""
    return next((found for program in PROGRAMS if (found := shutil.which(program))), None)


@dataclass
class Page:
    """A tab, with its console errors and the URLs it requested."""

    reading: int
    writing: int
    session: str | None = None
    sent: int = 0
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    unread: bytearray = field(default_factory=bytearray)

    def call(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its response; events until then are recorded."""
        self.sent += 1
        message = {"id": self.sent, "method": method, "params": parameters}
        content = json.dumps(message | ({"sessionId": self.session} if self.session else {}))
        os.write(self.writing, content.encode() + b"\0")
        while (answer := self._next()).get("id") != self.sent:
            self._note(answer)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def open(self, path: Path, view: str = "", *, window: tuple[int, int] = (1280, 900), dark: bool = False) -> None:
        """Open a file in a window of a size; return once its script has rendered it."""
        width, height = window
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url="about:blank")  # changing only the fragment would not load the page
        self.complaints.clear()
        self.requests.clear()
        self.call("Page.navigate", url=path.as_uri() + view)
        self.wait_for("document.querySelector('h1')")

    def run(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; promises are awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, condition: str) -> None:
        """Wait until an expression is true, frame by frame; fails after ten seconds."""
        steps = f"() => {{ try {{ return Boolean({condition}) }} catch {{ return false }} }}"
        assert self.run(
            f"new Promise((done) => {{ const holds = {steps}; const end = Date.now() + 10000;"
            "const look = () => holds() ? done(true) : Date.now() > end ? done(false) : setTimeout(look, 10); look() })"
        ), f"never came true: {condition}; {self.complaints}"

    def texts(self, selector: str) -> list[str]:
        """Return the text of every element that matches a selector."""
        found: list[str] = self.run(
            f"Array.from(document.querySelectorAll({json.dumps(selector)}), (e) => e.innerText)"
        )
        return found

    def violations(self) -> list[str]:
        """Return what violates WCAG 2.2 AA in the page as it is now: per element a line with axe's rule and the fix."""
        if not self.run("'axe' in window"):
            self.run(AXE.read_text("utf-8"))
        found = self.run(f"axe.run({{ runOnly: {list(WCAG)}, resultTypes: ['violations'] }})")
        assert found["passes"], "axe has checked nothing"
        return [
            f"{rule['id']}: {' > '.join(node['target'])}: {' '.join(node['failureSummary'].split())}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    def press(self, key: str) -> None:
        """Press a key; only `/` and letters insert text."""
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key)

    def type(self, text: str) -> None:
        """Type text into the focused element."""
        self.call("Input.insertText", text=text)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self.unread:
            more = os.read(self.reading, 1 << 20)
            assert more, "Chromium has ended"
            self.unread += more
        message, _, rest = self.unread.partition(b"\0")
        self.unread = bytearray(rest)
        answer: dict[str, Any] = json.loads(message)
        return answer

    def _note(self, event: dict[str, Any]) -> None:
        method = event.get("method")
        if method in COMPLAINTS:
            self.complaints.append(json.dumps(event["params"])[:600])
        if method == "Network.requestWillBeSent":
            self.requests.append(event["params"]["request"]["url"])


@contextmanager
def browser(program: str) -> Iterator[Page]:
    """Start a Chromium with one page; stop it at the end of the block."""
    commands_out, commands_in = os.pipe()
    answers_out, answers_in = os.pipe()
    # It reads from descriptor 3 and writes to 4.
    script = f'exec "$0" "$@" 3<&{commands_out} 4>&{answers_in}'
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        running = subprocess.Popen(
            ["bash", "-c", script, program, *FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(commands_out, answers_in),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands_out)
        os.close(answers_in)
        try:
            page = Page(answers_out, commands_in)
            target = page.call("Target.createTarget", url="about:blank")["targetId"]
            page.session = page.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                page.call(f"{domain}.enable")
            yield page
            page.session = None
            page.call("Browser.close")
        finally:
            os.close(commands_in)
            os.close(answers_out)
        running.wait(timeout=20)
