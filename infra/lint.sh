#!/usr/bin/env bash
# All checks that need no database, two lanes at a time; prints the output of those that fail. Changes nothing.
set -uo pipefail
cd "$(dirname "$0")/.."
export NO_COLOR=1 COLUMNS=120
export LIENTHONG_DBT_HOST=none LIENTHONG_DBT_PORT=1 LIENTHONG_DBT_USER=none LIENTHONG_DBT_DBNAME=none
out="$(mktemp -d)"
trap 'rm -rf "$out"' EXIT
mkdir -p .cache

check() { # name, command…
    local name="$1" began="$EPOCHREALTIME"; shift
    if "$@" >"$out/$name" 2>&1; then printf 'ok      %-10s %5.1f s\n' "$name" "$(seconds "$began")"
    else
        { printf 'FAILED  %-10s %5.1f s\n' "$name" "$(seconds "$began")"; sed 's/^/    /' "$out/$name"; }
        touch "$out/failed"
    fi
}
seconds() { awk -v now="$EPOCHREALTIME" -v then="$1" 'BEGIN { print now - then }'; }

style() { .venv/bin/ruff check --quiet . && .venv/bin/ruff format --quiet --check --diff .; }
layers() { .venv/bin/lint-imports --cache-dir .cache/imports; }
types() { .venv/bin/mypy; }
sql() { .venv/bin/sqlfluff lint --processes 2 --nocolor --disable-progress-bar dbt_project connectors/warehouse/ddl; }
yaml() { .venv/bin/yamllint --strict .; }
models() {
    .venv/bin/dbt --quiet parse --project-dir dbt_project --profiles-dir dbt_project \
        --target-path "$PWD/.cache/dbt" --log-path "$PWD/.cache/dbt" \
        && .venv/bin/dbt-bouncer run --config-file dbt_project/dbt-bouncer.yml
}
contracts() { .venv/bin/lienthong contracts sync --check; }
shell() { for script in infra/*.sh .ci/run; do bash -n "$script" || return 1; done; }

# Neither a path of somebody's machine nor the address of a package index belongs in the project.
paths() {
    local pattern='(^|[^[:alnum:]_./-])/(home/[a-z]|root/|work/|Users/|opt/)|(index-url|find-links|pypi\.org/simple)'
    ! git ls-files --cached --others --exclude-standard -z \
        | grep -zvE '^(infra/lint\.sh|infra/setup_venv\.sh|LICENSE|tests/fixtures/|infra/data/)' \
        | xargs -0 -r grep -InE "$pattern" --
}
sizes() { # conventions: a Python file has at most 300 lines
    ! git ls-files --cached --others --exclude-standard -z -- '*.py' | xargs -0 -r wc -l | awk '$2 != "total" && $1 > 300' | grep .
}

{ check types types; check layers layers; check models models; check contracts contracts; } &
{ check style style; check yaml yaml; check shell shell; check paths paths; check sizes sizes; check sql sql; } &
wait
[ ! -e "$out/failed" ]
