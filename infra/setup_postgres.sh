#!/usr/bin/env bash
# Makes sure that PostgreSQL 15 or later with PostGIS is on this machine. Starts no server: each home has its own.
set -euo pipefail
cd "$(dirname "$0")/.."

has_postgres() {
    local bin version
    for bin in /usr/lib/postgresql/*/bin/postgres "$(command -v postgres || true)"; do
        [ -x "$bin" ] || continue
        version="$("$bin" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/')"
        [ "$version" -ge 15 ] || continue
        for share in "/usr/share/postgresql/$version" "$(dirname "$bin")/../share" "$(dirname "$bin")/../share/postgresql"; do
            [ ! -e "$share/extension/postgis.control" ] || return 0
        done
    done
    return 1
}

# The Debian package would create and start a cluster of its own, which nobody here wants.
forbid_system_cluster() {
    local file=/etc/postgresql-common/createcluster.conf
    infra/apt_install.sh postgresql-common
    [ "$(id -u)" = 0 ] && as_root=() || as_root=(sudo -n)
    "${as_root[@]}" sed -i -E 's/^#?\s*create_main_cluster\s*=.*/create_main_cluster = false/' "$file"
}

has_postgres && exit 0
exec 9>"${TMPDIR:-/tmp}/lienthong-apt-$(id -u).lock"
flock 9
has_postgres && exit 0
echo "PostgreSQL 15 or later with PostGIS is missing: installing it." >&2
version="$(apt-cache depends postgresql 2>/dev/null | sed -nE 's/.*Depends: postgresql-([0-9]+)$/\1/p' | head -1)"
version="${version:-15}"
[ -d /usr/lib/postgresql ] || { forbid_system_cluster || exit 1; }
infra/apt_install.sh "postgresql-$version" "postgresql-$version-postgis-3"
has_postgres
