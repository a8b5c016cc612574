-- Every question looks for held records by name. Names that wait in the pending list of the index would be read one by one
-- by each of them, ten times the cost of an answer, until the next vacuum comes by.
do $$
begin
    execute 'alter index quality.row_outcome_by_name set (fastupdate = off)';
    perform gin_clean_pending_list('quality.row_outcome_by_name');
end
$$;
