import gzip
import struct

import numpy as np
import pytest

from zoo.data.idx import parse_idx, read_gzip


def idx_bytes(array):
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes((0, 0, 8, array.ndim)) + sizes + array.tobytes()


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4)])
def test_idx_round_trip(shape):
    array = np.random.default_rng(0).integers(0, 256, shape, "uint8")
    np.testing.assert_array_equal(parse_idx(idx_bytes(array), "a"), array)


def test_read_gzip_returns_the_content(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"content"))
    assert read_gzip(path) == b"content"


@pytest.mark.parametrize(
    "content, message",
    [
        (b"\0\0", "4 bytes of magic number. Received: 2 bytes in `a`"),
        (b"\0\0\x0d\x01" + bytes(8), "magic number.*Received: 0x00000d01 in"),
        (b"\0\1\x08\x01" + bytes(8), "magic number.*Received: 0x00010801 in"),
        (b"\0\0\x08\0" + bytes(8), "1 to 4. Received: 0x00000800 in `a`"),
        (b"\0\0\x08\x05" + bytes(20), "1 to 4. Received: 0x00000805 in `a`"),
        (b"\0\0\x08\x03" + bytes(5), "16 bytes of header.*Received: 9 bytes"),
        (idx_bytes(np.zeros((2, 3), "uint8"))[:-1], "18 bytes.*Received: 17"),
        (idx_bytes(np.zeros((2, 3), "uint8")) + b"x", "18 bytes.*ceived: 19"),
    ],
)
def test_a_broken_idx_is_refused(content, message):
    with pytest.raises(ValueError, match=message):
        parse_idx(content, "a")


def test_a_truncated_gzip_is_refused_by_name(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 9)[:-20])
    with pytest.raises(ValueError, match="complete gzip.*a.gz.*Delete the"):
        read_gzip(path)


def test_a_file_that_is_no_gzip_is_refused_by_name(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(b"<html>404</html>")
    with pytest.raises(ValueError, match="complete gzip file.*16 bytes"):
        read_gzip(path)


def test_a_gzip_with_a_flipped_byte_is_refused(tmp_path):
    path = tmp_path / "a.gz"
    content = bytearray(gzip.compress(np.random.default_rng(0).bytes(5000)))
    content[2000] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ValueError, match="complete gzip file.*CRC"):
        read_gzip(path)
