"""In which forms a personal value may stand in a file: as typed, folded, turned round, grouped, escaped, encoded.

Not a test. `persons.py` says which values are searched for; every form made here is searched for as it is (`grep -F`).
"""

import base64
import hashlib
import json
import re
import subprocess
import unicodedata
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from urllib.parse import quote

SHORTEST = 8
"""Shorter forms that lost their accents or their order are found in any text."""
_NUMBER = re.compile(r"\+?\d{1,13}")
_WORD = re.compile(r"[^\W\d_]+")
# How people group the digits of an identity card, an identification number and a telephone.
_GROUPS = {9: ((3, 3, 3),), 10: ((4, 3, 3), (3, 3, 4), (4, 6)), 12: ((3, 3, 3, 3), (4, 4, 4), (1, 3, 2, 6))}
_SEPARATORS = (" ", ".", "-", "\u00a0")


def without_accents(text: str) -> str:
    """The letters of a text without their marks: "Đỗ Thị Hậu" as "Do Thi Hau"."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def written_forms(values: Iterable[str], public: str = "") -> set[str]:
    """Every form of the values that is searched for; folded forms that are also part of `public` text are left out."""
    folded_public = without_accents(public).lower()
    found: set[str] = set()
    for value in values:
        tidy = " ".join(unicodedata.normalize("NFC", value).split())
        typed = {value, tidy, *_grouped(value)}
        folded = {form for form in _folded(tidy) if len(form) >= SHORTEST}
        found |= typed | {form for form in folded if without_accents(form).lower() not in folded_public}
        found |= {coded for coded in _coded(value) if len(coded) >= SHORTEST}
    return found


def _folded(value: str) -> Iterator[str]:
    """As a careless clerk, a file name or a search index writes it."""
    for form in (value, *_turned(value)):
        for plain in (form, without_accents(form)):
            yield from (plain, plain.upper(), plain.lower(), plain.title())
        words = _WORD.findall(without_accents(form).lower())
        if len(words) > 1:
            yield from (mark.join(words) for mark in "-_.")


def _turned(value: str) -> Iterator[str]:
    """A name with its given name first; values that are no name of two to five words are not turned."""
    words = value.split()
    if 2 <= len(words) <= 5 and all(_WORD.fullmatch(word) for word in words):
        *family, given = words
        yield f"{given} {' '.join(family)}"
        yield f"{given}, {' '.join(family)}"


def _grouped(value: str) -> Iterator[str]:
    """A number with its digits in groups; a telephone also with the code of the country."""
    digits = re.sub(r"[\s.\-]", "", value)
    if not digits.isascii() or not digits.isdigit() or len(digits) not in _GROUPS:
        return
    yield digits
    numbers = [digits]
    if len(digits) == 10 and digits.startswith("0"):
        numbers.append(f"+84{digits[1:]}")
        yield numbers[-1]
    for groups in _GROUPS[len(digits)]:
        for mark in _SEPARATORS:
            parts, start = [], 0
            for size in groups:
                parts.append(digits[start : start + size])
                start += size
            yield mark.join(parts)
            if len(numbers) > 1:
                yield mark.join(["+84", parts[0][1:], *parts[1:]])


def _coded(form: str) -> Iterator[str]:
    """As machines write it: decomposed, escaped for JSON, XML, URLs and bytes, as hexadecimal or base64, hashed."""
    if not form.isascii():
        yield unicodedata.normalize("NFD", form)
        once = json.dumps(form)[1:-1]
        yield from (once, json.dumps(once)[1:-1])
        yield "".join(letter if letter.isascii() else f"&#{ord(letter)};" for letter in form)
        yield "".join(letter if letter.isascii() else f"&#x{ord(letter):x};" for letter in form)
        yield quote(form)
        yield repr(form.encode())[2:-1]
    if escape(form) != form:
        yield escape(form)
    content = form.encode()
    yield content.hex()
    # A hash without a key is no mask: whoever counts through all numbers finds the one that it was made of.
    yield from (hashed(content).hexdigest() for hashed in (hashlib.md5, hashlib.sha1, hashlib.sha256))
    yield from _in_base64(content)


def _in_base64(content: bytes) -> Iterator[str]:
    """What base64 makes of it, at each of the three places where it may begin; digits shared with a neighbour go."""
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + content).decode().rstrip("=")
        # A digit of base64 that mixes bits of a neighbour goes at either end.
        first = -(-before * 8 // 6)
        last = (before + len(content)) * 8 // 6
        inner = coded[first:last]
        if len(inner) >= 12:
            yield inner
            yield inner.replace("+", "-").replace("/", "_")


def write_forms(path: Path, values: Iterable[str], public: str = "") -> None:
    """Writes the forms, one per line, for `grep_forms`; those that are one number into a file of their own."""
    forms = {form for form in written_forms(values, public) if "\n" not in form}
    numbers = {form for form in forms if _NUMBER.fullmatch(form)}
    path.write_text("\n".join(sorted(forms - numbers)), encoding="utf-8")
    numbers_of(path).write_text("\n".join(sorted(numbers)), encoding="utf-8")


def numbers_of(path: Path) -> Path:
    """Where `write_forms` puts numbers."""
    return path.with_suffix(".numbers")


def grep_forms(path: Path, place: Path, *options: str) -> list[str]:
    """Lines of `grep` for the forms in a file or folder. A number is found where it stands by itself alone: nine digits
    in a row also come by chance, in a hash or behind a decimal point."""
    found = []
    for patterns, how in ((path, "-raF"), (numbers_of(path), "-rawF")):
        if patterns.exists() and patterns.stat().st_size:
            command = ["grep", how, *options, "-f", patterns, place]
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
            assert done.returncode in {0, 1}, done.stderr
            found += done.stdout.splitlines()
    return found
