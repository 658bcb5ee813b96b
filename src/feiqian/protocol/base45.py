"""Base45 (RFC 9285): bytes in the 45 characters that a QR code packs most tightly. Pure.

Two bytes become three characters, a last single byte two. The mapping is kept one to one: whatever `encode`
could not have written is refused, because a second spelling of a message would be a second identity. Lower
case is refused too; it is not in the alphabet (section 3), and a QR code that carries it was not drawn by us.
"""

from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
"""RFC 9285, table 1: a character's place is its value. The same 45 as QR's alphanumeric mode."""

_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}


class Base45Error(ValueError):
    """Not base45. Says where, from 0, never what: the text may be a payment."""


def encode(body: bytes) -> str:
    """The one base45 spelling of `body`; `encoded_length` characters, empty for no bytes."""
    characters: list[str] = []
    for start in range(0, len(body) - 1, 2):
        upper, low = divmod(body[start] << 8 | body[start + 1], 45)
        high, middle = divmod(upper, 45)
        characters += ALPHABET[low], ALPHABET[middle], ALPHABET[high]
    if len(body) % 2:
        middle, low = divmod(body[-1], 45)
        characters += ALPHABET[low], ALPHABET[middle]
    return "".join(characters)


def decode(text: str) -> bytes:
    """The bytes that `text` spells.

    Raises Base45Error: a character outside the alphabet, a length of 1 mod 3, or a group above what its bytes
    hold (65,535 for three characters, 255 for two; RFC 9285 section 6 demands the refusal).
    """
    if len(text) % 3 == 1:
        raise Base45Error("a length of 1 mod 3 spells no bytes")
    try:
        values = [_VALUES[character] for character in text]
    except KeyError:
        place = next(index for index, character in enumerate(text) if character not in _VALUES)
        raise Base45Error(f"the character at {place} is not in the alphabet") from None
    body = bytearray()
    for start in range(0, len(values), 3):
        group = values[start : start + 3]
        number = sum(value * 45**place for place, value in enumerate(group))
        width = len(group) - 1
        if number >= 1 << 8 * width:
            raise Base45Error(f"the group at {start} is more than {width} byte(s) hold")
        body += number.to_bytes(width, "big")
    return bytes(body)


def encoded_length(size_bytes: int) -> int:
    """How many characters `encode` writes for that many bytes."""
    return size_bytes // 2 * 3 + size_bytes % 2 * 2
