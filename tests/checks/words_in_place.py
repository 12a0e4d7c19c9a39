"""Compares the words of a JSON result with those that pdftotext finds in the searchable PDF, and the sizes of both files.

    words_in_place.py ORIGINAL MADE.pdf MADE.json [--any-size]

Words that lie level or upright have to be found within a few points of where they were read; pdftotext breaks words that
lie otherwise at every letter, so these are counted but not demanded. Exit status 1 if words are missing or the file has
grown too much.
"""

import collections
import html
import json
import os
import re
import subprocess
import sys

# How far a corner may be off, in points: whole pixels at 200 dpi are a third of one, and pages that lie askew by a few
# degrees move the ends of long words by as many points.
NEAR = 4.0
# The part of the words that has to be in place: pdftotext joins some that touch.
LEAST = 0.97
# Font, cross-reference, and about as much for each word as its place takes.
FIXED_BYTES = 3000
WORD_BYTES = 40


def pages_of(pdf):
    """Width, height and words of each page as it is seen."""
    found = subprocess.run(["pdftotext", "-bbox", pdf, "-"], capture_output=True, text=True, check=True).stdout
    told = subprocess.run(["pdfinfo", "-l", "1000000", pdf], capture_output=True, text=True, check=True).stdout
    turns = [int(turn) for turn in re.findall(r"rot:\s+(\d+)", told)]
    word = re.compile(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>')
    pages = re.findall(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', found, re.S)
    for (width, height, body), turn in zip(pages, turns):
        size = (float(width), float(height))
        words = collections.defaultdict(list)
        for *box, text in word.findall(body):
            words[html.unescape(text)].append([float(side) for side in box])
        yield (size[::-1] if turn % 180 else size), words


def is_level(word):
    """Whether it lies along an axis, as far as its corners tell."""
    if "quad" not in word:
        return True
    (x0, y0), (x1, y1), _, (x3, y3) = word["quad"]
    rise = min(abs(y1 - y0), abs(x1 - x0))
    return rise <= 0.4 * max(abs(x3 - x0), abs(y3 - y0))


def main(original, made, result, any_size=None):
    result = json.load(open(result, encoding="utf-8"))
    pages = list(pages_of(made))
    wanted = placed = slanted = 0
    worst = 0.0
    missing = []
    for page in result["pages"]:
        if page["source"] == "embedded":
            continue
        (width, height), found = pages[page["page"] - 1]
        scales = (width / page["width"], height / page["height"]) * 2
        for block in page["blocks"]:
            for word in (word for line in block["lines"] for word in line["words"]):
                if not is_level(word):
                    slanted += 1
                    continue
                box = [side * scale for side, scale in zip(word["box"], scales)]
                off = [max(abs(a - b) for a, b in zip(box, other)) for other in found.get(word["text"], [])]
                wanted += 1
                if off and min(off) <= NEAR:
                    placed += 1
                    worst = max(worst, min(off))
                else:
                    missing.append(word["text"])
    before, after = os.path.getsize(original), os.path.getsize(made)
    most = before * 1.1 + FIXED_BYTES + WORD_BYTES * (wanted + slanted)
    print(f"{placed} of {wanted} words in place (worst {worst:.1f} pt, {slanted} slanted), {before} -> {after} bytes", end="")
    if missing:
        print(f", missing {missing[:3]}", end="")
    print()
    return placed >= LEAST * wanted - 1 and (after <= most or any_size is not None)


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:5]) else 1)
