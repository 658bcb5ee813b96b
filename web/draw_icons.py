"""Draws the apps' icons: `python web/draw_icons.py` reads public/icons/mark.svg and writes pictures beside it.

The mark keeps to rectangles, polygons and circles in flat colours, so that Pillow draws it; four times as large first,
then made smaller, for smooth edges. Its ground fills the square and what matters stands in the middle four fifths, so
the same picture serves where a system cuts a circle out of it (a maskable icon).
"""

from pathlib import Path
from xml.etree import ElementTree as ET

from PIL import Image, ImageDraw

FOLDER = Path(__file__).with_name("public") / "icons"
MARK = FOLDER / "mark.svg"
SIDES = (180, 192, 512)
FINER = 4
NAMESPACE = "{http://www.w3.org/2000/svg}"


def draw(side: int) -> Image.Image:
    """The mark, so many pixels wide and high."""
    mark = ET.fromstring(MARK.read_text(encoding="utf-8"))  # noqa: S314  # a file of ours
    scale = side * FINER / float(mark.attrib["viewBox"].split()[2])
    picture = Image.new("RGB", (side * FINER, side * FINER))
    pen = ImageDraw.Draw(picture)
    for shape in mark:
        given = shape.attrib
        size = {name: float(given[name]) * scale for name in given if name not in {"fill", "points"}}
        match str(shape.tag).removeprefix(NAMESPACE):
            case "rect":
                box = (size["x"], size["y"], size["x"] + size["width"], size["y"] + size["height"])
                pen.rectangle(box, fill=given["fill"])
            case "circle":
                middle, radius = (size["cx"], size["cy"]), size["r"]
                pen.circle(middle, radius, fill=given["fill"])
            case "polygon":
                numbers = [float(part) * scale for part in given["points"].replace(",", " ").split()]
                pen.polygon(list(zip(numbers[::2], numbers[1::2], strict=True)), fill=given["fill"])
            case "title":
                pass
            case other:
                raise ValueError(f"a shape that is not drawn: {other}")
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def main() -> None:
    """Writes every size."""
    for side in SIDES:
        draw(side).save(FOLDER / f"icon-{side}.png", optimize=True)


if __name__ == "__main__":
    main()
