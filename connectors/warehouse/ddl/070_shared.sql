-- What readers see besides the datasets themselves. All of it answers for the release that the pointer names.
create or replace view shared.release as
select
    r.release_id,
    r.status,
    r.published_at,
    r.release_id = (select p.release_id from release.pointer as p) as is_current,
    coalesce(sum(d.row_count), 0)::bigint as row_count,
    coalesce(sum(d.added), 0)::bigint as added,
    coalesce(sum(d.changed), 0)::bigint as changed,
    coalesce(sum(d.closed), 0)::bigint as closed,
    coalesce(sum(d.held_count), 0)::bigint as held_count,
    r.reason
from release.release as r
left join release.dataset_release as d on r.release_id = d.release_id
where r.published_at is not null
group by r.release_id
order by r.release_id;
comment on view shared.release is
'Các lần phát hành đã công bố; is_current là lần đang phục vụ. / Releases that were published; is_current is served now.';

create or replace view shared.dataset_status as
select
    d.dataset,
    s.release_id,
    s.row_count,
    s.held_count,
    s.source_as_of,
    r.published_at,
    s.added,
    s.changed,
    s.closed,
    d.title_vi,
    d.title_en,
    d.owner
from release.dataset as d
inner join release.dataset_release as s on d.dataset = s.dataset
inner join release.release as r on s.release_id = r.release_id
where s.release_id = (select p.release_id from release.pointer as p);
comment on view shared.dataset_status is
'Tình trạng từng bộ dữ liệu đang phục vụ. / Per dataset: the release served, its rows, held rows and the age of its source.';

create or replace view shared.held_record as
select
    o.dataset,
    o.record_key,
    o.rule_ids,
    o.custodian,
    o.first_seen_at as since,
    h.last_good_release,
    coalesce(h.is_served, false) as is_served,
    o.suggestion
from quality.row_outcome as o
left join release.held as h
    on o.dataset = h.dataset and o.release_id = h.release_id and o.record_key = h.record_key
where o.outcome = 'held' and o.release_id = (select p.release_id from release.pointer as p);
comment on view shared.held_record is
'Bản ghi bị giữ lại và lý do. / Keys held back from the current release, the rules they failed,
whom to ask, and what the record should probably say instead (suggestion, by column; null where nothing is suggested).
since: when the key was first seen with a failing rule. When it was mended is in shared.held_spell (resolved_at), for what
is mended is no longer here. Grain: one row per dataset and key.';

create or replace view shared.rule as
select
    r.rule_id,
    r.dataset,
    r.severity,
    r.definition,
    r.columns,
    r.agency,
    r.legal_basis,
    r.message_vi,
    r.message_en,
    r.is_active,
    r.changed_at
from quality.rule as r;
comment on view shared.rule is 'Danh mục quy tắc kiểm tra. / The rule catalogue.';

-- The release asked for, or an error: a release that was never published or is no longer kept must not look empty.
create or replace function shared.kept_release(asked bigint) returns bigint
language plpgsql stable security definer set search_path = pg_catalog as $$
begin
    if not exists (
        select 1 from release.release as r
        where r.release_id = asked and r.status in ('published', 'rolled_back')
    ) then
        raise exception 'release % was never published', asked using errcode = 'invalid_parameter_value';
    end if;
    if asked < (select k.oldest_release from release.kept as k) then
        raise exception 'release % is older than the retention', asked
            using errcode = 'invalid_parameter_value', hint = 'See shared.release for the releases that are kept.';
    end if;
    return asked;
end
$$;
comment on function shared.kept_release(bigint) is 'The same number, if that release was published and is still kept.';

create or replace function shared.source_as_of(of_dataset text, of_release bigint) returns timestamptz
language sql stable security definer set search_path = pg_catalog as $$
    select d.source_as_of from release.dataset_release as d
    where d.dataset = of_dataset and d.release_id = of_release
$$;
comment on function shared.source_as_of(text, bigint) is 'How old the sources of a dataset were in a release.';
