-- What a refused release would have changed: its rows are taken back, the counts stay for its report.
create table if not exists release.refused_change (
    release_id bigint not null references release.release,
    dataset text not null references release.dataset,
    column_name text not null,
    row_count bigint not null check (row_count > 0),
    primary key (release_id, dataset, column_name)
);
comment on table release.refused_change is
'Grain: one row per refused release, dataset and column; in how many of its changed rows the column was another.';
grant select, insert, delete on release.refused_change to lt_publisher;
grant select on release.refused_change to auditor_reader;
