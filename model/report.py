"""The evaluation as one HTML page that needs nothing else: the table, pictures of it, and dances to look at."""

import io
import math
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from model.evaluation import control, rhythm, size, variety
from model.evaluation.dance import Dance
from model.evaluation.recital import Recital
from model.evaluation.table import TRUTH, Cell, Column, Row, verdict
from model.evaluation.truth import Truth, measure
from model.metrics import spectra, sync
from model.report_preview import figures, preview

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FAMILIES = rhythm.ROWS | size.ROWS | variety.ROWS | control.ROWS
SHOWN_SECONDS = 16.0
BINS = 24  # of a beat
DRAWN = 60  # dances in a picture
STYLE = """
body{font:14px/1.45 system-ui,sans-serif;margin:2em auto;max-width:76em;padding:0 1em;color:#1b1b1f}
table{border-collapse:collapse}td,th{padding:.15em .7em;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}tr.family td{font-weight:600;padding-top:1em;text-align:left}
td small{color:#777}.yes{background:#dff3e0}.no{background:#fbe3e1}
figure{margin:1em 0}figcaption{color:#666}.floor{display:flex;flex-wrap:wrap;gap:.6em}.floor div{text-align:center}
canvas{border:1px solid #ddd;border-radius:4px;background:#fcfcfd}svg{max-width:100%}
"""


def html(truth: Truth, recitals: dict[str, Recital], columns: dict[str, Column], about: dict[str, Any]) -> str:
    """The whole page."""
    danced = {TRUTH: truth.dances} | {name: recital.dances for name, recital in recitals.items()}
    parts = [
        f"<h1>{escape(', '.join(recitals))} beside {about['recorded minutes']:g} recorded minutes</h1>",
        "<p>" + "; ".join(f"{escape(key)}: {escape(_short(value))}" for key, value in about.items()) + ".</p>",
        "<p>Brackets hold 95 % of the means of other songs (bootstrap). Green reaches what it must, red does not. "
        "Recorded takes without music have their beats found in the motion itself, which flatters their sync.</p>",
        _table(columns),
        "<h2>Where in the beat</h2>",
        _figure(
            lambda axes: _phases(axes, danced),
            "Events by their place in the beat, steady songs; 1 is an even spread, 0 the beat itself.",
            2,
        ),
        "<h2>How it moves</h2>",
        _figure(
            lambda axes: _movement(axes, danced),
            "Left: power of the joints' velocities; right: speed and spread of each dance.",
            2,
        ),
    ]
    if any(recital.long for recital in recitals.values()):
        parts += ["<h2>Minute by minute</h2>", _figure(lambda axes: _minutes(axes[0], recitals, truth), "", 1)]
    shown = [(name, dance) for name, dances in danced.items() for dance in _samples(dances)]
    parts += ["<h2>To look at</h2>", "<p>The dot lights up on the beat.</p>", preview(shown)]
    parts += [
        f"<figure>{figures(dance)}<figcaption>{escape(name)}: {escape(dance.style)} to {escape(dance.song)}"
        "</figcaption></figure>"
        for name, dance in shown
    ]
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>Dancers measured</title><style>{STYLE}</style>"
    return head + "<body>" + "\n".join(parts) + "</body></html>\n"


def _short(value: object) -> str:
    return f"{len(value)} ({', '.join(map(str, value[:4]))} ...)" if isinstance(value, list) and len(value) > 4 else (
        ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    )  # fmt: skip


def _table(columns: dict[str, Column]) -> str:
    names = list(columns)
    lines = ["<table><tr><th></th>", *(f"<th>{escape(name)}</th>" for name in names), "<th>chance</th><th>must</th>"]
    lines += ["</tr>"]
    for family, rows in FAMILIES.items():
        shown = [row for row in rows if any(row.name in column for column in columns.values())]
        if shown:
            lines.append(f"<tr class=family><td colspan={len(names) + 3}>{escape(family)}</td></tr>")
            lines += [_line(row, columns) for row in shown]
    told = [
        f"<li><b>{escape(r.name)}</b>: {escape(r.about)}</li>" for rows in FAMILIES.values() for r in rows if r.about
    ]
    notes = f"<details><summary>What the rows say</summary><ul>{''.join(told)}</ul></details>"
    return "\n".join([*lines, "</table>", notes])


def _line(row: Row, columns: dict[str, Column]) -> str:
    cells = [
        f"<td title='{escape(row.about)}'>{escape(row.name)}{f' <small>{row.unit}</small>' if row.unit else ''}</td>"
    ]
    chance = math.nan
    for name, column in columns.items():
        cell = column.get(row.name)
        reached = verdict(row, column, columns.get(TRUTH)) if name != TRUTH else None
        mark = {True: " class=yes", False: " class=no", None: ""}[reached]
        cells.append(f"<td{mark}>{_value(cell, row.digits)}</td>")
        if cell and not math.isnan(cell.chance):
            chance = cell.chance
    cells.append(f"<td>{_number(chance, row.digits)}</td><td>{escape(row.must)}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _value(cell: Cell | None, digits: int) -> str:
    if cell is None:
        return ""
    bounds = "" if math.isnan(cell.low) else f" <small>{_number(cell.low, digits)}…{_number(cell.high, digits)}</small>"
    p = f' title="n = {cell.n}, p = {cell.p:.4f}"' if not math.isnan(cell.p) else f' title="n = {cell.n}"'
    return f"<span{p}>{_number(cell.value, digits)}</span>{bounds}"


def _number(value: float, digits: int) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def _figure(draw: Callable[[list["Axes"]], object], caption: str, columns: int) -> str:
    """Inline SVG of `columns` axes."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.fonttype": "none", "font.size": 9, "axes.spines.top": False}):
        figure = Figure(figsize=(5.5 * columns, 3.2), layout="constrained")
        draw(list(np.atleast_1d(figure.subplots(1, columns))))
        page = io.StringIO()
        figure.savefig(page, format="svg")
    drawn = page.getvalue()
    return f"<figure>{drawn[drawn.index('<svg') :]}<figcaption>{escape(caption)}</figcaption></figure>"


def _phases(axes: list["Axes"], danced: dict[str, list[Dance]]) -> None:
    edges = np.linspace(-0.5, 0.5, BINS + 1)
    for axis, (what, find) in zip(axes, rhythm.EVENTS.items(), strict=True):
        for name, dances in danced.items():
            turns = [
                sync.errors(find(dance.positions, dance.fps), dance.inside) * dance.tempo / 60.0
                for dance in dances
                if dance.has_beats and dance.is_steady
            ]
            if turns and len(all_turns := np.concatenate(turns)):
                share, _ = np.histogram(all_turns, edges)
                axis.stairs(share / share.mean(), edges, label=name)
        axis.axhline(1.0, color="0.8", linewidth=0.8)
        axis.set(title=what, xlabel="beats after the beat", ylim=(0, None))
    axes[-1].legend(frameon=False)


def _movement(axes: list["Axes"], danced: dict[str, list[Dance]]) -> None:
    for name, dances in danced.items():
        long = [dance for dance in dances if dance.seconds >= spectra.SEGMENT + 0.1]
        if long:
            frequency, _ = spectra.density(long[0].positions, long[0].fps)
            power = np.mean([spectra.density(dance.positions, dance.fps)[1] for dance in _few(long)], axis=0)
            axes[0].loglog(frequency[1:], power[1:], label=name)
    axes[0].set(xlabel="Hz", ylabel="(m/s)² / Hz", xlim=(0.2, 7.5), ylim=(1e-3, None))
    axes[0].legend(frameon=False)
    for name, dances in danced.items():
        rows = [measure(dance) for dance in _few(dances)]
        axes[1].scatter([row["speed"] for row in rows], [row["spread"] for row in rows], s=12, alpha=0.6, label=name)
    axes[1].set(xlabel="speed, m/s", ylabel="spread, m", xlim=(0, None), ylim=(0, None))


def _minutes(axis: "Axes", recitals: dict[str, Recital], truth: Truth) -> None:
    for name, recital in recitals.items():
        for dance in recital.long:
            known = truth.measures(dance.style)["speed"]
            speed = [measure(part)["speed"] / known for part in dance.parts(60.0)]
            axis.plot(np.arange(1, len(speed) + 1), speed, label=f"{name}, {dance.style}")
    axis.axhline(1.0, color="0.8", linewidth=0.8)
    axis.set(xlabel="minute", ylabel="speed, of recorded", ylim=(0, None))
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _few(dances: list[Dance]) -> list[Dance]:
    """Enough for a picture, of all styles."""
    return dances[:: -(-len(dances) // DRAWN)]


def _samples(dances: list[Dance]) -> list[Dance]:
    """One dance of each style, some seconds after its beginning."""
    found: dict[str, Dance] = {}
    for dance in dances:
        if dance.seconds >= SHOWN_SECONDS or dance.style not in found:
            found.setdefault(dance.style, dance)
    return [
        dance.part(min(rhythm.BEGIN, max(0.0, dance.seconds - SHOWN_SECONDS)), SHOWN_SECONDS)
        for _, dance in sorted(found.items())
    ]
