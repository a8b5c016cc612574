"""Vietnamese text as programs before Unicode wrote it: every byte as the letter of ISO 8859-1 that it looks like."""

import unicodedata

_BYTES = "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\xadõøö÷ùúýûüþ¡¢§£¤¥¦"
_LETTERS = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂĐÊÔƠƯ"
_TO_TCVN3 = {ord(letter): byte for byte, letter in zip(_BYTES, _LETTERS, strict=True)}
_TONES = "\u0300\u0301\u0303\u0309\u0323"


def to_tcvn3(text: str) -> str:
    """TCVN3 bytes; a capital with a tone mark becomes small, as the encoding has none."""
    small = (c if ord(c) < 0x80 or ord(c) in _TO_TCVN3 else c.lower() for c in unicodedata.normalize("NFC", text))
    return "".join(small).translate(_TO_TCVN3)


def to_cp1258(text: str) -> str:
    """Windows-1258 bytes: a base letter, then its tone mark."""
    parts = []
    for letter in unicodedata.normalize("NFC", text):
        apart = unicodedata.normalize("NFD", letter)
        base = unicodedata.normalize("NFC", "".join(mark for mark in apart if mark not in _TONES))
        parts.append(base + "".join(mark for mark in apart if mark in _TONES))
    return "".join(parts).encode("cp1258").decode("latin-1")
