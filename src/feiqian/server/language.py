"""Which of the two languages a caller reads (RFC 9110 section 12.5.4); English when nothing says otherwise."""

from feiqian.protocol.words import Language
from feiqian.server.limits import LANGUAGE_HEADER_MAX_CHARS


def language_of(header: str | None) -> Language:
    """The better weighted of `en` and `zh` in an Accept-Language header; what cannot be read is skipped."""
    best: tuple[float, Language] = (0.0, "en")
    for part in (header or "")[:LANGUAGE_HEADER_MAX_CHARS].split(","):
        tag, _, weight = part.partition(";")
        spoken = tag.strip().lower().partition("-")[0]
        if spoken in {"en", "zh"} and _weight(weight) > best[0]:
            best = (_weight(weight), "zh" if spoken == "zh" else "en")
    return best[1]


def _weight(text: str) -> float:
    name, equals, value = text.strip().partition("=")
    if not equals:
        return 1.0 if not name else 0.0
    digits = value.strip()
    readable = name.strip() == "q" and digits.isascii() and digits.replace(".", "", 1).isdigit()
    return min(float(digits), 1.0) if readable else 0.0
