"""Small inputs that stand for huge ones."""

import bz2
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


def variant(name: str, points: str) -> str:
    return f"{{name: {name}, accuracy: 0.5, base_cores: 1, load_s: 1, average_s: {points}, p99_s: {points}}}"


def interpolated(variants: int, batch: int) -> bytes:
    """A profile of one stage whose variants are measured at two far batches: all between are to be worked out."""
    points = f"{{1: .1, {batch}: .2}}"
    lines = "\n".join(f"    - {variant(f'v{i}', points)}" for i in range(variants))
    return f"{HEAD}  - name: s0\n    batches: [1]\n    variants:\n{lines}\n".encode()


def shared(stages: int, variants: int) -> bytes:
    """A profile whose stages share their variants by an alias."""
    lines = "\n".join(f"    - {variant(f'v{i}', '{1: .1}')}" for i in range(variants))
    others = "\n".join(f"  - {{name: s{i}, batches: [1], variants: *v}}" for i in range(1, stages))
    return f"{HEAD}  - name: s0\n    batches: [1]\n    variants: &v\n{lines}\n{others}\n".encode()


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE, *, claimed: int | None = None) -> bytes:
    """The header of a tar member; it may claim another size than its content has."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.type = size, kind
    block = bytearray(entry.tobuf(tarfile.GNU_FORMAT))
    if claimed is not None:
        # The format's way to write large and negative numbers: a first bit that is set, then two's complement.
        block[124:136] = (claimed if claimed < 0 else claimed + (1 << 95)).to_bytes(12, "big", signed=claimed < 0)
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def member(name: str, content: bytes, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A tar member, padded to whole blocks."""
    return header(name, len(content), kind) + content + bytes(-len(content) % 512)


def packed(*members: bytes) -> bytes:
    """An archive of these members."""
    return bz2.compress(b"".join(members) + bytes(1024))


def repeated(head: bytes, block: bytes, times: int) -> bytes:
    """An archive of some bytes and as many blocks: bzip2 streams may follow each other, so one does for all."""
    return bz2.compress(head) + bz2.compress(block) * times
