"""The tables and conclusions of the decision benchmark."""

from __future__ import annotations

from typing import Any

from .subject import BUILT, READY, REASONS

Row = dict[str, Any]


def size(one: dict[str, Any]) -> str:
    """Lay out one number of rules."""
    head = (
        f"{one['rules']:,} rules, {one['requests']:,} requests, {one['allowed_share']:.1%} allowed;"
        " CPU microseconds a decision"
    )
    columns = f"{'':28}{'allow':>18}{'deny':>20}{'':>10}{'':>9}{'':>9}"
    names = f"{'contender':28}{'median':>9}{'p99':>9}{'median':>11}{'p99':>9}"
    names += f"{'x tutela':>10}{'load s':>9}{'MB':>9}"
    lines = [head, columns, names]
    for group, title in (
        ("tutela", None),
        ("unaided", "peers, rules as written"),
        ("indexed", "peers behind an index kept by the benchmark"),
    ):
        rows = [row for row in one["rows"] if row["group"] == group]
        if title and rows:
            lines.append(f"  {title}")
        lines += [_line(row) for row in rows]
    return "\n".join(lines)


def _line(row: Row) -> str:
    if row["status"] != "timed":
        return f"{row['name']:28}{row['status']:>9}  {row.get('detail', '')}"
    allow, deny = row.get("allow"), row.get("deny")
    ratio = f"{row['times_tutela']:.1f}" if "times_tutela" in row else "-"
    memory = "" if row.get("memory_mb") is None else f"{row['memory_mb']:.1f}"
    return (
        f"{row['name']:28}{_us(allow, 'median_us'):>9}{_us(allow, 'p99_us'):>9}{_us(deny, 'median_us'):>11}"
        f"{_us(deny, 'p99_us'):>9}{ratio:>10}{row['load_s']:>9.2f}{memory:>9}"
    )


def _us(part: dict[str, float] | None, name: str) -> str:
    if part is None:
        return "-"
    value = part[name]
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _row(one: dict[str, Any], name: str) -> Row | None:
    return next((row for row in one["rows"] if row["name"] == name and row["status"] == "timed"), None)


def conclusions(sizes: list[dict[str, Any]]) -> dict[str, Any]:
    """Growth over the sizes, distance to the fastest unaided peer, and the goals beside the figures."""
    return {"growth": _growth(sizes), "unaided": _unaided(sizes), "goals": _goals(sizes)}


def _growth(sizes: list[dict[str, Any]]) -> dict[str, Any]:
    first, last = sizes[0], sizes[-1]
    growth: dict[str, Any] = {}
    for row in first["rows"]:
        end = _row(last, row["name"])
        if row["status"] == "timed" and end is not None and first is not last:
            growth[row["name"]] = {
                verdict: round(end[verdict]["median_us"] / row[verdict]["median_us"], 2)
                for verdict in ("allow", "deny")
            } | {"from": first["rules"], "to": last["rules"]}
    return growth


def _unaided(sizes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in sizes:
        peers = [r for r in one["rows"] if r["group"] == "unaided" and r["status"] == "timed"]
        ready, built = _row(one, READY), _row(one, BUILT)
        if not peers or ready is None or built is None:
            continue
        best = min(peers, key=lambda row: row["mean_us"])
        found.append(
            {
                "rules": one["rules"],
                "fastest": best["name"],
                "times_tutela": round(best["mean_us"] / ready["mean_us"], 1),
                "times_tutela_from_dict": round(best["mean_us"] / built["mean_us"], 1),
            }
        )
    return found


def _goals(sizes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    goals: list[dict[str, Any]] = []

    def goal(text: str, limit: float, value: float | None, *, least: bool = False) -> None:
        if value is not None:
            met = value >= limit if least else value <= limit
            goals.append({"goal": text, "limit": limit, "value": round(value, 2), "met": met})

    for one in sizes:
        ready, reasons = _row(one, READY), _row(one, REASONS)
        if ready and reasons:
            goal(f"allow, median us at {one['rules']:,}", 2, ready["allow"]["median_us"])
            goal(f"deny with all reasons, median us at {one['rules']:,}", 10, reasons["deny"]["median_us"])
    for name in (READY, REASONS):
        grown = _growth(sizes).get(name)
        if grown:
            goal(f"growth of {name}", 1.5, max(grown["allow"], grown["deny"]))
    for one in _unaided(sizes):
        if one["rules"] == 1000:
            goal(f"times slower: {one['fastest']} at 1,000", 20, one["times_tutela"], least=True)
    last = _row(sizes[-1], READY)
    if last and last.get("memory_mb") is not None:
        goal(f"MB for {sizes[-1]['rules']:,} rules, loaded cold", 20, last["memory_mb"])
        goal(f"MB for {sizes[-1]['rules']:,} rules, from the cache", 20, last.get("memory_cached_mb"))
    return goals


def closing(result: dict[str, Any]) -> str:
    """Lay out growth, distance, and goals."""
    lines = ["growth of the median, first to last size (allow / deny)"] if result["growth"] else []
    lines += [f"  {name:28}{g['allow']:>6} /{g['deny']:>6}" for name, g in result["growth"].items()]
    for one in result["unaided"]:
        times, built = one["times_tutela"], one["times_tutela_from_dict"]
        lines.append(
            f"at {one['rules']:,} rules the fastest unaided peer, {one['fastest']}, takes {times} times"
            f" tutela's CPU ({built} times with the request built from a dict)"
        )
    if result["goals"]:
        lines.append("goals")
    for one in result["goals"]:
        sign = "met   " if one["met"] else "MISSED"
        lines.append(f"  {sign} {one['goal']}: {one['value']} (goal {one['limit']})")
    return "\n".join(lines)
