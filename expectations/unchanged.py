"""Whether a staged release would show readers anything new."""

from connectors.warehouse.lease import open_transaction


def is_unchanged(release_id: int) -> bool:
    """True when rows and held records are those of the published release, and no dataset is new."""
    with open_transaction(f"comparison of release {release_id}") as conn:
        row = conn.execute(_DIFFERS, {"release_id": release_id}).fetchone()
    return row is not None and row[0] is False


# Held records are part of what readers see (shared.held_record), also where no row of a dataset changed.
_DIFFERS = """
with base as (
    select base_release as release_id from release.release where release_id = %(release_id)s
),
held as (
    select
        release_id = %(release_id)s as is_new, dataset, record_key, rule_ids, custodian
    from quality.row_outcome
    where outcome = 'held' and (release_id = %(release_id)s or release_id = (select b.release_id from base as b))
)
select
    (select b.release_id is null from base as b)
    or exists (
        select from release.dataset_release
        where release_id = %(release_id)s and added + changed + closed > 0
    )
    or exists (
        select dataset from release.dataset_release where release_id = %(release_id)s
        except
        select dataset from release.dataset_release where release_id = (select b.release_id from base as b)
    )
    or exists (
        select from held group by dataset, record_key, rule_ids, custodian having count(distinct is_new) = 1
    )
"""
