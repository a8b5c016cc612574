"""The queries behind a report (`report_facts.py`): releases, datasets, rules, and how they were before."""

RELEASE = """
select release_id, status, base_release, opened_at, published_at, reason
from release.release where release_id = %s
"""
PAST = """
select
    r.release_id, r.status, r.opened_at, r.published_at, r.reason,
    coalesce(sum(d.row_count), 0)::bigint as row_count,
    coalesce(sum(d.held_count), 0)::bigint as held_count,
    coalesce(sum(d.added + d.changed + d.closed), 0)::bigint as changes,
    coalesce((
        select array_agg(distinct v.rule_id order by v.rule_id) from quality.verdict as v
        where v.release_id = r.release_id and not v.success and (v.severity <> 'warn' or v.observed ? 'error')
    ), '{}') as closed_by,
    coalesce(r.release_id = (select p.release_id from release.pointer as p), false) as is_current
from release.release as r
left join release.dataset_release as d on r.release_id = d.release_id
group by r.release_id
order by r.release_id desc limit %s
"""
DATASETS = """
select
    s.dataset, d.title_vi, d.title_en, d.owner, s.row_count, s.held_count, s.added, s.changed, s.closed, s.source_as_of
from release.dataset_release as s
inner join release.dataset as d on s.dataset = d.dataset
where s.release_id = %s
order by s.dataset
"""
TREND = """
with counted as (
    select release_id from release.release
    where release_id = %(release_id)s or (release_id < %(release_id)s and status in ('published', 'rolled_back'))
    order by release_id desc limit %(length)s
)
select d.dataset, d.release_id, d.row_count, d.held_count
from release.dataset_release as d inner join counted as c on d.release_id = c.release_id
order by d.release_id
"""
# What judges the whole dataset has no failing keys: 1 stands for "failed". What a waiver lets through fails as well.
RULE_TREND = """
with judged as (
    select release_id from release.release as r
    where r.release_id <= %(release_id)s and exists (select from quality.verdict as v where v.release_id = r.release_id)
    order by release_id desc limit %(length)s
),
waived as (
    select w.dataset, w.rule_id, w.release_id, count(*) as records
    from quality.waived as w inner join judged as j on w.release_id = j.release_id
    group by w.dataset, w.rule_id, w.release_id
)
select
    v.dataset, v.rule_id, v.release_id,
    coalesce(
        (v.observed ->> 'failing_keys')::bigint + coalesce(w.records, 0), case when v.success then 0 else 1 end
    )
from quality.verdict as v
inner join judged as j on v.release_id = j.release_id
left join waived as w on v.release_id = w.release_id and v.dataset = w.dataset and v.rule_id = w.rule_id
order by v.release_id
"""
RULES = """
with known as (
    select v.dataset, v.rule_id, v.severity, v.success, v.observed
    from quality.verdict as v where v.release_id = %(release_id)s
    union all
    select r.dataset, r.rule_id, r.severity, null, null
    from quality.rule as r inner join release.dataset_release as d on r.dataset = d.dataset
    where
        d.release_id = %(release_id)s and r.is_active
        and not exists (
            select from quality.verdict as v
            where v.release_id = %(release_id)s and v.dataset = r.dataset and v.rule_id = r.rule_id
        )
)
select
    k.dataset, k.rule_id, k.severity, k.success, r.message_vi, r.message_en, coalesce(r.agency, d.owner),
    r.legal_basis, coalesce(r.definition ->> 'predicate', r.definition ->> 'expectation'), k.observed
from known as k
left join quality.rule as r on k.dataset = r.dataset and k.rule_id = r.rule_id
left join release.dataset as d on k.dataset = d.dataset
order by 1, 2
"""
FAILING = """
select o.dataset, i.rule_id, count(*), (array_agg(o.record_key order by o.record_key))[:%s], min(o.first_seen_at)
from quality.row_outcome as o cross join unnest(o.rule_ids) as i (rule_id)
where o.release_id = %s
group by o.dataset, i.rule_id
"""
