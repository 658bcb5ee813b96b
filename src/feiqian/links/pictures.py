"""The life of the pictures we drew: remembered before they exist, removed when they have served.

A picture of a cheque or a request left lying about is a payment for whoever finds it in time, and clutter
after. So every picture is entered in a small register in the device's home, one file an entry, and goes when
its purpose is over or when it is old. The register is written first and the picture second: killed in
between, we have an entry without a picture, which is harmless, and never a picture that nobody will remove.

What is removed is only what is still ours: a regular file, not a link, with the very bytes that we wrote. A
file that a person edited, replaced or keeps under that name is theirs. An entry holds the path, the SHA-256
of the file, the purpose's id and a time: nothing with which one could pay.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NewType, get_args

from feiqian.links.qr import (
    PART_NAMES,
    Drawn,
    digest_of,
    part_path,
    refuse_to_overwrite,
    render_message,
    sync_directory,
    write_durably,
    write_picture,
)

PurposeId = NewType("PurposeId", str)
"""What a picture was drawn for, as whoever asked for it calls it: a payment, a request. Never a secret."""

Outcome = Literal["removed", "gone", "left_alone", "failed", "unreadable"]
_ENTRY_NAMES: Final = "picture-*.json"
_SCHEMA: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanUp:
    """What a clean-up did, so that a person can be told."""

    removed: tuple[Path, ...] = ()
    left_alone: tuple[Path, ...] = ()
    """Something else lies there now. It is no longer ours, and forgotten."""
    failed: tuple[Path, ...] = ()
    """The disk said no. Still remembered: the next clean-up tries again."""
    unreadable: tuple[Path, ...] = ()
    """Entries of the register that are not as we write them. They stay, for someone to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    path: Path
    sha256: str
    purpose: PurposeId
    made_at: int

    def encode(self) -> bytes:
        # ASCII, so that a path that is no UTF-8 (its bytes are then lone surrogates) comes back as it was.
        fields = {
            "schema": _SCHEMA,
            "path": str(self.path),
            "sha256": self.sha256,
            "purpose": self.purpose,
            "made_at": self.made_at,
        }
        return json.dumps(fields).encode("ascii") + b"\n"

    @classmethod
    def decode(cls, content: bytes) -> _Entry | None:
        try:
            fields = json.loads(content)
            schema, path, digest = fields["schema"], fields["path"], fields["sha256"]
            purpose, made_at = fields["purpose"], fields["made_at"]
            nameable = Path(path).is_absolute() and b"\0" not in os.fsencode(path)
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        texts = all(type(text) is str for text in (path, digest, purpose))
        if schema != _SCHEMA or not nameable or not texts or type(made_at) is not int:
            return None
        return cls(path=Path(path), sha256=digest, purpose=PurposeId(purpose), made_at=made_at)


class Pictures:
    """The pictures that this device drew. `directory` holds the register; it is made when first needed.

    Times are seconds since 1970. OSError is the disk's; every method may be called again after it.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def draw(self, body: bytes, path: Path, *, purpose: PurposeId, now: int) -> tuple[Drawn, ...]:
        """Draw `body` at `path`, as one picture or several (see `qr.draw_message`), and remember it.

        A picture of ours that lies there is replaced, unless a person changed it. Drawing the same again, say
        after a crash, gives the same files. Raises PictureExists, then nothing was drawn; Refused as
        `qr.render_message`.
        """
        pictures = render_message(body, path.absolute())
        for picture in pictures:
            refuse_to_overwrite(picture.path, replaces=self._ours_at(picture.path))
        for picture in pictures:
            self.remember(picture, purpose, now=now)
        for picture in pictures:
            write_picture(picture, replaces=self._ours_at(picture.path))
            self._forget_others_at(picture.path, keep=_entry_of(picture, purpose, now))
        return pictures

    def drew(self, path: Path) -> bool:
        """True if what lies at `path` is a picture of ours, as we drew it: it may be replaced."""
        return digest_of(path) in self._ours_at(path.absolute())

    def remembered(self) -> dict[Path, int]:
        """Where pictures of ours lie or lay, and when each was drawn, the latest time of one place."""
        found: dict[Path, int] = {}
        for _, entry in self._entries():
            if entry is not None:
                found[entry.path] = max(entry.made_at, found.get(entry.path, entry.made_at))
        return found

    def remember(self, drawn: Drawn, purpose: PurposeId, *, now: int) -> None:
        """Enter a picture in the register, durably. To be called before the picture is written."""
        if not self._directory.is_dir():
            for folder in (self._directory.parent, self._directory):  # `parents` alone would leave the upper one open
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_directory(self._directory.parent)
        content = _entry_of(drawn, purpose, now).encode()
        # Named by its content: an entry never changes, and entering the same twice is one entry.
        digest = hashlib.sha256(content).hexdigest()
        write_durably(self._directory / f"picture-{digest[:32]}.json", content, replaces={digest})

    def remove_for(self, purpose: PurposeId) -> CleanUp:
        """Remove the pictures of one purpose, because it is over. Calling it again is harmless."""
        return self._remove(lambda entry: entry.purpose == purpose)

    def remove_at(self, path: Path) -> CleanUp:
        """Remove the picture at `path`, because another one is to lie there. What is not ours stays."""
        return self._remove(lambda entry: entry.path == path.absolute())

    def sweep(self, now: int, older_than_s: int) -> CleanUp:
        """Remove the pictures made at least `older_than_s` seconds before `now`."""
        for part in self._directory.glob(PART_NAMES):  # of entries, where a writer was killed
            with suppress(FileNotFoundError):
                if now - part.stat().st_mtime >= older_than_s:
                    part.unlink()
        return self._remove(lambda entry: now - entry.made_at >= older_than_s)

    def _remove(self, is_due: Callable[[_Entry], bool]) -> CleanUp:
        found: dict[Outcome, list[Path]] = {outcome: [] for outcome in get_args(Outcome)}
        for file, entry in self._entries():
            if entry is None:
                found["unreadable"].append(file)
            elif is_due(entry):
                try:
                    outcome = _remove_picture(entry, ours=self._ours_at(entry.path))
                    file.unlink(missing_ok=True)
                except OSError:  # one stubborn picture must not keep the others; it stays in the register
                    outcome = "failed"
                found[outcome].append(entry.path)
        del found["gone"]
        return CleanUp(**{outcome: tuple(paths) for outcome, paths in found.items()})

    def _ours_at(self, path: Path) -> set[str]:
        return {entry.sha256 for _, entry in self._entries() if entry is not None and entry.path == path}

    def _forget_others_at(self, path: Path, *, keep: _Entry) -> None:
        for file, entry in self._entries():
            if entry is not None and entry.path == path and entry != keep:
                file.unlink(missing_ok=True)

    def _entries(self) -> Iterator[tuple[Path, _Entry | None]]:
        for file in sorted(self._directory.glob(_ENTRY_NAMES)):
            try:
                content = file.read_bytes()
            except FileNotFoundError:
                continue  # another process of this device has just removed it
            yield file, _Entry.decode(content)


def _entry_of(drawn: Drawn, purpose: PurposeId, now: int) -> _Entry:
    return _Entry(path=drawn.path.absolute(), sha256=drawn.sha256, purpose=purpose, made_at=now)


def _remove_picture(entry: _Entry, *, ours: Collection[str]) -> Outcome:
    """Remove what is left of it, durably. `ours` is all that we may have drawn at that path."""
    outcome: Outcome = "gone"
    try:
        part_path(entry.path, entry.sha256).unlink(missing_ok=True)
        found = digest_of(entry.path)
        if found == entry.sha256:
            entry.path.unlink(missing_ok=True)
            outcome = "removed"
        elif found not in ours and os.path.lexists(entry.path):
            outcome = "left_alone"
        # Before the entry goes: else a power cut could bring back a picture that nobody remembers.
        sync_directory(entry.path.parent)
    except (FileNotFoundError, NotADirectoryError):
        return "gone"  # with its folder
    return outcome
