#!/usr/bin/env bash
# Installs Debian packages when this account may; otherwise prints the exact command and fails.
set -euo pipefail
packages=("$@")

if [ "$(id -u)" = 0 ]; then as_root=()
elif sudo -n true 2>/dev/null; then as_root=(sudo -n)
else as_root=(false)
fi

if ! command -v apt-get >/dev/null || [ "${as_root[*]:-}" = false ]; then
    printf '%s\n' "Expected these packages: ${packages[*]}; they are missing and this account may not install them." \
        "Next: run this, then repeat the command:" "    sudo apt-get update && sudo apt-get install -y ${packages[*]}" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq || printf '%s\n' "apt-get update failed; trying with the lists at hand." >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2
