"""Lines of a byte stream, however its bytes arrive."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exprinfer.scoring.reading import lines
from exprinfer.scoring.reading.lines import read_lines


class Slow(io.BytesIO):
    """A stream that returns a few bytes at a time, as a pipe may do."""

    def __init__(self, content: bytes, sizes: list[int]) -> None:
        super().__init__(content)
        self.sizes = sizes

    def read1(self, size: int | None = -1) -> bytes:
        return self.read(self.sizes.pop() if self.sizes else size)


def all_lines(stream: io.BytesIO) -> list[bytes]:
    return [line for block, _ in read_lines(stream, prompt=True) for line in block]


@given(
    st.lists(st.binary(max_size=5).map(lambda line: line.replace(b"\n", b""))),
    st.lists(st.integers(1, 4)),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
)
def test_lines_do_not_depend_on_how_the_bytes_arrive(
    expected: list[bytes], sizes: list[int], end: bytes, mark: bool
) -> None:
    expected = [line.rstrip(b"\r") for line in expected]
    content = b"".join(line + end for line in expected)
    if mark or content.startswith(b"\xef\xbb\xbf"):
        content = b"\xef\xbb\xbf" + content
    assert all_lines(Slow(content, sizes)) == expected


def test_the_last_line_may_have_no_line_end() -> None:
    assert all_lines(io.BytesIO(b"1\n\n2")) == [b"1", b"", b"2"]
    assert all_lines(io.BytesIO(b"1\n\n2\n")) == [b"1", b"", b"2"]
    assert all_lines(io.BytesIO(b"")) == []
    assert all_lines(io.BytesIO(b"\n")) == [b""]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_reading_from_any_offset_gives_the_same_blocks(
    mark: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "BLOCK_BYTES", 16)
    monkeypatch.setattr(lines, "LINE_BYTES", 40)
    content = mark + b"1+2\n" * 20 + b"x" * 300 + b"\r\n" + b"3*4\r\n" * 9 + b"y" * 50 + b"\n1+"
    blocks = list(read_lines(io.BytesIO(content)))
    assert blocks[-1][1] == len(content)
    assert len(blocks) > 5
    for number, (_, offset) in enumerate(blocks):
        stream = io.BytesIO(content)
        stream.seek(offset)
        assert list(read_lines(stream, offset)) == blocks[number + 1 :]


def test_a_long_line_is_cut_and_the_next_one_is_complete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "LINE_BYTES", 10)
    assert all_lines(Slow(b"x" + "é".encode() * 500 + b"\n", [7] * 50)) == [b"x" + "éééé".encode()]
    assert all_lines(Slow(b"x" * 1_000 + b"\n1+2\n", [7] * 50)) == [b"x" * 10, b"1+2"]


@pytest.mark.parametrize("prompt", [False, True])
def test_many_short_lines_come_in_several_blocks(
    prompt: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "BLOCK_BYTES", 16)
    monkeypatch.setattr(lines, "BLOCK_LINES", 4)
    content = b"\n" * 10 + b"1\r\n" * 11 + b"\n" * 7 + b"2"
    blocks = list(read_lines(io.BytesIO(content), prompt=prompt))
    assert max(len(block) for block, _ in blocks) == 4
    expected = [b""] * 10 + [b"1"] * 11 + [b""] * 7 + [b"2"]
    assert [line for block, _ in blocks for line in block] == expected
    for number, (_, offset) in enumerate(blocks):
        rest = list(read_lines(io.BytesIO(content[offset:]), offset, prompt=prompt))
        assert rest == blocks[number + 1 :]
