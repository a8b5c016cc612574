-- Approvals of deletes above the ceiling of a contract. The loader may use one, never grant one.
create table if not exists raw._approval (
    token_sha256 text primary key check (token_sha256 ~ '^[0-9a-f]{64}$'),
    system text not null,
    table_name text not null,
    partition text not null,
    gone_sha256 text not null,
    deleted bigint not null check (deleted > 0),
    live_rows bigint not null,
    approved_by text not null check (approved_by ~ '\S'),
    reason text not null check (reason ~ '\S'),
    granted_at timestamptz not null default now(),
    expires_at timestamptz not null check (expires_at > granted_at),
    used_at timestamptz,
    batch_id bigint
);
comment on table raw._approval is
'Grain: one row per approval of one mass delete. It is good for exactly the rows whose keys hash to gone_sha256, once.';
