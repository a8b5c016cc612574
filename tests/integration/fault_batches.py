"""Batches of faults for the balance of rows: what the sources have, what becomes of it, and what must be counted.

Wells of some offices, and pumps that stand on wells of any office: a pump is held with its well. Everything is counted
here row by row, in Python; the world in which it comes to pass is `well_sources.py`. Not a test.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from hypothesis import strategies as st

OFFICES = "ABC"
# What may become of a source row, and the term of the balance it must be counted in; None is a row that went missing.
WELLS = {
    "good": "published",
    "deep": "held",
    "bent": "held",
    "deep and bent": "held",
    "spring": "out_of_scope",
    "replaced": "superseded",
    "later": "arrived_later",
    "lost": None,
    "not staged": None,
    "good, twice": "published",
    "deep, twice": "held",
}
PUMPS = {
    "good": "published",
    "weak": "held",
    "replaced": "superseded",
    "later": "arrived_later",
    "lost": None,
    "not staged": None,
    "good, twice": "published",
}
# Rows that do not fit their contract: the batch says how many there are, and each of them stands in raw._rejected.
REJECTED = ("kept", "dropped", "unsaid")
# What holds a well, and what is left of it when one of its faults is mended at the source.
MENDED = {"deep": "good", "bent": "good", "deep and bent": "bent", "deep, twice": "good, twice"}
BROKEN = {"lost", "not staged", "good, twice", "deep, twice"}
TERMS = ("published", "held", "superseded", "out_of_scope", "arrived_later")


@dataclass(frozen=True)
class Row:
    """A source row of an office and what becomes of it; `on` is the number of the well that a pump stands on."""

    office: str
    fate: str
    on: int | None = None


@dataclass(frozen=True)
class Refusal:
    """A row of a table that was rejected when it was read."""

    table: str
    office: str
    fate: str


@dataclass(frozen=True)
class Batch:
    """What the sources have on a day, and the records that no source row makes: how many good ones, how many deep."""

    wells: tuple[Row, ...]
    pumps: tuple[Row, ...] = ()
    rejected: tuple[Refusal, ...] = ()
    made_up: tuple[int, int] = (0, 0)

    def is_held_with_its_well(self, pump: Row) -> bool:
        """Whether the pump has a record of its own that is held because that of its well is."""
        well = self.wells[pump.on % len(self.wells)] if pump.on is not None and self.wells else None
        return well is not None and WELLS[well.fate] == "held" and PUMPS[pump.fate] in ("published", "held")

    def term(self, table: str, row: Row) -> str | None:
        """The term of the balance that a row is counted in; None when it is in none."""
        if table == "well":
            return WELLS[row.fate]
        return "held" if self.is_held_with_its_well(row) else PUMPS[row.fate]

    @property
    def rows(self) -> Iterator[tuple[str, int, Row]]:
        """Table, number and row of everything that the sources have."""
        for table, rows in (("well", self.wells), ("pump", self.pumps)):
            yield from ((table, number, row) for number, row in enumerate(rows))

    @property
    def is_balanced(self) -> bool:
        """Whether every row is where it belongs, and nothing is there that the sources do not have."""
        said = Counter((r.table, r.office) for r in self.rejected if r.fate != "unsaid")
        kept = Counter((r.table, r.office) for r in self.rejected if r.fate != "dropped")
        return not any(row.fate in BROKEN for _, _, row in self.rows) and said == kept and not any(self.made_up)

    def next_day(self, mended: Iterable[int]) -> "Batch":
        """The same sources when a fault of each of these wells was mended; what came later has been read by then."""
        numbers = set(mended)
        wells = (
            replace(w, fate=MENDED.get(w.fate, w.fate)) if n in numbers else w
            for n, w in enumerate(map(_read, self.wells))
        )
        return replace(self, wells=tuple(wells), pumps=tuple(map(_read, self.pumps)))


def key(table: str, number: int) -> str:
    """The record key of a row of the sources."""
    return f"{table}-{number}"


def expected_records(batch: Batch, term: str) -> set[str]:
    """The keys that are published, or held."""
    return {key(table, number) for table, number, row in batch.rows if batch.term(table, row) == term}


def expected_balance(batch: Batch) -> dict[tuple[str, str], dict[str, int]]:
    """What the database must count by table and office, zeros left out; made-up records stand in no office."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for table, _, row in batch.rows:
        terms = found.setdefault((table, row.office), Counter())
        terms["live"] += 1
        terms["without record"] += row.fate == "lost"
        if term := batch.term(table, row):
            terms[term] += 2 if row.fate.endswith("twice") else 1
    for refusal in batch.rejected:
        terms = found.setdefault((refusal.table, refusal.office), Counter())
        terms["said"] += refusal.fate != "unsaid"
        terms["rejected"] += refusal.fate != "dropped"
    return {place: _counted(terms) for place, terms in found.items()}


def _counted(terms: Counter[str]) -> dict[str, int]:
    missing = terms["live"] - sum(terms[term] for term in TERMS)
    unaccounted = missing or terms["said"] - terms["rejected"] or terms["without record"]
    told = {name: terms[name] for name in (*TERMS, "rejected")} | {"unaccounted": unaccounted}
    return {name: count for name, count in told.items() if count}


def _read(row: Row) -> Row:
    return replace(row, fate="good") if row.fate == "later" else row


def kinds(batch: Batch) -> Counter[str]:
    """How many of each kind of thing a batch has, for the account at the end of a run."""
    count = Counter(f"{table} {row.fate}" for table, _, row in batch.rows)
    count.update(f"rejected {refusal.table} {refusal.fate}" for refusal in batch.rejected)
    for pump in filter(batch.is_held_with_its_well, batch.pumps):
        assert pump.on is not None
        is_abroad = batch.wells[pump.on % len(batch.wells)].office != pump.office
        count["pump held with its well" + (" in another office" if is_abroad else "")] += 1
        count["pump held with its well and by itself"] += PUMPS[pump.fate] == "held"
    count["made up"] += batch.made_up[0]
    count["made up and deep"] += batch.made_up[1]
    return count


@dataclass(frozen=True)
class Damage:
    """Something that breaks the balance of a batch: rows of a fate, a rejected row, or a record that no row makes."""

    table: str
    number: int
    fate: str

    def done_to(self, batch: Batch) -> Batch:
        """The batch with the damage; a batch without a row of the table is damaged in no row."""
        if self.table == "made up":
            good, deep = batch.made_up
            return replace(batch, made_up=(good + (self.fate == "good"), deep + (self.fate == "deep")))
        if self.fate in REJECTED:
            refusal = Refusal(self.table, OFFICES[self.number % len(OFFICES)], self.fate)
            return replace(batch, rejected=(*batch.rejected, refusal))
        rows = list(batch.wells if self.table == "well" else batch.pumps)
        rows[self.number % len(rows)] = replace(rows[self.number % len(rows)], fate=self.fate)
        return replace(batch, **{f"{self.table}s": tuple(rows)})


def damaged(batch: Batch, damages: Iterable[Damage]) -> Batch:
    """The batch with all of it: one fault may hide another, and none may be published."""
    for damage in damages:
        batch = damage.done_to(batch)
    return batch


_OFFICE, _NUMBER = st.sampled_from(OFFICES), st.integers(0, 7)


def _fates(fates: dict[str, str | None], *, are_broken: bool) -> st.SearchStrategy[str]:
    return st.sampled_from([fate for fate in fates if (fate in BROKEN) == are_broken])


# Half of the batches have nothing to refuse: that these are published is as much a promise as that the others are not.
BALANCED = st.builds(
    Batch,
    st.lists(st.builds(Row, _OFFICE, _fates(WELLS, are_broken=False)), min_size=3, max_size=8).map(tuple),
    st.lists(st.builds(Row, _OFFICE, _fates(PUMPS, are_broken=False), st.none() | _NUMBER), min_size=3, max_size=8).map(
        tuple
    ),
    st.lists(st.builds(Refusal, st.sampled_from(["well", "pump"]), _OFFICE, st.just("kept")), max_size=4).map(tuple),
)
DAMAGE = st.one_of(
    st.builds(Damage, st.just("well"), _NUMBER, _fates(WELLS, are_broken=True)),
    st.builds(Damage, st.just("pump"), _NUMBER, _fates(PUMPS, are_broken=True)),
    st.builds(Damage, st.sampled_from(["well", "pump"]), _NUMBER, st.sampled_from(["dropped", "unsaid"])),
    st.builds(Damage, st.just("made up"), st.just(0), st.sampled_from(["good", "deep"])),
)
FAULTY = st.builds(damaged, BALANCED, st.lists(DAMAGE, min_size=1, max_size=4))
# Many days are followed by another one, on which faults of wells are mended: of all of them, or of some.
MENDED_WELLS = st.none() | st.just(frozenset(range(8))) | st.frozensets(_NUMBER, min_size=1)
DAYS = st.tuples(BALANCED | FAULTY, MENDED_WELLS)

# Tried whatever chance brings: everything once, every damage alone, and damages of which one hides another in the sums.
EVERYTHING = Batch(
    tuple(Row(OFFICES[n % 2], fate) for n, fate in enumerate(fate for fate in WELLS if fate not in BROKEN)),
    tuple(
        Row(office, fate, on)
        for fate in PUMPS
        if fate not in BROKEN
        for office, on in (("A", None), ("A", 0), ("B", 1), ("A", 2), ("B", 3))
    ),
    (Refusal("well", "A", "kept"), Refusal("pump", "C", "kept")),
)
ALONE = [
    *([Damage("well", 0, fate)] for fate in WELLS if fate in BROKEN),
    *([Damage("pump", 0, fate)] for fate in PUMPS if fate in BROKEN),
    *([Damage(table, 0, fate)] for table in ("well", "pump") for fate in ("dropped", "unsaid")),
    *([Damage("made up", 0, fate)] for fate in ("good", "deep")),
]
_HIDDEN = [("good, twice", ""), ("good, twice", "good"), ("deep, twice", ""), ("deep, twice", "deep")]
HIDDEN = [
    [Damage("well", 0, twice), Damage("well", 2, gone), *([Damage("made up", 0, made_up)] if made_up else [])]
    for twice, made_up in _HIDDEN
    for gone in ("lost", "not staged")
]
HIDDEN += [  # pumps 2 and 4 stand on wells that are held, and are of one office
    [Damage("pump", 2, "good, twice"), *others]
    for others in ([], [Damage("pump", 4, "lost")], [Damage("pump", 4, "not staged")])
]
EXAMPLES = [(EVERYTHING, frozenset(range(8)))]
EXAMPLES += [(damaged(EVERYTHING, damages), None) for damages in (*ALONE, *HIDDEN)]
