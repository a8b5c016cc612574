"""Vietnamese text from before Unicode, as cadastral programs still write it: TCVN3 (ABC fonts) and Windows-1258.

A file is read as ISO 8859-1, where every byte is one letter; here those letters become Vietnamese in NFC. A text that
cannot have been written in the declared encoding is marked, never guessed: it may be Unicode among legacy rows. A
Unicode text of letters that ISO 8859-1 has as well (`Xã`) cannot be told from one; one with `ửđạ` can.

TCVN3 has no capitals with tone marks; programs of that time showed them with fonts of capitals. They arrive as small.
"""

import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# TCVN 5712-3:1993: the bytes and the letters they stand for, in the same order.
_TCVN3_BYTES = "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\xadõøö÷ùúýûüþ¡¢§£¤¥¦"
_TCVN3_LETTERS = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂĐÊÔƠƯ"
_TCVN3 = {ord(byte): letter for byte, letter in zip(_TCVN3_BYTES, _TCVN3_LETTERS, strict=True)} | {0xA0: " "}


def decode_texts(values: pa.Array, encoding: str) -> tuple[pa.Array, np.ndarray]:
    """The texts in Unicode NFC, and a mask of those that the encoding cannot have written (null in the first).

    Each distinct text of the batch is decoded once.
    """
    coded = pc.dictionary_encode(values.cast(pa.string()))
    decode = _from_tcvn3 if encoding == "tcvn3" else _from_cp1258
    letters = pa.array([decode(text) for text in coded.dictionary.to_pylist()], pa.string())
    decoded = letters.take(coded.indices)
    wrong = pc.and_(pc.is_valid(values), pc.is_null(decoded))
    return decoded, np.asarray(wrong.to_numpy(zero_copy_only=False), dtype=bool)


def _from_tcvn3(text: str) -> str | None:
    if text.isascii():
        return text
    if any(letter not in _TCVN3 for letter in map(ord, text) if letter > 0x7F):
        return None
    return text.translate(_TCVN3)


def _from_cp1258(text: str) -> str | None:
    try:
        return unicodedata.normalize("NFC", text.encode("latin-1").decode("cp1258"))
    except UnicodeError:
        return None
