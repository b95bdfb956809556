#!/usr/bin/env bash
# The steps of the Action, which also run by hand. What they go by is in the environment:
#   SWARM_PACKAGE                   a tarball of swarm, or what npm takes
#   SWARM_REQUEST or SWARM_ISSUE    what is to be done
#   SWARM_BUDGET, SWARM_TIME        its limits
#   SWARM_ARGUMENTS                 more flags, one a line
# and what GitHub gives: RUNNER_TEMP, GITHUB_WORKSPACE, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY, GITHUB_TOKEN, GITHUB_SERVER_URL.
set -euo pipefail

temp=${RUNNER_TEMP:-$(mktemp -d)}
export XDG_STATE_HOME=${XDG_STATE_HOME:-$temp/swarm-state}
mkdir -p "$XDG_STATE_HOME" "$temp/swarm-artifacts"
cd "${GITHUB_WORKSPACE:-.}"

# Debian's packages, asked for only where they are missing; runners that are not root have sudo.
needed() {
  local missing=()
  command -v bwrap >/dev/null || missing+=(bubblewrap)
  command -v git >/dev/null || missing+=(git ca-certificates)
  [ ${#missing[@]} -eq 0 ] && return 0
  local as=()
  [ "$(id -u)" -eq 0 ] || as=(sudo)
  "${as[@]}" apt-get update -qq
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# Newer Ubuntu lets no unprivileged process make a namespace before this; elsewhere there is no such setting.
namespaces() {
  local setting=/proc/sys/kernel/apparmor_restrict_unprivileged_userns
  [ -e "$setting" ] && [ "$(cat "$setting")" = 1 ] || return 0
  if [ "$(id -u)" -eq 0 ]; then echo 0 >"$setting"; else echo 0 | sudo tee "$setting" >/dev/null; fi
}

# Where there is no npm a tarball is unpacked: it holds all but Node itself.
installed() {
  if command -v npm >/dev/null; then
    npm install --silent --no-audit --no-fund --prefix "$temp/swarm" "$SWARM_PACKAGE" >&2
    echo "$temp/swarm/node_modules/.bin/swarm"
  else
    mkdir -p "$temp/swarm"
    tar -xzf "$SWARM_PACKAGE" -C "$temp/swarm" >&2
    echo "$temp/swarm/package/bin/swarm.cjs"
  fi
}

# One line, whatever stands in it.
line() { tr -d '\r\n' | cut -c 1-2000; }

output() { [ -z "${GITHUB_OUTPUT:-}" ] || printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"; }

# The checkout may belong to another user than the one who works here, as in a container.
git config --global --get-all safe.directory | grep -qxF "$PWD" || git config --global --add safe.directory "$PWD"
needed
namespaces
program=$(installed)
swarm() {
  if [ "${program##*.}" = cjs ]; then node "$program" "$@"; else "$program" "$@"; fi
}

arguments=(--deliver pr --budget "${SWARM_BUDGET:?a run that nobody looks at needs a budget}" --time "${SWARM_TIME:-2h}")
while IFS= read -r argument; do
  [ -z "$argument" ] || arguments+=("$argument")
done <<<"${SWARM_ARGUMENTS:-}"

code=0
if [ -n "${SWARM_REQUEST:-}" ]; then
  printf '%s' "$SWARM_REQUEST" | swarm run --request-file - "${arguments[@]}" || code=$?
elif [[ ${SWARM_ISSUE:-} =~ ^[0-9]+$ ]]; then
  swarm issue "$SWARM_ISSUE" "${arguments[@]}" || code=$?
else
  echo 'swarm: neither a request nor an issue is named' >&2
  exit 2
fi

if report=$(swarm report --json 2>/dev/null); then
  printf '%s\n' "$report" >"$temp/swarm-artifacts/report.json"
  swarm report --format md >"$temp/swarm-artifacts/report.md"
  swarm logs >"$temp/swarm-artifacts/log.txt" 2>/dev/null || true
  read_report='const r = JSON.parse(require("fs").readFileSync(0)); console.log((process.argv[1] === "run" ? r.run : r.delivered?.url) ?? "")'
  for name in run url; do output "$name" "$(node -e "$read_report" "$name" <<<"$report" | line)"; done
  # GitHub takes a megabyte.
  [ -z "${GITHUB_STEP_SUMMARY:-}" ] || head -c 900000 "$temp/swarm-artifacts/report.md" >>"$GITHUB_STEP_SUMMARY"
fi
exit "$code"
