-- Which mass deletes a release contains that a person approved (041_approvals.sql): those of batches that it was built
-- from and the release before it was not. The guard of volumes does not miss their rows, and the report names them.
-- An approval speaks for its own source, partition and batch alone. What a release was built from may be noted anew when
-- a later state turned out to have the same rows; then the time of the load tells.
create or replace view quality.approved_delete as
select
    r.release_id,
    b.system || '.' || b.table_name as source,
    b.partition,
    a.deleted,
    a.live_rows,
    a.approved_by,
    a.reason,
    a.granted_at,
    b.batch_id
from release.release as r
cross join raw._approval as a
inner join raw._batch as b
    on a.batch_id = b.batch_id and a.system = b.system and a.table_name = b.table_name and a.partition = b.partition
left join release.release as l on r.base_release = l.release_id
where
    a.used_at is not null
    and b.change_no <= coalesce((r.fingerprint -> 'raw' ->> (b.system || '.' || b.table_name))::bigint, b.change_no)
    and (
        l.release_id is null or a.used_at >= l.opened_at
        or b.change_no > (l.fingerprint -> 'raw' ->> (b.system || '.' || b.table_name))::bigint
    );
comment on view quality.approved_delete is
'Xóa hàng loạt đã được người có thẩm quyền phê duyệt, theo bản phát hành đầu tiên chứa nó. / Mass deletes that a person approved, by the first release that contains them. Grain: one row per release and approval.';
grant select on quality.approved_delete to lt_publisher, auditor_reader;
