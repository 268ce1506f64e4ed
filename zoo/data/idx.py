"""Read the IDX format of MNIST, plain or gzipped."""

import gzip
import math
import pathlib
import zlib

import numpy as np

UINT8 = 8  # The type code in the third byte of an IDX file.


def read_gzip(path: pathlib.Path) -> bytes:
    """Return the decompressed content of `path`.

    Raises:
        ValueError: The file is no gzip file, truncated or corrupt.
    """
    try:
        with gzip.open(path, "rb") as stream:
            return stream.read()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        size = pathlib.Path(path).stat().st_size
        raise ValueError(
            f"`read_gzip` needs a complete gzip file. Received: `{path}`, "
            f"{size} bytes, {error}. Delete the file to fetch it again."
        ) from error


def parse_idx(content: bytes, source: str) -> np.ndarray:
    """Turn the bytes of an IDX file of type uint8 into an array.

    Args:
        content: Bytes: two zeros, type code, number of dimensions, each
            dimension as a big-endian int32, then the values.
        source: String, the file name for error messages.

    Returns:
        `uint8` array of the shape in the header, read-only.

    Raises:
        ValueError: Wrong magic number, truncated, or too long.
    """
    if len(content) < 4:
        raise ValueError(
            "`parse_idx` needs at least 4 bytes of magic number. Received: "
            f"{len(content)} bytes in `{source}`"
        )
    rank = content[3]
    if content[:3] != bytes((0, 0, UINT8)) or not 1 <= rank <= 4:
        raise ValueError(
            "`parse_idx` needs the magic number 0x000008NN with NN dimensions, "
            f"1 to 4. Received: 0x{content[:4].hex()} in `{source}`"
        )
    start = 4 + 4 * rank
    if len(content) < start:
        raise ValueError(
            f"`parse_idx` needs {start} bytes of header for {rank} dimensions. "
            f"Received: {len(content)} bytes in `{source}`"
        )
    shape = tuple(np.frombuffer(content, ">u4", rank, offset=4).tolist())
    expected = start + math.prod(shape)
    if len(content) != expected:
        raise ValueError(
            f"`parse_idx` needs {expected} bytes for the shape {shape}. "
            f"Received: {len(content)} bytes in `{source}`"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
