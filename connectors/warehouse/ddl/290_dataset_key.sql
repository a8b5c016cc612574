-- What a reader of many datasets must know of each: its key and its names. The HTTP face serves by it.
create or replace view shared.dataset_key as
select
    d.dataset,
    d.key_columns,
    d.title_vi,
    d.title_en,
    d.owner
from release.dataset as d
where exists (
        select 1
        from release.dataset_release as s
        inner join release.pointer as p on s.release_id = p.release_id
        where s.dataset = d.dataset
    );
comment on view shared.dataset_key is
'Khóa của từng bộ dữ liệu đang phục vụ. / The key of each dataset in service; a record key joins its parts by |.';
grant select on shared.dataset_key to procedure_reader, auditor_reader, lt_publisher;
