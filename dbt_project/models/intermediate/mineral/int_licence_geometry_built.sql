{{ config(materialized='table') }}

-- the cadastre's own corners where it has any, those of the province's workbook otherwise
select distinct on (licence_key) *
from {{ ref('int_licence_geometry_drawn') }}
order by licence_key, corner_source
