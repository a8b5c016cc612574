"""Text from before Unicode: what was written comes back in NFC, and what the encoding cannot have written is marked."""

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sources._legacy_text import decode_texts
from infra.demo.legacy_text import to_cp1258, to_tcvn3

LETTERS = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ 0123456789-+;."
NAMES = st.text(LETTERS, max_size=40)


@given(st.lists(st.none() | NAMES, max_size=8))
@pytest.mark.parametrize(("encoding", "encode"), [("tcvn3", to_tcvn3), ("cp1258", to_cp1258)])
def test_every_vietnamese_text_comes_back(encoding, encode, names):
    written = pa.array([None if name is None else encode(name) for name in names], pa.string())
    decoded, wrong = decode_texts(written, encoding)
    assert decoded.to_pylist() == [None if name is None else unicodedata.normalize("NFC", name) for name in names]
    assert not wrong.any()


def test_samples_as_the_programs_show_them():
    assert decode_texts(pa.array(["X· Kim B«i", "§Êt ë n«ng th«n"]), "tcvn3")[0].to_pylist() == [
        "Xã Kim Bôi",
        "Đất ở nông thôn",
    ]
    assert decode_texts(pa.array(["XaÞ Laòc ThuÒy"]), "cp1258")[0].to_pylist() == ["Xã Lạc Thủy"]
    assert (
        to_cp1258("ĐẤT Ở") != "ĐẤT Ở"
        and decode_texts(pa.array([to_cp1258("ĐẤT Ở")]), "cp1258")[0][0].as_py() == "ĐẤT Ở"
    )


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("tcvn3", "Thửa"), ("cp1258", "Thửa"), ("tcvn3", "\x81"), ("cp1258", "\x8a")],
)
def test_a_text_that_was_not_written_so_is_marked_and_not_guessed(encoding, text):
    decoded, wrong = decode_texts(pa.array(["ONT", text, None]), encoding)
    assert decoded.to_pylist() == ["ONT", None, None]
    assert wrong.tolist() == [False, True, False]
