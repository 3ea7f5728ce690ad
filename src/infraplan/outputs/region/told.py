"""A region in plain text: its municipalities against each target, and its seams."""

import pandas as pd

from infraplan.outputs.figuretext import count
from infraplan.outputs.rounding import shown_share
from infraplan.outputs.textable import draw
from infraplan.words import Words

_MOST_SEAMS = 20


def tell_region(progress: pd.DataFrame, seams: pd.DataFrame, words: Words) -> str:
    """Return a table of the municipalities, the furthest behind first, and the seams between studies."""
    parts = [_progress(progress, words), *_seams(seams, words)]
    return "\n\n".join(part for part in parts if part)


def _progress(progress: pd.DataFrame, words: Words) -> str:
    rows = progress[progress["decides"]]
    if rows.empty:
        return words.text("region.no_targets")
    heads = ("target", "municipality", "year", "reached", "share", "share_with_plan", "missing", "cost_tkr")
    told = [
        [
            row["target"],
            row["zone_name"],
            str(row["year"]),
            words.text("region.of", reached=count(row["reached"], words), base=count(row["base"], words)),
            _share(row["share"], row["target_share"], words, met=bool(row["met"])),
            _share(row["share_with_plan"], row["target_share"], words),
            count(row["missing"], words),
            count(row["cost_sek"] / 1_000, words),
        ]
        for row in rows.to_dict("records")
    ]
    return draw(words, words.text("region.title"), [f"region.{head}" for head in heads], told)


def _seams(seams: pd.DataFrame, words: Words) -> list[str]:
    if seams.empty:
        return [words.text("region.no_seams")]
    counts = seams["kind"].value_counts()
    told = [words.text("region.seams", count=len(seams))]
    told += [f"– {words.text(f'region.kind.{kind}', count=int(found))}" for kind, found in counts.items()]
    first = [f"{key}: {said}" for key, said in seams["said"].head(_MOST_SEAMS).items()]
    return ["\n".join(told), "\n".join(first)]


def _share(share: float, goal: float, words: Words, *, met: bool | None = None) -> str:
    shown = shown_share(share, goal, met=share >= goal if met is None else met)
    return "–" if shown is None else words.share(shown)
