"""The first page of a DAG of a source, written from its contract: what it is, whose, how often, which tables."""

from connectors.contracts import SourceContract
from dags.source_names import partition_labels


def extract_runbook(contract: SourceContract, text: str) -> str:
    """The runbook of one source: facts of the contract, then the text that all of them share."""
    title, owner = contract.title, contract.owner
    facts = [
        f"# {title['vi']}",
        f"*{title['en']}*",
        "",
        f"- **Owner**: {owner['agency']}; **steward**: {owner['steward']}",
        f"- **Legal basis**: {contract.legal_basis}",
        f"- **Schedule**: `{contract.schedule}` ({contract.timezone}); access by `{contract.access.kind}`",
        f"- **Partitions**: {', '.join(partition_labels(contract).values())}",
        "",
        "| table | mode | key | meaning |",
        "|---|---|---|---|",
    ]
    rows = [f"| `{t.name}` | {t.mode} | {', '.join(t.key)} | {t.meaning} |" for t in contract.tables]
    return "\n".join([*facts, *rows, "", text])
