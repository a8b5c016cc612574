-- When each key was first held, when it was last, and when it was mended: over the releases that were published, in the
-- order in which readers saw them. A key that is held again later has a second spell.
create or replace view shared.held_spell as
with shown as (
    select
        r.release_id,
        r.published_at,
        row_number() over (order by r.release_id) as place
    from release.release as r where r.published_at is not null
),

seen as (
    select
        o.dataset,
        o.record_key,
        o.rule_ids,
        o.custodian,
        o.first_seen_at,
        s.release_id,
        s.place,
        s.place - row_number() over (partition by o.dataset, o.record_key order by s.place) as spell
    from quality.row_outcome as o
    inner join shown as s on o.release_id = s.release_id
    where o.outcome = 'held'
),

spell as (
    select
        dataset,
        record_key,
        spell,
        min(release_id) as first_release,
        max(release_id) as last_release,
        max(place) as last_place,
        min(first_seen_at) as first_seen_at,
        string_to_array((array_agg(array_to_string(rule_ids, ' ') order by place desc))[1], ' ') as rule_ids,
        (array_agg(custodian order by place desc))[1] as custodian
    from seen group by dataset, record_key, spell
)

select
    s.dataset,
    s.record_key,
    s.rule_ids,
    s.custodian,
    s.first_seen_at,
    s.first_release,
    s.last_release,
    n.release_id as resolved_release,
    n.published_at as resolved_at
from spell as s
left join shown as n on n.place = s.last_place + 1;
comment on view shared.held_spell is
'Lịch sử giữ bản ghi: từ khi nào, đến khi nào, theo quy tắc nào. / Spells in which keys were held; resolved_at is null while a key is held. Grain: one row per key and spell.';
grant select on shared.held_spell to procedure_reader, auditor_reader, lt_publisher;
