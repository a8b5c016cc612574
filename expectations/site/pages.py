"""The pages of one release: its overview, a page per dataset and per rule, and the list of all releases."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from expectations.parcel_gaps import GapSurvey
from expectations.report_facts import DatasetFacts, PastRelease, ReportFacts, RuleFacts
from expectations.rule_page import RulePage
from expectations.site.boundaries import Outline
from expectations.site.charts import draw_trend, sparkline
from expectations.site.feedback import FeedbackFile
from expectations.site.maps import draw_map
from expectations.site.places import Place
from expectations.site.proof import ApprovedDelete, LedgerPosition, Table
from expectations.site.rendering import copy_assets, write_page
from expectations.site.rule_texts import parts_of
from expectations.site.wording import BALANCE, EFFECTS, LEDGER, OUTCOMES, SEVERITIES, Words, age, outcome, sentence
from expectations.waivers import WaiverState

# Communes in a table; a rule that half a province fails needs no list of it.
MOST_PLACES = 200


@dataclass(frozen=True)
class Material:
    """Everything the pages of a release are made of."""

    facts: ReportFacts
    pages: Mapping[str, RulePage]
    places: Mapping[tuple[str, str], Sequence[Place]]
    outlines: Sequence[Outline]
    columns: Mapping[str, Sequence[tuple[str, int]]]
    feedback: Sequence[FeedbackFile]
    ledger: LedgerPosition | None
    balance: Table | None
    waivers: Sequence[WaiverState]
    waived: Mapping[str, int]
    gaps: GapSurvey | None
    approvals: Sequence[ApprovedDelete] = ()
    docs: str | None = None
    rules_of: Mapping[str, list[RuleFacts]] = field(init=False)

    @property
    def titles(self) -> dict[str, Words]:
        """What every dataset is called."""
        return {d.dataset: Words(d.title_vi, d.title_en) for d in self.facts.datasets}

    def __post_init__(self) -> None:
        """Groups the rules by their id: a guard has one page for all datasets."""
        grouped: dict[str, list[RuleFacts]] = defaultdict(list)
        for rule in self.facts.rules:
            grouped[rule.rule_id].append(rule)
        object.__setattr__(self, "rules_of", grouped)


def write_release(folder: Path, material: Material) -> Path:
    """Writes all pages of a release into its folder; answers the first one."""
    copy_assets(folder / "assets")
    for name in ("datasets", "rules"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for rule_id in material.rules_of:
        _write_rule(folder / "rules" / f"{rule_id}.html", rule_id, material)
    for dataset in material.facts.datasets:
        _write_dataset(folder / "datasets" / f"{dataset.dataset}.html", dataset, material)
    page = folder / "index.html"
    _write_overview(page, material)
    return page


def write_list(folder: Path, entries: Sequence[PastRelease]) -> None:
    """Writes the list of releases; those without a page of their own are named without a link."""
    copy_assets(folder / "assets")
    write_page(
        folder / "index.html",
        "releases.html.j2",
        root="",
        entries=[
            (entry, outcome(entry), (folder / str(entry.release_id) / "index.html").exists()) for entry in entries
        ],
        outcomes=OUTCOMES,
        counts=Counter(map(outcome, entries)),
    )


def _write_overview(page: Path, material: Material) -> None:
    facts = material.facts
    held = Counter[int]()
    for dataset in facts.datasets:
        held.update({point.release_id: point.held_count for point in dataset.trend})
    write_page(
        page,
        "release.html.j2",
        root="",
        m=material,
        facts=facts,
        sentence=sentence(facts),
        ages={d.dataset: age(d.source_as_of, facts.published_at or facts.opened_at) for d in facts.datasets},
        sparks={d.dataset: sparkline([point.held_count for point in d.trend]) for d in facts.datasets},
        held_trend=draw_trend(sorted(held.items()), from_zero=True),
        severities=SEVERITIES,
        titles=material.titles,
        balance_words=BALANCE,
        ledger_words=LEDGER,
    )


def _write_dataset(page: Path, dataset: DatasetFacts, material: Material) -> None:
    write_page(
        page,
        "dataset.html.j2",
        root="../",
        m=material,
        facts=material.facts,
        dataset=dataset,
        rules=[rule for rule in material.facts.rules if rule.dataset == dataset.dataset],
        age=age(dataset.source_as_of, material.facts.published_at or material.facts.opened_at),
        rows_trend=draw_trend([(p.release_id, p.row_count) for p in dataset.trend], from_zero=False),
        held_trend=draw_trend([(p.release_id, p.held_count) for p in dataset.trend], from_zero=True),
        severities=SEVERITIES,
        titles=material.titles,
    )


def _write_rule(page: Path, rule_id: str, material: Material) -> None:
    findings = sorted(material.rules_of[rule_id], key=lambda rule: not rule.is_failing)
    places = [p for rule in findings for p in material.places.get((rule.dataset, rule_id), ())]
    waivers = [state for state in material.waivers if state.waiver.rule == rule_id]
    trend: Counter[int] = Counter()
    for rule in findings:
        trend.update(dict(rule.trend))
    write_page(
        page,
        "rule.html.j2",
        root="../",
        m=material,
        facts=material.facts,
        rule=findings[0],
        findings=findings,
        failing=sum(rule.failing for rule in findings),
        parts=parts_of(findings[0], material.pages),
        effect=EFFECTS[findings[0].severity],
        severities=SEVERITIES,
        titles=material.titles,
        map=draw_map(places, material.outlines),
        places=places[:MOST_PLACES],
        more_places=max(len(places) - MOST_PLACES, 0),
        provinces=_by_province(places),
        trend=draw_trend(sorted(trend.items()), from_zero=True),
        waivers=waivers,
        let_through=sum(material.waived.get(state.waiver.id, 0) for state in waivers),
    )


def _by_province(places: Sequence[Place]) -> list[tuple[str | None, int]]:
    counts: Counter[str | None] = Counter()
    for place in places:
        counts[place.province] += place.records
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0] or "~"))
