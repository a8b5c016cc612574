"""A trace for people: from the published row down to the source system."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def shown_trace(traced: Json) -> str:
    """The trace as indented lines."""
    return "\n".join(_lines(traced))


def _lines(traced: Json) -> Iterator[str]:
    dataset, release = traced["dataset"], traced["release"]
    yield f"{dataset['name']} {traced['record_key']}   {dataset['title']['vi']} / {dataset['title']['en']}"
    current = "in service" if release["is_current"] else release["status"]
    yield f"release {release['release_id']} ({current}), published {release['published_at']}, ledger entry " + str(
        release["ledger_entry"]
    )
    yield from _published(traced)
    yield from _rules(traced["rules"])
    for origin in traced["sources"]:
        yield from _origin(origin)
    state = "as in that release" if traced["are_definitions_current"] else "as it is now; definitions changed since"
    for seed in traced["seeds"]:
        yield f"reference  {seed['file']}, sha256 {seed['sha256']} ({state})"


def _published(traced: Json) -> Iterator[str]:
    row, made, outcome = traced["published"], traced["warehouse"], traced["outcome"]
    if row is None:
        yield "published  no row in this release"
    else:
        held = ", held: the last good version is served" if row["is_held"] else ""
        yield f"published  row hash {row['row_hash']}, since release {row['from_release']}{held}"
        values = row["columns"] | row["shapes"]
        yield from (f"             {name}: {_value(value)}" for name, value in values.items() if value is not None)
    if outcome:
        yield f"outcome    {outcome['outcome']} by {', '.join(outcome['rule_ids'])} since {outcome['since']}" + (
            f"; custodian {outcome['custodian']}" if outcome["custodian"] else ""
        )
    if made is None:
        yield "warehouse  no row now"
    else:
        other = "another content than the published row" if row else "not published"
        same = "the same content" if made["is_as_published"] else other
        yield f"warehouse  {made['relation']}, row hash {made['row_hash']}: {same}"


def _rules(rules: list[Json]) -> Iterator[str]:
    failed = [rule for rule in rules if rule["outcome"] == "failed"]
    kept = [rule["rule_id"] for rule in rules if rule["outcome"] == "kept"]
    yield f"rules      {len(rules)} judged it; kept: {' '.join(kept) or 'none'}"
    for rule in failed:
        message = rule.get("message", {"vi": "", "en": ""})
        yield f"  failed   {rule['rule_id']} ({rule['severity']}) {message['vi']} / {message['en']}"


def _origin(origin: Json) -> Iterator[str]:
    if not origin["count"] and not origin["rejected"]:
        return
    system = origin["system"]
    more = f", {len(origin['rows'])} shown" if len(origin["rows"]) < origin["count"] else ""
    place = f"{system['title']['vi']}; {system['owner']['agency']}"
    yield f"source     {origin['table']} ({place}): {origin['count']} raw row(s){more}"
    for row in origin["rows"]:
        key = row["key"] if isinstance(row["key"], str) else ", ".join(f"{n}={v}" for n, v in row["key"].items())
        gone = f", deleted at the source {row['deleted_at']}" if row["deleted_at"] else ""
        since = ", changed since that release" if row["changed_since"] else ""
        yield f"  raw row  {key}: row hash {row['row_hash']}, change {row['change_no']}{gone}{since}"
        yield from _batch(row)
    for row in origin["rejected"]:
        yield f"  refused  {row['key']}: does not fit its contract (batch {row['batch_id']})"


def _batch(row: Json) -> Iterator[str]:
    batch, file = row["batch"], row["file"]
    if batch is None:
        yield "    batch  not found among the batches that are kept"
        return
    mark = f", mark {batch['mark_from'] or 'start'} to {batch['mark_to']}" if batch["mark_to"] else ""
    yield (
        f"    batch  {batch['batch_id']} [{batch['partition']}], {batch['mode']}, read {batch['source_as_of']}{mark}, "
        f"ledger entry {batch['ledger_entry']}"
    )
    if file is not None:
        state = {True: "unchanged", False: "CHANGED", None: "unknown"}[file["is_unchanged"]]
        line = f"line {file['line_no']}" if file["line_no"] else file["problem"] or "not in it"
        yield f"    file   {file['path']}, {line}"
        yield f"           sha256 {file['sha256']} ({state}), manifest {file['manifest_sha256']}"


def _value(value: Any) -> str:
    return ", ".join(f"{n} {v}" for n, v in value.items()) if isinstance(value, dict) else str(value)
