"""Unpacking of files: compressed, or the only file in an archive, with a limit on the unpacked size."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from ipagym.system.errors import InputError

Opener = Callable[[], io.BufferedIOBase]
"""Opens the same bytes anew at each call."""

ALWAYS_ALLOWED_BYTES = 100_000_000
MOST_TIMES = 200
"""A file may unpack to this many times its size, and to `ALWAYS_ALLOWED_BYTES` in any case; text seldom does to 50."""

MOST_LAYERS = 4
MOST_MEMBERS = 10_000
USUAL_MEMBER = "workload.txt"
BLOCK = 1 << 20
DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, RuntimeError,
           ValueError)  # fmt: skip
"""Errors of the standard library's unpackers for damaged files."""

COMPRESSED: dict[bytes, tuple[str, Callable[[IO[bytes]], IO[bytes]]]] = {
    b"\x1f\x8b": ("gzip", lambda file: cast(IO[bytes], gzip.GzipFile(fileobj=file))),
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\xfd7zXZ\x00": ("xz", lzma.LZMAFile),
}
UNREADABLE = {b"Rar!": "a RAR archive", b"7z\xbc\xaf": "a 7-Zip archive", b"(\xb5/\xfd": "compressed by zstd"}


class Bounded(io.RawIOBase):
    """A stream of at most `most` bytes; errors are one line that names the file."""

    def __init__(self, inner: IO[bytes], outer: IO[bytes], path: Path, most: int) -> None:
        self._inner, self._outer, self._path, self._left = inner, outer, path, most

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Fill the buffer as far as the stream does; 0 at its end."""
        try:
            content = self._inner.read(min(len(buffer), BLOCK))
        except DAMAGED as error:
            raise InputError(f"{self._path} cannot be unpacked ({error or 'it ends early'}): pack it again") from None
        self._left -= len(content)
        if self._left < 0:
            raise InputError(
                f"{self._path} unpacks to more than {MOST_TIMES} times its size and {ALWAYS_ALLOWED_BYTES} bytes: "
                "unpack it yourself, and give the file within"
            )
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        """Close the unpacker and what it reads from."""
        if not self.closed:
            self._inner.close()
            self._outer.close()
        super().close()


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a tar archive: its name, and where its bytes lie."""

    name: str
    start: int
    size: int


class Section(io.RawIOBase):
    """The bytes of one member of an archive."""

    def __init__(self, file: io.BufferedIOBase, member: Member) -> None:
        skip(file, member.start)
        self._file, self._left = file, member.size

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Fill the buffer as far as the member does; 0 at its end."""
        content = self._file.read(min(len(buffer), self._left))
        self._left -= len(content)
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        """Close the archive."""
        self._file.close()
        super().close()


def unpacked(path: Path) -> Opener:
    """A function that opens the unpacked content of a file; only a few blocks are held in memory.

    Raises:
        InputError: it is damaged, packed too often or in an unknown way, or an archive of several files.
    """

    def opener() -> io.BufferedIOBase:
        return path.open("rb")

    found: Opener = opener
    try:
        for _ in range(MOST_LAYERS):
            inside = _inside(found, path)
            if inside is None:
                return found
            found = inside
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}): give the path of a text file") from None
    raise InputError(f"{path} is packed more than {MOST_LAYERS} times: unpack it, and give the file within")


def skip(file: io.BufferedIOBase, size: int) -> None:
    """Skip `size` bytes, or to the end."""
    while size > 0 and (content := file.read(min(size, BLOCK))):
        size -= len(content)


def _inside(opener: Opener, path: Path) -> Opener | None:
    """A function that opens the content of the outermost layer; None if the file is not packed."""
    with opener() as file:
        head = file.read(tarfile.BLOCKSIZE)
    for magic, what in UNREADABLE.items():
        if head.startswith(magic):
            raise InputError(f"{path} is {what}: unpack it, and give the file within")
    for magic, (_, unpacker) in COMPRESSED.items():
        if head.startswith(magic):
            return _bounded(opener, unpacker, path)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _bounded(opener, lambda file: _zip_member(file, path), path)
    if _is_tar(head):
        member = _chosen(_tar_members(opener, path), path)
        return lambda: _buffered(Section(opener(), member))
    return None


def _bounded(opener: Opener, unpacker: Callable[[IO[bytes]], IO[bytes]], path: Path) -> Opener:
    most = max(ALWAYS_ALLOWED_BYTES, MOST_TIMES * path.stat().st_size)

    def opened() -> io.BufferedIOBase:
        outer = opener()
        try:
            inner = unpacker(cast(IO[bytes], outer))
        except DAMAGED as error:
            outer.close()
            if isinstance(error, InputError):
                raise
            raise InputError(f"{path} cannot be unpacked ({error}): pack it again") from None
        return _buffered(Bounded(inner, cast(IO[bytes], outer), path, most))

    return opened


def _buffered(stream: io.RawIOBase) -> io.BufferedIOBase:
    return cast(io.BufferedIOBase, io.BufferedReader(stream, BLOCK))


def _zip_member(file: IO[bytes], path: Path) -> IO[bytes]:
    if not file.seekable():
        raise InputError(f"{path} is a zip archive within another: unpack it, and give the file within")
    archive = zipfile.ZipFile(file)
    members = [Member(each.filename, 0, each.file_size) for each in archive.infolist() if not each.is_dir()]
    return archive.open(_chosen(members, path).name)


def _is_tar(head: bytes) -> bool:
    """True for a header whose checksum is right: text has none."""
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True


def _tar_members(opener: Opener, path: Path) -> list[Member]:
    """The plain files in a tar archive, header by header.

    Extended headers are passed over: they can be made to unpack to any size.
    """
    members: list[Member] = []
    position = 0
    with opener() as archive:
        while any(header := archive.read(tarfile.BLOCKSIZE)):
            position += tarfile.BLOCKSIZE
            try:
                entry = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
            except tarfile.TarError:
                raise InputError(f"{path} is a damaged tar archive: pack it again") from None
            if entry.size < 0 or len(members) > MOST_MEMBERS:
                raise InputError(f"{path} is no archive of one file: unpack it, and give the file within")
            if entry.isreg():
                members.append(Member(entry.name, position, entry.size))
            size = -(-entry.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
            skip(archive, size)
            position += size
    return members


def _chosen(members: list[Member], path: Path) -> Member:
    """The only file in an archive, or the one called `workload.txt`."""
    files = [each for each in members if not each.name.startswith("__MACOSX/") and "/._" not in f"/{each.name}"]
    usual = [each for each in files if each.name.rpartition("/")[2] == USUAL_MEMBER]
    if len(files) == 1 or len(usual) == 1:
        return (usual or files)[0]
    raise InputError(f"{path} is an archive of {len(files)} files: unpack it, and give the one that is meant")
