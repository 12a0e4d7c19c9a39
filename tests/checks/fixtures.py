"""Makes the files that are converted: fixtures.py PAGE_IMAGE FOLDER"""

import shutil
import sys
from pathlib import Path

from PIL import Image


def main(page: Path, folder: Path) -> None:
    shutil.copy(page, folder / "page.png")
    # A name that has to be escaped.
    shutil.copy(page, folder / 'R&D <2> "final"; x.png')
    upright = Image.open(page).convert("L")
    slanted = upright.rotate(-4, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    blank = Image.new("L", upright.size, 255)
    upright.save(folder / "pages.tif", save_all=True, append_images=[slanted, blank], dpi=(200, 200))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
