"""A headless Chromium, driven over its DevTools pipe: what a page loads, how wide it is, what it says."""

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
_PATIENCE = 60.0
_OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run")

WIDER = """
[...document.querySelectorAll("body *")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5)
  .map((one) => one.outerHTML.slice(0, 80))
"""
"""Beginnings of elements that do not fit into the window."""
OPEN_ALL = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
"""Whatever can be unfolded."""
CONTRAST = """(() => {
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((one) => one / 255)
    .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (colour.startsWith("rgb") && (numbers(colour)[3] ?? 1) === 1) return numbers(colour);
    }
    return [255, 255, 255];
  };
  const found = new Set();
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || one.tagName === "SCRIPT") continue;
    const [a, b] = [light(numbers(getComputedStyle(one).color)), light(behind(one))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.add(`${one.tagName}.${one.className} ${ratio.toFixed(2)}`);
  }
  return [...found];
})()"""
"""Elements whose text has a contrast of less than 4.5 to 1 to what is behind it (WCAG 2.1 1.4.3)."""


class Page:
    """One page.

    requests    every URL that it asked for, in order
    complaints  what the browser's console says is wrong
    """

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._number, self._buffer = 0, b""
        self._session: str | None = None
        self.requests: list[str] = []
        self.complaints: list[str] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self._call(f"{domain}.enable")

    def show(self, file: Path, width: int, scheme: str = "light", *, scripts: bool = True) -> None:
        """Open a file in a window of this width, and wait until it is there."""
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self._call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.requests.clear()
        self.complaints.clear()
        self._call("Page.navigate", url=file.as_uri())
        self._await("Page.loadEventFired")

    def value(self, expression: str) -> Any:
        """What an expression of JavaScript comes to."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def screenshot(self, file: Path, *, whole: bool = False) -> None:
        """A picture of the window, or of the whole page."""
        shot = self._call("Page.captureScreenshot", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            pass
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def _await(self, event: str) -> None:
        while self._next().get("method") != event:
            pass

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._from], [], [], max(deadline - time.monotonic(), 0))
            assert ready, "the browser says nothing"
            octets = os.read(self._from, 1 << 16)
            assert octets, "the browser has ended"
            self._buffer += octets
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        if complaint := _complaint(message.get("method", ""), message.get("params", {})):
            self.complaints.append(complaint)
        return message


def _complaint(event: str, about: dict[str, Any]) -> str:
    """What an event says went wrong: a script, a call of console.error, something that could not be loaded."""
    if event == "Runtime.exceptionThrown":
        details = about["exceptionDetails"]
        return str(details.get("exception", {}).get("description", details["text"]))
    if event == "Runtime.consoleAPICalled" and about["type"] in ("error", "assert"):
        return " ".join(str(one.get("value", one.get("description"))) for one in about["args"])
    if event == "Log.entryAdded" and about["entry"]["level"] == "error":
        return f"{about['entry']['text']} {about['entry'].get('url', '')}".strip()
    return ""


@contextlib.contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """A browser of its own, whose profile is in ``folder``."""
    to_browser, ours = os.pipe(), os.pipe()

    def hand_over() -> None:
        # The pipe's ends are where Chromium looks for them: 3 to read, 4 to write. Both go by higher numbers first.
        reading, writing = os.dup2(to_browser[0], 10), os.dup2(ours[1], 11)
        os.dup2(reading, 3)
        os.dup2(writing, 4)

    process = subprocess.Popen(
        [PROGRAM, *_OPTIONS, "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        close_fds=False,
        preexec_fn=hand_over,
    )
    try:
        yield Page(to_browser[1], ours[0])
    finally:
        process.terminate()
        process.wait(20)
        for end in (*to_browser, *ours):
            os.close(end)
