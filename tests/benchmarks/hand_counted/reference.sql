-- Violations of the reference datasets, per rule, counted by hand: one statement for each dataset.

-- administrative_unit
select
    count(*) filter (where (
        code ~ '^([0-9]{2}|[0-9]{3}|[0-9]{5})$'
        and length(code) = case level when 'province' then 2 when 'district' then 3 when 'commune' then 5 end
        and full_name is nfc normalized and full_name !~ '[[:cntrl:]]' and name <> ''
    ) is not true) as a01,
    count(*) filter (where parent_exists is not true) as a02,
    count(*) filter (where resolution_full_name is not null) as a05,
    count(*) filter (where has_predecessor is distinct from true) as a06
from warehouse.administrative_unit;

-- administrative_unit_change
select
    count(*) filter (where (old_unit_exists and new_unit_exists) is not true) as a03,
    count(*) filter (where (
        kind in ('SAME', 'RENAMED', 'MERGED', 'SPLIT_PART')
        and method in ('OFFICIAL_LIST', 'OFFICIAL_LIST_BY_NAME', 'DERIVED_FROM_COMMUNES')
        and (area_share_sum is null or abs(area_share_sum - 1) <= 0.001)
    ) is not true) as a04
from warehouse.administrative_unit_change;

-- authority
select
    count(*) filter (where (
        name is not null and legal_basis is not null and (valid_to is null or valid_to >= valid_from)
    ) is not true) as u01,
    count(*) filter (where (level <> 'PROVINCE' or valid_to is null or succeeded_by is not null) is not true) as u02
from warehouse.authority;

-- land_use_type
select count(*) filter (where (
    land_use_name is not null and legal_basis is not null and valid_from is not null and land_use_code ~ '^[A-Z]{3}$'
) is not true) as u04
from warehouse.land_use_type;

-- limit_value
select count(*) filter (where (
    regulation in ('QCVN 05:2023/BTNMT', 'QCVN 40:2011/BTNMT') and legal_basis is not null and unit is not null
    and limit_max > coalesce(limit_min, 0) and (valid_to is null or valid_to >= valid_from)
) is not true) as u03
from warehouse.limit_value;

-- dataset_coverage
select count(*) filter (where is_area_known is not true) as t05
from warehouse.dataset_coverage;

-- procedure
select count(*) filter (where (
    procedure_code ~ '^([1-9][.][0-9]{6}|LT-[0-9]{2})$' and (national_code is null) = (code_status = 'NOT_LOADED')
) is not true) as t01
from warehouse.procedure;

-- procedure_component
select count(*) filter (where (is_procedure_known and are_checks_required) is not true) as t04
from warehouse.procedure_component;

-- procedure_requirement
select
    count(*) filter (where (is_procedure_known and is_check_known) is not true) as t02,
    count(*) filter (where (is_connected or parameters ? 'missing') is not true) as t03
from warehouse.procedure_requirement;
