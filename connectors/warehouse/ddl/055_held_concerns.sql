-- What a held row is about, besides its own key: numbers and places by which it may be asked for. Without it a question
-- by number would be answered "not found" where the truth is "held". Declared as `concerns` in the rulebook.
alter table quality.row_outcome add column if not exists concerns text[] not null default '{}';
comment on column quality.row_outcome.concerns is
'Other names of a held row (number, identifier) and records or communes it touches; no personal data.';
create index if not exists row_outcome_by_name on quality.row_outcome
using gin (array_append(concerns, record_key)) where outcome = 'held';
