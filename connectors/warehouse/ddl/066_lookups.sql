-- By which columns, besides its key, a released dataset is searched. An index of each is made with the table of the
-- dataset (release_tables.py); datasets and columns that are not there yet are passed over until they are.
create table if not exists release.lookup (
    dataset text not null,
    columns text[] not null check (cardinality(columns) > 0),
    primary key (dataset, columns)
);
comment on table release.lookup is 'Grain: one row per dataset and list of columns that questions search by.';
grant select on release.lookup to lt_publisher;

insert into release.lookup (dataset, columns)
values
('land_parcel', '{parcel_uid}'),
('land_parcel', '{commune_code,sheet_no,parcel_no}'),
('land_parcel', '{source_commune_code,sheet_no,parcel_no}'),
('land_parcel_lineage', '{new_parcel_key}'),
('land_parcel_lineage', '{old_sheet_no,old_parcel_no}'),
('land_right', '{parcel_key}'),
('land_right', '{certificate_serial}'),
('party', '{organisation_tax_code}'),
('mineral_licence', '{number}'),
('mineral_licence', '{holder_tax_code}'),
('environmental_permit', '{number}'),
('environmental_permit', '{facility_key}'),
('eia_decision', '{facility_key}'),
('eia_decision', '{number}'),
('facility', '{operator_tax_code}')
on conflict do nothing;
