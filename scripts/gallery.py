"""The pictures and the page of docs/gallery.md, from docs/gallery.yaml.

python scripts/gallery.py FOLDER   # what FOLDER holds already is not run again
"""

import sys
from pathlib import Path

from ipagym.cli import main
from ipagym.cli.gallery import make_gallery, read_gallery

if __name__ == "__main__":
    docs = Path(__file__).parents[1] / "docs"
    make_gallery(read_gallery(docs / "gallery.yaml"), Path(sys.argv[1]), docs, main)
