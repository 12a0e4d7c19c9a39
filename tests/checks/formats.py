"""Has independent readers judge results: formats.py RESULTS THE_SAME_AGAIN ALTO_SCHEMA PAGE_SCHEMA

Prints a line for each check; the exit status is 1 if any failed. See README.md.
"""

import csv
import filecmp
import json
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

import pandas
import pytesseract
from lxml import etree

COLUMNS = "level page_num block_num par_num line_num word_num left top width height conf text".split()
ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
PAGE = "{http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15}"
XHTML = "{http://www.w3.org/1999/xhtml}"

# The slanted pages among those that fixtures.py makes, by the name of the file without its extension.
SLANTED = {"pages": frozenset({2})}

failures = 0


def check(holds: bool, what: str, detail: object = "") -> None:
    global failures
    failures += not holds
    print("ok  " if holds else "FAIL", what, "" if holds else str(detail)[:2000], flush=True)


def run(*command: object) -> tuple[bool, str]:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    return done.returncode == 0, done.stdout + done.stderr


# A page is a list of words, a word its text and its box: (text, (left, top, right, bottom)).


def json_pages(path: Path) -> list[list]:
    def on_page(box: list, page: dict) -> tuple:
        sides = zip(box, (page["width"], page["height"]) * 2)
        return tuple(min(max(value, 0), side) for value, side in sides)

    def words(page: dict) -> list:
        lines = [line for block in page["blocks"] for line in block["lines"]]
        return [(word["text"], on_page(word["box"], page)) for line in lines for word in line["words"]]

    return [words(page) for page in json.loads(path.read_text("utf-8"))["pages"]]


def tsv_pages(path: Path) -> list[list]:
    table = pandas.read_csv(path, sep="\t", quoting=csv.QUOTE_NONE, keep_default_na=False)
    check(list(table.columns) == COLUMNS, f"{path.name}: the columns are tesseract's", table.columns)
    words, others = table[table.level == 5], table[table.level < 5]
    check(words.conf.between(0, 100).all() and (others.conf == -1).all(), f"{path.name}: confidences")
    check((others.text == "").all(), f"{path.name}: text is in the rows of words alone")
    read = pytesseract.pytesseract.file_to_dict(path.read_text("utf-8"), "\t", -1)
    check(read["text"] == [text.strip() for text in table.text], f"{path.name}: pytesseract reads the same")
    boxes = zip(words.left, words.top, words.left + words.width, words.top + words.height)
    rows = list(zip(words.page_num, words.text, (tuple(map(int, box)) for box in boxes)))
    pages = table[table.level == 1].page_num
    return [[(text, box) for number, text, box in rows if number == page] for page in pages]


def hocr_pages(path: Path, slanted: frozenset[int]) -> list[list]:
    root = etree.parse(path).getroot()
    ids = Counter(root.xpath("//@id"))
    check(max(ids.values()) == 1, f"{path.name}: ids are unique", ids.most_common(3))
    with tempfile.TemporaryDirectory() as folder:
        # hocr-check looks at the lines of all pages at once, and finds them on top of each other.
        check(*verdict(run("hocr-split", path, f"{folder}/%03d.hocr"), f"{path.name}: hocr-split"))
        for number, page in enumerate(sorted(Path(folder).iterdir()), 1):
            # The upright boxes of slanted lines do overlap.
            options = ["--nooverlap"] if number in slanted else []
            accepted, said = run("hocr-check", *options, page)
            broken = [line for line in said.splitlines() if not line.startswith("ok ")]
            check(accepted and not broken, f"{path.name}: hocr-check, page {number}", broken)

    def word(element: etree._Element) -> tuple:
        properties = dict(part.split(None, 1) for part in element.get("title").split(";"))
        return element.text, tuple(map(int, properties["bbox"].split()))

    pages = root.iterfind(f".//{XHTML}div[@class='ocr_page']")
    return [[word(element) for element in page.iterfind(f".//{XHTML}span[@class='ocrx_word']")] for page in pages]


def alto_pages(path: Path, schema: Path) -> list[list]:
    check(*verdict(run("xmllint", "--noout", "--nonet", "--schema", schema, path), f"{path.name}: the schema of ALTO"))
    root = etree.parse(path).getroot()
    ids = set(root.xpath("//@ID"))
    references = {one for of in root.xpath("//@TAGREFS | //@PROCESSINGREFS") for one in of.split()}
    check(references <= ids, f"{path.name}: what is referred to is there", references - ids)

    def word(string: etree._Element) -> tuple:
        left, top, width, height = (int(string.get(name)) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
        return string.get("CONTENT"), (left, top, left + width, top + height)

    return [[word(string) for string in page.iter(f"{ALTO}String")] for page in root.iter(f"{ALTO}Page")]


def page_pages(folder: Path, stem: str, schema: Path) -> list[list]:
    one, several = folder / f"{stem}.page.xml", folder / f"{stem}.page.zip"
    if one.exists():
        return [page_page(one, one.name, schema)]
    with tempfile.TemporaryDirectory() as unpacked:
        with zipfile.ZipFile(several) as archive:
            check(archive.testzip() is None, f"{several.name}: the archive is whole")
            archive.extractall(unpacked)
        return [page_page(path, f"{several.name}, {path.name}", schema) for path in sorted(Path(unpacked).iterdir())]


def page_page(path: Path, name: str, schema: Path) -> list:
    check(*verdict(run("xmllint", "--noout", "--nonet", "--schema", schema, path), f"{name}: the schema of PAGE"))
    root = etree.parse(path).getroot()
    regions = [element.get("id") for element in root.iter(f"{PAGE}TextRegion")]
    order = [element.get("regionRef") for element in root.iter(f"{PAGE}RegionRefIndexed")]
    check(order == regions, f"{name}: the reading order is that of the regions", order)

    def text(element: etree._Element) -> str:
        return element.findtext(f"{PAGE}TextEquiv/{PAGE}Unicode")

    def box(element: etree._Element) -> tuple:
        points = [point.split(",") for point in element.find(f"{PAGE}Coords").get("points").split()]
        across, down = ([int(value) for value in values] for values in zip(*points))
        return min(across), min(down), max(across), max(down)

    lines = {text(line): [text(word) for word in line.iter(f"{PAGE}Word")] for line in root.iter(f"{PAGE}TextLine")}
    check(all(line == " ".join(words) for line, words in lines.items()), f"{name}: lines are their words", lines)
    return [(text(word), box(word)) for word in root.iter(f"{PAGE}Word")]


def verdict(outcome: tuple[bool, str], what: str) -> tuple[bool, str, str]:
    accepted, said = outcome
    return accepted, what, said


def check_document(folder: Path, stem: str, alto_schema: Path, page_schema: Path) -> None:
    expected = json_pages(folder / f"{stem}.json")
    check(any(expected), f"{stem}: has words")
    txt = [page.split() for page in (folder / f"{stem}.txt").read_text("utf-8").split("\f")]
    check(txt == [[text for text, _ in page] for page in expected], f"{stem}.txt: the words of json", txt)
    formats = {
        "tsv": tsv_pages(folder / f"{stem}.tsv"),
        "hocr": hocr_pages(folder / f"{stem}.hocr", SLANTED.get(stem, frozenset())),
        "alto": alto_pages(folder / f"{stem}.alto.xml", alto_schema),
        "page": page_pages(folder, stem, page_schema),
    }
    for name, pages in formats.items():
        difference = first_difference(pages, expected)
        check(pages == expected, f"{stem}: the words and boxes of json are in {name}", difference)


def first_difference(pages: list[list], expected: list[list]) -> str:
    if len(pages) != len(expected):
        return f"{len(pages)} pages, not {len(expected)}"
    pairs = ((a, b) for page, other in zip(pages, expected) for a, b in zip(page, other) if a != b)
    return f"first difference: {next(pairs, 'the number of words')}"


def main() -> int:
    first, second, alto_schema, page_schema = map(Path, sys.argv[1:])
    names = sorted(path.name for path in first.iterdir())
    _, changed, missing = filecmp.cmpfiles(first, second, names, shallow=False)
    check(not changed and not missing, "the same file gives the same bytes", changed + missing)
    stems = [path.stem for path in sorted(first.glob("*.json"))]
    check(len(stems) == 3, "all files were converted", names)
    for stem in stems:
        check_document(first, stem, alto_schema, page_schema)
    if pytesseract_columns := installed_tesseract():
        check(pytesseract_columns == COLUMNS, "the installed tesseract writes these columns", pytesseract_columns)
    print(f"{failures} failed")
    return 1 if failures else 0


def installed_tesseract() -> list[str] | None:
    """The columns that the tesseract of this machine writes, if there is one."""
    from PIL import Image

    try:
        return pytesseract.image_to_data(Image.new("L", (64, 64), 255)).splitlines()[0].split("\t")
    except pytesseract.TesseractNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
