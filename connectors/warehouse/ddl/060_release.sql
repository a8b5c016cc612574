-- Releases (design 8). The tables release.<dataset> are derived from the datasets when they are first staged.
create table if not exists release.release (
    release_id bigint generated always as identity primary key,
    status text not null check (status in ('staged', 'published', 'abandoned', 'rolled_back')),
    base_release bigint,
    opened_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz,
    published_at timestamptz,
    fingerprint jsonb not null default '{}',
    reason text,
    token uuid not null default gen_random_uuid()
);
comment on table release.release is
'Grain: one row per release ever opened; ids are never used again. base_release is what was published at its opening.';
create unique index if not exists release_only_one_open on release.release ((true)) where status = 'staged';

create table if not exists release.pointer (release_id bigint references release.release);
comment on table release.pointer is 'The release that readers see. Always one row; null before the first release.';
create unique index if not exists pointer_is_one_row on release.pointer ((true));
insert into release.pointer (release_id)
select null where not exists (select 1 from release.pointer);

create table if not exists release.kept (oldest_release bigint not null);
comment on table release.kept is 'The oldest release that can still be answered or rolled back to. Always one row.';
create unique index if not exists kept_is_one_row on release.kept ((true));
insert into release.kept (oldest_release)
select 1 where not exists (select 1 from release.kept);

create table if not exists release.last_build (fingerprint jsonb not null);
comment on table release.last_build is
'What the last complete build was made of. One row; none while a build is at work or after one that failed.';
create unique index if not exists last_build_is_one_row on release.last_build ((true));

create table if not exists release.dataset (
    dataset text primary key,
    title_vi text not null,
    title_en text not null,
    relation text not null,
    key_columns text[] not null,
    sources text[] not null,
    owner text not null,
    views_sha256 text,
    declared_at timestamptz not null default now()
);
comment on table release.dataset is 'Grain: one row per dataset that was ever staged, as its header last said.';

create table if not exists release.dataset_release (
    dataset text not null references release.dataset,
    release_id bigint not null references release.release,
    row_count bigint not null,
    added bigint not null,
    changed bigint not null,
    closed bigint not null,
    held_count bigint not null,
    source_as_of timestamptz,
    primary key (dataset, release_id)
);
comment on table release.dataset_release is
'What a release holds. added, changed and closed count rows against the release published before it.';

create table if not exists release.held (
    dataset text not null,
    release_id bigint not null,
    record_key text not null,
    last_good_release bigint,
    is_served boolean not null,
    primary key (dataset, release_id, record_key)
);
comment on table release.held is
'Grain: one row per held key and release; is_served when an earlier good version stays in the view.';

create or replace function release.refuse_second_thought() returns trigger
language plpgsql as $$
begin
    raise exception 'release.% keeps exactly one row: only update is possible', tg_table_name;
end
$$;
create or replace trigger pointer_stays before delete on release.pointer
for each row execute function release.refuse_second_thought();
create or replace trigger pointer_is_not_truncated before truncate on release.pointer
for each statement execute function release.refuse_second_thought();
