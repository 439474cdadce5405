"""Small inputs that stand for huge ones."""

import bz2
import io
import tarfile

HEAD = """\
name: x
description: x
slo_s: 1
batch_timeout_s: 0
objective: {alpha: 1, beta: 1, delta: 1}
idle_watts_per_core: 1
busy_watts_per_core: 1
stages:
"""


def merged(levels: int) -> bytes:
    """YAML mappings that merge the one before twice: 2 ** levels keys where they are put together naively."""
    lines = [f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}" for i in range(1, levels)]
    return "\n".join(["a0: &a0 {x: 1}", *lines]).encode()


def aliased(levels: int) -> bytes:
    """YAML lists of nine aliases of the one before: 9 ** levels items where they are copied or printed."""
    lines = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, levels)]
    return "\n".join(["a0: &a0 [x]", *lines, f"stages: *a{levels - 1}"]).encode()


def nested(levels: int) -> bytes:
    """YAML lists within lists."""
    return b"[" * levels + b"]" * levels


def interpolated(stages: int, variants: int, batch: int) -> bytes:
    """A profile whose stages share their variants by an alias, and whose variants share a table of latencies."""
    first = f"{{name: v0, accuracy: 0.5, base_cores: 1, load_s: 1, average_s: &l {{1: 0.1, {batch}: 0.2}}, p99_s: *l}}"
    more = [f"{{name: v{i}, accuracy: 0.5, base_cores: 1, load_s: 1, average_s: *l, p99_s: *l}}"
            for i in range(1, variants)]  # fmt: skip
    listed = "\n".join(f"    - {line}" for line in [first, *more])
    others = "\n".join(f"  - {{name: s{i}, batches: [1], variants: *v}}" for i in range(1, stages))
    return f"{HEAD}  - name: s0\n    batches: [1]\n    variants: &v\n{listed}\n{others}\n".encode()


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE, *, claimed: int | None = None) -> bytes:
    """The header of a tar member; it may claim another size than its content has."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.type = size, kind
    block = bytearray(entry.tobuf(tarfile.GNU_FORMAT))
    if claimed is not None:
        block[124:136] = tarfile.itn(claimed, 12, tarfile.GNU_FORMAT)
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def member(name: str, content: bytes, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A tar member, padded to whole blocks."""
    return header(name, len(content), kind) + content + bytes(-len(content) % 512)


def packed(*members: bytes) -> bytes:
    """An archive of these members."""
    return bz2.compress(b"".join(members) + bytes(1024))


def packed_zeros(head: bytes, size: int) -> bytes:
    """An archive of a header and so many zeros, made without holding them."""
    packer, buffer = bz2.BZ2Compressor(), io.BytesIO()
    buffer.write(packer.compress(head))
    for _ in range(size // 1_000_000):
        buffer.write(packer.compress(bytes(1_000_000)))
    buffer.write(packer.flush())
    return buffer.getvalue()
