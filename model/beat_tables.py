"""The measurement of the beat engine as text, as Markdown and as a picture."""

from pathlib import Path
from typing import Any

Table = tuple[str, list[str], list[list[str]]]  # title, headings, rows

HEADINGS = ["songs", "F", "90 %", "F octave", "CMLt", "AMLt", "down F", "lock s", "err ms", "IQR ms", "F>=.9"]


def text(report: dict[str, Any]) -> str:
    """For the terminal."""
    return "\n\n".join([*(_aligned(*table) for table in _tables(report)), "\n".join(_lines(report))])


def markdown(report: dict[str, Any]) -> str:
    """For a document."""
    parts = []
    for title, headings, rows in _tables(report):
        ruled = ["---", *["---:"] * (len(headings) - 1)]
        lines = ["| " + " | ".join(row) + " |" for row in (headings, ruled, *rows)]
        parts.append("\n".join([f"**{title}**", "", *lines]))
    return "\n\n".join([*parts, *_lines(report)]) + "\n"


def draw_calibration(calibration: dict[str, Any], path: Path) -> None:
    """Confidence against the share that is right; the area of a point is its number of frames."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    axes = figure.subplots()
    bins = [b for b in calibration["bins"] if b["frames"]]
    most = max(b["frames"] for b in bins)
    said, right = [b["confidence"] for b in bins], [b["right"] for b in bins]
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    axes.plot(said, right, color="tab:blue", linewidth=1)
    axes.scatter(said, right, s=[10 + 200 * b["frames"] / most for b in bins], color="tab:blue")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share of frames that are right", aspect="equal")
    axes.set_title(f"expected calibration error {calibration['ece']:.3f}")
    figure.savefig(path, dpi=120)


def _tables(report: dict[str, Any]) -> list[Table]:
    tables: list[Table] = []
    if "engines" in report:
        engines = report["engines"]
        tables.append(("all songs", ["engine", *HEADINGS], [[name, *_row(row)] for name, row in engines.items()]))
        kinds = report["kinds"][next(iter(engines))]
        if len(kinds) > 1:
            name = next(iter(engines))
            tables.append(
                (f"by kind, {name}", ["kind", *HEADINGS], [[kind, *_row(row)] for kind, row in kinds.items()])
            )
        events = sorted({event for row in report["relock"].values() for event in row})
        if events:
            rows = [[name, *(_seconds(row[event]) for event in events)] for name, row in report["relock"].items()]
            tables.append(("median s to lock again after", ["engine", *events], rows))
        rows = [
            [row["song"], f"{row['f']:.2f}", f"{row['octave']:.2f}", _seconds(row["lock"]), row["fault"]]
            for row in report["worst"]
        ]
        tables.append(("worst songs", ["song", "F", "F octave", "lock s", "what went wrong"], rows))
        rows = [
            [f"{i / 10:.1f}-{(i + 1) / 10:.1f}", str(b["frames"]), _number(b["confidence"]), _number(b["right"])]
            for i, b in enumerate(report["calibration"]["bins"])
        ]
        tables.append(("calibration", ["confidence", "frames", "mean", "right"], rows))
    if report["negatives"]:
        rows = [[name, f"{100 * share:.1f}"] for name, share in report["negatives"].items()]
        tables.append(("sounds without beat", ["sound", "% of time with confidence > 0.5"], rows))
    return tables


def _lines(report: dict[str, Any]) -> list[str]:
    if "engines" not in report:
        return []
    about = [f"{name}: {what}" for name, what in report["about"].items()]
    calibration = report["calibration"]
    return [
        *about,
        f"loss in F when announced ahead: {report['loss_ahead']:.3f}",
        f"expected calibration error {calibration['ece']:.3f}; {100 * calibration['right']:.0f} % of the frames right",
    ]


def _row(row: dict[str, Any]) -> list[str]:
    low, high = row["interval"]
    return [
        str(row["songs"]),
        f"{row['f']:.3f}",
        f"{low:.2f}-{high:.2f}",
        *(_number(row[key]) for key in ("octave", "cmlt", "amlt", "downbeat")),
        _seconds(row["lock"]),
        "-" if row["error_ms"] is None else f"{row['error_ms']:+.0f}",
        "-" if row["iqr_ms"] is None else f"{row['iqr_ms']:.0f}",
        str(row["good"]),
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f}"


def _aligned(title: str, headings: list[str], rows: list[list[str]]) -> str:
    """Columns as wide as they need, the first from the left."""
    widths = [max(len(row[i]) for row in (headings, *rows)) for i in range(len(headings))]
    lines = [
        row[0].ljust(widths[0])
        + "".join("  " + cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in (headings, *rows)
    ]
    return "\n".join([title, *lines])
