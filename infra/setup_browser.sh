#!/usr/bin/env bash
# Makes sure that Chromium is on this machine: tests open the report pages in it. Never stops the rest of the tests.
set -euo pipefail
cd "$(dirname "$0")/.."

has_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null

has_chromium && exit 0
exec 9>"${TMPDIR:-/tmp}/lienthong-apt-$(id -u).lock"
flock 9
has_chromium && exit 0
echo "Chromium is missing: installing it, for the tests of the report pages." >&2
# The fonts have the letters of Vietnamese.
infra/apt_install.sh chromium fonts-dejavu-core \
    || echo "Going on without it: the browser tests will say that they could not run." >&2
