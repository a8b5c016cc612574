"""An Excel workbook of failing records, written row by row; every cell is text, none can become a formula."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import xlsxwriter

# Excel ends a sheet at 1,048,576 rows.
ROWS_PER_SHEET = 1_000_000
# The longest text of a cell.
_LONGEST = 32_767
_WIDTHS = (28, 34, 34, 10, 20, 48, 48, 48, 48, 30, 22, 40)
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class Workbook:
    """A workbook with a first sheet that explains, and the records after it; a context manager.

    `is_risky` tells which texts a spreadsheet could read as a formula: those cells are marked as text for good, so
    that they stay text when somebody edits them.
    """

    def __init__(
        self, path: Path, agency: str, release_id: int, headings: Sequence[str], is_risky: Callable[[str], bool]
    ) -> None:
        self._book = xlsxwriter.Workbook(path, _OPTIONS | {"tmpdir": str(path.parent)})
        self._headings, self._is_risky = headings, is_risky
        self._text = self._book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
        self._quoted = self._book.add_format(
            {"num_format": "@", "valign": "top", "text_wrap": True, "quote_prefix": True}
        )
        self._head = self._book.add_format(
            {"bold": True, "bg_color": "#0B3D2E", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"}
        )
        self._book.set_properties({"title": f"Bản phát hành {release_id} / Release {release_id}: {agency}"})
        self._explain(agency, release_id)
        self._sheets = self._next_row = 0
        self._sheet: Any = None

    def write_row(self, cells: Sequence[str]) -> None:
        """Appends one record; begins another sheet when one is full."""
        if self._sheet is None or self._next_row > ROWS_PER_SHEET:
            self._begin_sheet()
        for column, text in enumerate(cells):
            form = self._quoted if self._is_risky(text) else self._text
            self._sheet.write_string(self._next_row, column, text[:_LONGEST], form)
        self._next_row += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_sheet()
        self._book.close()

    def _explain(self, agency: str, release_id: int) -> None:
        sheet = self._book.add_worksheet("Đọc trước · Read first")
        sheet.set_column(0, 0, 110)
        bold = self._book.add_format({"bold": True, "font_size": 14, "text_wrap": True})
        sheet.write_string(0, 0, agency, bold)
        lines = (
            f"Bản ghi cần khắc phục, bản phát hành {release_id}. Sửa trong hệ thống nguồn, không sửa tệp này.",
            "Bản ghi bị giữ chưa được công bố; sau khi sửa tại nguồn, lần phát hành tiếp theo sẽ tự kiểm tra lại.",
            "Tệp không chứa dữ liệu cá nhân: chỉ có khóa bản ghi, quy tắc và cách khắc phục.",
            f"Records to mend at their source, release {release_id}. Correct the source system, not this file.",
            "A held record is not published; once it is mended at its source, the next release judges it again.",
            "The file holds no personal data: record keys, rules and how to mend, nothing else.",
        )
        for row, line in enumerate(lines, 2):
            sheet.write_string(row, 0, line, self._text)

    def _begin_sheet(self) -> None:
        self._end_sheet()
        self._sheets += 1
        suffix = f" {self._sheets}" if self._sheets > 1 else ""
        self._sheet = self._book.add_worksheet(f"Bản ghi · Records{suffix}")
        self._sheet.freeze_panes(1, 1)
        self._print_across(self._sheet)
        self._sheet.set_row(0, 32)
        for column, width in enumerate(_WIDTHS):
            self._sheet.set_column(column, column, width)
        for column, heading in enumerate(self._headings):
            self._sheet.write_string(0, column, heading, self._head)
        self._next_row = 1

    @staticmethod
    def _print_across(sheet: Any) -> None:
        """On paper as wide as a page of A4 laid across, with the headings on every page and its number below."""
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_footer("&C&P / &N")

    def _end_sheet(self) -> None:
        if self._sheet is not None:
            self._sheet.autofilter(0, 0, self._next_row - 1, len(self._headings) - 1)
