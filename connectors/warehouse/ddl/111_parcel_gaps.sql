-- Gaps between parcels (expectations/parcel_gaps.py): looked for at night, shown in the report, and no reason to hold a
-- parcel. Everything here belongs to the builder, who reads the shapes; the report is written by the publisher.
create table if not exists intermediate.parcel_gap (
    commune_code text not null,
    gap_no integer not null,
    area_m2 numeric(12, 2) not null,
    parcel_keys text[] not null,
    geom geometry (polygon, 4756) not null,
    primary key (commune_code, gap_no)
);
comment on table intermediate.parcel_gap is
'Ground of a commune that parcels enclose and none covers, from gap_smallest_m2 to gap_largest_m2. Grain: one row per gap.';

create table if not exists intermediate.gap_survey (surveyed_at timestamptz not null, parcels bigint not null);
comment on table intermediate.gap_survey is 'When gaps were last looked for, between how many parcels. Grain: at most one row.';

alter table intermediate.parcel_gap owner to lt_builder;
alter table intermediate.gap_survey owner to lt_builder;
grant select on intermediate.parcel_gap, intermediate.gap_survey to lt_publisher;
