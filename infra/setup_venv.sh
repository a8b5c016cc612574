#!/usr/bin/env bash
# Makes .venv hold exactly the pinned packages. Does nothing when it already does; safe when started twice at once.
# PYTHON=… chooses the interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted() { cat requirements.lock pyproject.toml infra/setup_venv.sh | sha256sum | cut -d' ' -f1; }
is_current() { [ -x .venv/bin/lienthong ] && [ "$(cat .venv/lienthong.stamp 2>/dev/null)" = "$(wanted)" ]; }
say() { printf '%s\n' "$*" >&2; }

is_usable() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
    local name
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if command -v "$name" >/dev/null && is_usable "$name"; then command -v "$name"; return; fi
    done
    say "Expected Python 3.11, 3.12 or 3.13; found: $(python3 --version 2>&1 || true)."
    say "Next: install one (Debian 12 or later: apt-get install python3 python3-venv), or set PYTHON=/path/to/python3."
    return 1
}

ensure_venv_module() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null && return
    local package; package="$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    say "Python has no ensurepip: installing the package $package."
    infra/apt_install.sh "$package"
}

create_venv() {
    local python; python="$(find_python)"
    ensure_venv_module "$python"
    say "Creating .venv with $("$python" --version)."
    "$python" -m venv --clear .venv
}

# uv does not read pip's settings: hand over the index that this machine prescribes.
borrow_pip_settings() {
    local index; index="$(.venv/bin/pip config get global.index-url 2>/dev/null || true)"
    export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-$index}}"
    [ -n "$UV_DEFAULT_INDEX" ] || unset UV_DEFAULT_INDEX
    if [ -z "${SSL_CERT_FILE:-}" ] && [ -f "${PIP_CERT:-}" ]; then export SSL_CERT_FILE="$PIP_CERT"; fi
    export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}" # as pip does: an office may have a certificate of its own
    export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-180}"
}

install_packages() {
    [ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet --disable-pip-version-check uv
    borrow_pip_settings
    # Compiled now: where Python may not write beside its modules, every process would compile them anew for seconds.
    export UV_COMPILE_BYTECODE=1
    say "Installing $(grep -c '==' requirements.lock) pinned packages into .venv."
    local install=(.venv/bin/uv pip install --python .venv/bin/python)
    [ -t 2 ] || install+=(--quiet)
    if ! "${install[@]}" -r requirements.lock; then
        say "uv did not succeed; trying pip, which is slower."
        install=(.venv/bin/python -m pip install --disable-pip-version-check)
        "${install[@]}" -r requirements.lock
    fi
    "${install[@]}" --quiet --no-deps --no-build-isolation -e .
    .venv/bin/python -m compileall -q connectors dags expectations infra
}

is_current && exit 0
exec 9>.venv.lock
flock --nonblock 9 || { say "Another make installs the packages; waiting."; flock 9; }
is_current && exit 0
# A killed installation may have left a package half copied, which uv would take for a whole one.
if [ -e .venv/lienthong.half ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then create_venv; fi
touch .venv/lienthong.half
install_packages
wanted > .venv/lienthong.stamp
rm .venv/lienthong.half
