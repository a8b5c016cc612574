-- What a release could answer about, counted by what is on record and what is held: by 280 turned into the coverage of
-- every check. Set by set, for a release has a million parcels.
create or replace function checks.parcel_profiles(at bigint, datasets jsonb)
returns table (covering text[], able text[], held text[], n bigint)
language plpgsql stable as $$
declare
    none text := 'select null::text as parcel_key';
    -- uses that some requirement takes for conditional: of such a parcel it is not known whether they may change
    conditional text[] := array(
        select distinct code
        from release.procedure_requirement as r, jsonb_array_elements_text(r.parameters -> 'conditional') as code
        where r.check_code = 'LAND_USE_ALLOWED' and r.from_release <= at and r.to_release > at
    );
    uses text := case when datasets ? 'land_parcel_use' then 'select parcel_key,
        bool_or(land_use_code = any($2)) as is_conditional from release.land_parcel_use
        where from_release <= $1 and to_release > $1 and land_use_code is not null group by parcel_key'
        else none || ', null::boolean as is_conditional where false' end;
    rights text := case when datasets ? 'land_right' then 'select
            parcel_key, count(*) = 1 or min(party_key collate "C") = max(party_key collate "C") as is_of_one
        from release.land_right
        where from_release <= $1 and to_release > $1 group by parcel_key'
        else none || ', null::boolean as is_of_one where false' end;
    -- An organisation that is registered twice is one holder, by its code.
    twins text := case when datasets ? 'party' then '
        select p.party_key, p.organisation_tax_code from release.party as p
        where p.from_release <= $1 and p.to_release > $1 and not p.is_held and p.organisation_tax_code in (
            select organisation_tax_code from release.party
            where from_release <= $1 and to_release > $1 and not is_held and organisation_tax_code is not null
            group by organisation_tax_code having count(*) > 1
        )'
        else 'select null::text as party_key, null::text as organisation_tax_code where false' end;
    -- As 223 and 224 read them; only of parcels with a right that has ended, is doubtful, names nobody or gives a share, that
    -- is no right to use, or whose holder is registered twice: everywhere else the holder has the whole, where there is one.
    -- What is told of who holds the rights of a type: nothing, the holder, or that one holds the whole.
    told text := '
            case
                when not coalesce(
                    bool_and(r.party_key is not null) filter (
                        where checks.right_state(r.status) = ''LIVE'' and r.right_type = ''%1$s''
                    ), false
                ) or bool_or(
                    r.right_type = ''%1$s'' and checks.right_state(r.status) = ''DOUBTFUL''
                    or coalesce(r.right_type, ''UNKNOWN'') = ''UNKNOWN'' and checks.right_state(r.status) <> ''ENDED''
                ) then ''{}''
                when count(distinct coalesce(twin.organisation_tax_code, r.party_key)) filter (
                    where checks.right_state(r.status) = ''LIVE'' and r.right_type = ''%1$s''
                ) = 1 and sum(coalesce(r.share, 1)) filter (
                    where checks.right_state(r.status) = ''LIVE'' and r.right_type = ''%1$s''
                ) >= 0.9999 then ''{known %1$s,whole %1$s}''
                else ''{known %1$s}''
            end::text[]';
    doubts text := case when datasets ? 'land_right' then '
        select
            r.parcel_key,
            ' || format(told, 'USE') || ' as use_told,
            ' || format(told, 'LEASE') || ' as lease_told,
            coalesce(bool_and(checks.right_state(r.status) <> ''LIVE'') filter (where r.right_type = ''LEASE''), false)
                as is_lease_in_doubt,
            bool_or(r.certificate_serial is not null and checks.right_state(r.status) = ''DOUBTFUL'')
            and not bool_or(r.certificate_serial is not null and r.status is not distinct from ''IN_FORCE'')
                as is_certificate_in_doubt
        from release.land_right as r
        left join twin on r.party_key = twin.party_key
        inner join (
            select distinct parcel_key from release.land_right
            where from_release <= $1 and to_release > $1
                and (
                    checks.right_state(status) <> ''LIVE'' or party_key is null or share < 1
                    or right_type is distinct from ''USE'' or party_key in (select twin.party_key from twin)
                )
        ) as odd on r.parcel_key = odd.parcel_key
        where r.from_release <= $1 and r.to_release > $1
        group by r.parcel_key'
        else none || ', null::text[] as use_told, null::text[] as lease_told,
            false as is_lease_in_doubt, false as is_certificate_in_doubt where false'
    end;
begin
    return query execute format(
        $query$
        with twin as materialized (%s),
        commune as (
            select u.code, array_agg(distinct c.dataset) filter (where c.dataset is not null) as covering
            from release.administrative_unit as u
            left join release.dataset_coverage as c
                on c.area_code in (u.code, u.parent_code, '*') and c.from_release <= $1 and c.to_release > $1
            where u.level = 'commune' and u.valid_to is null and u.from_release <= $1 and u.to_release > $1
            group by u.code
        ),
        concerned as (
            select substr(name, length('land_parcel:') + 1) as key, array_agg(distinct o.dataset) as held
            from quality.row_outcome as o, unnest(o.concerns) as name
            where starts_with(name, 'land_parcel:') and o.release_id = $1 and o.outcome = 'held'
                and o.dataset in ('land_restriction', 'land_right', 'land_parcel_use', 'land_parcel_lineage')
            group by key
        )
        select
            coalesce(commune.covering, '{}'),
            array_remove(array[
                case when p.legal_area_m2 is not null and p.survey_area_m2 is not null then 'area' end,
                case when uses.parcel_key is not null then 'land_parcel_use' end,
                case when uses.is_conditional is not true then 'unconditional' end,
                case when rights.parcel_key is not null then 'land_right' end,
                case when doubts.is_lease_in_doubt is not true then 'lease' end,
                case when doubts.is_certificate_in_doubt is not true then 'certificate' end
            ], null) || case
                when doubts.parcel_key is not null then doubts.use_told || doubts.lease_told
                when rights.is_of_one then '{known USE,whole USE}'
                when rights.parcel_key is not null then '{known USE}'
                else '{}'
            end,
            coalesce(concerned.held, '{}') || case when p.is_held then '{land_parcel}' else '{}' end::text[],
            count(*)
        from release.land_parcel as p
        left join commune on p.commune_code = commune.code
        left join (%s) as uses on p.parcel_key = uses.parcel_key
        left join (%s) as rights on p.parcel_key = rights.parcel_key
        left join (%s) as doubts on p.parcel_key = doubts.parcel_key
        left join concerned on p.parcel_key = concerned.key
        where p.from_release <= $1 and p.to_release > $1
        group by 1, 2, 3
        $query$, twins, uses, rights, doubts
    ) using at, conditional;
    return query
    select '{}'::text[], '{}'::text[], '{*}'::text[], count(*) from release.held as h
    where h.dataset = 'land_parcel' and h.release_id = at and not h.is_served
    having count(*) > 0;
end
$$;
comment on function checks.parcel_profiles(bigint, jsonb) is
'The parcels of a release, counted by which datasets speak for their place, which facts they have, and what is held.';
