"""What can be wrong with how a page of the documentation looks, found in a browser that has it open."""

import functools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from browser import CONTRAST, OPEN_ALL, Page

TOO_WIDE = """
[...document.querySelectorAll("article *")]
  .filter((one) => one.getBoundingClientRect().width && one.getBoundingClientRect().right > innerWidth + 0.5)
  .filter((one) => {
    for (let box = one.parentElement; box; box = box.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(box).overflowX)) return false;
    return true;
  })
  .map((one) => one.outerHTML.slice(0, 80))
"""
"""Beginnings of elements that the window cuts off, but for those in a box that can be scrolled."""

IMAGES = """
[...document.images]
  .filter((one) => !one.naturalWidth || !one.naturalHeight || one.width > one.parentElement.clientWidth + 0.5)
  .map((one) => `${one.src}: ${one.naturalWidth} by ${one.naturalHeight}, ${one.width} wide here`)
"""
"""Images that are not there, or wider than the column that they stand in."""

SMALL = """
[...document.querySelectorAll("article *")]
  .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .map((one) => {
    const scale = one.getScreenCTM && one.tagName === "text" ? one.getScreenCTM().a : 1;
    return [one, parseFloat(getComputedStyle(one).fontSize) * scale];
  })
  .filter(([one, size]) => size < 11)
  .map(([one, size]) => `${one.outerHTML.slice(0, 60)}: ${size.toFixed(1)} px`)
"""
"""Elements with letters of less than 11 px."""

DRAWN = """(() => {
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((one) => one / 255)
    .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const found = new Set();
  for (const drawing of document.querySelectorAll("svg")) {
    const frame = drawing.getBoundingClientRect(), painted = [], texts = [];
    for (const one of drawing.querySelectorAll("rect, path, circle, ellipse, polygon, text")) {
      const fill = getComputedStyle(one).fill;
      if (one.closest("defs") || (one.tagName === "text" && !one.textContent.trim())) continue;
      if (one.tagName !== "text") {
        if (fill.startsWith("rgb") && (numbers(fill)[3] ?? 1) === 1) painted.push([one, fill]);
        continue;
      }
      const box = one.getBoundingClientRect(), name = `<text>${one.textContent.trim()}</text>`;
      if (box.left < frame.left || box.right > frame.right || box.top < frame.top || box.bottom > frame.bottom)
        found.add(`${name} is cut off`);
      const middle = new DOMPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
      const under = painted.findLast(([shape]) =>
        shape.isPointInFill(middle.matrixTransform(shape.getScreenCTM().inverse())));
      if (!under) { found.add(`${name} stands on nothing`); continue; }
      const [a, b] = [light(numbers(fill)), light(numbers(under[1]))].sort((x, y) => y - x);
      const ratio = (a + 0.05) / (b + 0.05);
      if (ratio < 4.5) found.add(`${name} ${fill} on ${under[1]} ${ratio.toFixed(2)}`);
      for (const [other, its] of texts)
        if (Math.min(box.right, other.right) - Math.max(box.left, other.left) > 1
            && Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top) > 3)
          found.add(`${name} overlaps ${its}`);
      texts.push([box, name]);
    }
  }
  return [...found];
})()"""
"""Text in diagrams: on each other, beyond the edge, or with a contrast of less than 4.5 to 1 (WCAG 2.1 1.4.3)."""

COLOURS = """
[...document.querySelectorAll("article, article *")].map((one) => {
  const style = getComputedStyle(one);
  return [one.tagName, style.color, style.backgroundColor, style.fill, style.stroke].join(" ");
})
"""
"""The colours of everything, in order."""

SEARCHED = "/^Search finished|did not match/.test(document.querySelector('.search-summary')?.textContent)"
"""Whether the page of the search has found all that it will find."""

WIDTHS = (400, 800, 1400)
SCHEMES = ("light", "dark")


class Served:
    """Where a page is, for a browser that else opens files."""

    def __init__(self, url: str) -> None:
        self.url = url

    def as_uri(self) -> str:
        """What the browser goes to."""
        return self.url


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: what is asked for is seen in the browser."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The URL of a folder on loopback, as long as it is served."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def until(one: Page, condition: str) -> None:
    """Wait for something that the page does by itself."""
    give_up = time.monotonic() + 20
    while not one.value(condition):
        assert time.monotonic() < give_up, condition
        time.sleep(0.02)


def complaints(one: Page, base: str, path: str, width: int, scheme: str) -> list[str]:
    """What is wrong with a page at ``base``/``path``, each in a line that begins with the page."""
    one.show(Served(f"{base}/{path}"), width, scheme)
    if "?q=" in path:
        until(one, SEARCHED)
    one.value(OPEN_ALL)
    wide = one.value("document.documentElement.scrollWidth")
    found = [f"{wide} px wide"] if wide > width else []
    for what, expression in (
        ("cut off", TOO_WIDE),
        ("image", IMAGES),
        ("contrast", CONTRAST),
        ("diagram", DRAWN),
        ("small", SMALL),
    ):
        found += [f"{what}: {each}" for each in one.value(expression)]
    found += [f"from outside: {url}" for url in one.requests if not url.startswith((f"{base}/", "data:"))]
    found += [f"console: {text}" for text in one.complaints]
    return [f"{path} at {width} px, {scheme}: {each}" for each in found]
