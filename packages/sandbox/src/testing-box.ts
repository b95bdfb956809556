/** A sandbox of an operator's own for tests: real processes in a namespace of their own, made and left by programs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BoxChoice } from './providers/boxes.ts';

/** What it keeps of a box is the id of its first process, which everything in it dies with. */
const PROGRAMS = {
  create: `folder=$1 id=$2; shift 2
[ "$(id -u)" = 0 ] && user= || user='--user --map-current-user'
setsid unshare $user --mount --pid --fork --mount-proc sh -c 'echo up > "$1"; exec sleep 100000' sh "$folder/$id.up" </dev/null >/dev/null 2>&1 &
echo $! > "$folder/$id.pid"
until [ -s "$folder/$id.up" ]; do sleep 0.01; done`,
  exec: `folder=$1 id=$2; shift 2
[ "$(id -u)" = 0 ] && user= || user='--user --preserve-credentials'
exec nsenter $user --mount --pid --target "$(cat /proc/$(cat "$folder/$id.pid")/task/*/children | tr -d ' ')" -- "$@"`,
  destroy: `folder=$1 id=$2
[ -s "$folder/$id.pid" ] || exit 0
parent=$(cat "$folder/$id.pid")
for first in $(cat /proc/$parent/task/*/children 2>/dev/null); do kill -9 $first; while [ -e /proc/$first ]; do sleep 0.01; done; done
kill -9 $parent 2>/dev/null
rm -f "$folder/$id.pid" "$folder/$id.up"`,
};

/** @param folder an empty one. */
export function boxChoice(folder: string): BoxChoice {
  mkdirSync(folder, { recursive: true });
  const argvOf = (name: keyof typeof PROGRAMS): string[] => {
    writeFileSync(join(folder, name), PROGRAMS[name]);
    return ['sh', join(folder, name), folder, '{id}'];
  };
  return {
    create: argvOf('create'),
    exec: argvOf('exec'),
    destroy: argvOf('destroy'),
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    records: join(folder, 'records'),
  };
}
