"""Columns as Go's text/tabwriter sets them."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(text: str, least: int, padding: int, widths: list[int] | None = None) -> str:
    """Align tab-terminated cells; `widths` remembers the columns from one piece to the next, where it is given."""
    lines = [line.split("\t") for line in text.split("\n")]
    out: list[str] = []
    _format(lines, (0, len(lines)), [], (least, padding), (out, widths))
    return "\n".join(out)


def _format(
    lines: Sequence[list[str]],
    span: tuple[int, int],
    above: list[int],
    rule: tuple[int, int],
    kept: tuple[list[str], list[int] | None],
) -> None:
    start, end = span
    column, this = len(above), start
    least, padding = rule
    out, widths = kept
    while this < end:
        if column >= len(lines[this]) - 1:
            this += 1
            continue
        _write(lines, (start, this), above, out)
        start, width = this, least
        while this < end and column < len(lines[this]) - 1:
            width = max(width, len(lines[this][column]) + padding)
            this += 1
        if widths is not None:
            if column < len(widths):
                width = widths[column] = max(width, widths[column])
            else:
                widths.append(width)
        _format(lines, (start, this), [*above, width], rule, kept)
        start = this
    _write(lines, (start, end), above, out)


def _write(lines: Sequence[list[str]], span: tuple[int, int], widths: Sequence[int], out: list[str]) -> None:
    for cells in lines[span[0] : span[1]]:
        set_ones = (cell.ljust(widths[place]) if place < len(widths) else cell for place, cell in enumerate(cells[:-1]))
        out += ["".join(set_ones) + cells[-1]]


def table(rows: Sequence[Sequence[str]], widths: list[int] | None = None) -> str:
    """Set rows as kubectl's tables are set (printers.GetNewTabWriter: least width 6, three spaces between)."""
    return aligned("".join("\t".join(row) + "\n" for row in rows), 6, 3, widths)


def described(text: str) -> str:
    """Set a describer's text (describe.tabbedString: two spaces between)."""
    return aligned(text, 0, 2)
