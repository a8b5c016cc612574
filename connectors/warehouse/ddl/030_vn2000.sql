-- VN-2000 zones come from vn2000_zones.csv; connectors/warehouse/vn2000.py inserts them after this file.
--
-- Why rows are needed although PROJ knows these codes: PostGIS resolves an SRID through spatial_ref_sys only, and
-- Debian's PostGIS 3.3 has no rows 9205 to 9218. With auth_name EPSG it then asks PROJ for the EPSG definition, in
-- which zone to 4756 is a pure projection and 4756 to 4326 is operation 6960; proj4text is the fallback of a PROJ
-- without these codes. The published rotations of 6960 are coordinate-frame, so +towgs84 has their signs reversed:
-- copied unchanged they move a point by 0.54 m. The shipped rows 4756, 3405, 3406 and 5896 to 5899 were measured
-- against EPSG and have the right signs; vn2000.py restates them all the same, because an older PostGIS did not.
grant select on spatial_ref_sys to public;
