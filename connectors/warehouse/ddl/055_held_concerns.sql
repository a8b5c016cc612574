-- What a failing row is about, besides its own key: numbers and places by which it may be asked for. Without it a question
-- by number would be answered "not found" where the truth is "held". Declared as `concerns` in the rulebook.
alter table quality.row_outcome add column if not exists concerns text[] not null default '{}';
comment on column quality.row_outcome.concerns is
'Other names of a failing row (number, identifier) and records or communes it touches; no personal data.';
create index if not exists row_outcome_by_name on quality.row_outcome
using gin (array_append(concerns, record_key)) where outcome = 'held';

-- What a failing row should probably say instead, for whoever mends it: {"suggested_srid": 9209}. Nothing is changed by it.
-- Which column is a suggestion for which rule is declared as `suggests` in the rulebook.
alter table quality.row_outcome add column if not exists suggestion jsonb;
comment on column quality.row_outcome.suggestion is
'What a failing row should probably say instead, by column; null where no rule it failed suggests anything.';
