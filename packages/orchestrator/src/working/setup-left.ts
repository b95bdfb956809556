/** Keeps what setup left out of a save, but for what the agent made of it. */
import type { SetupLeft } from '@swarm/core/ports/running';

/** One line each: pattern, then path and object names where content decides, with tabs between. Names hold none. */
export const leftList = (left: readonly SetupLeft[]): string =>
  left
    .map(({ pattern, file }) => `${[pattern, ...(file ? [file.path, ...file.blobs] : [])].join('\t')}\n`)
    .join('');

/**
 * `$1` workspace, `$2` the list. Runs in the sandbox: the work tree and its git folder are the agent's. Whatever goes
 * wrong leaves more out, never less; what is left out beyond that is told by the save itself.
 */
const SCRIPT = `
cd "$1" || exit 1
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
tab=$(printf '\\t')
dir=$(git -c safe.directory='*' rev-parse --absolute-git-dir) || exit 1
[ -L "$dir/info" ] || mkdir -p "$dir/info"
rm -rf "$dir/swarm-left"
mkdir "$dir/swarm-left" && at="$dir/swarm-left" && touch "$at/there" "$at/known" || exit 1
while IFS="$tab" read -r pattern path old new; do
  if [ -z "$path" ]; then printf '%s\\n' "$pattern"
  elif [ -f "$path" ] && [ ! -L "$path" ]; then
    printf '%s\\t%s\\t%s\\n' "$pattern" "$old" "$new" >> "$at/known"
    printf '%s\\n' "$path" >> "$at/there"
  fi
done < "$2" > "$at/exclude"
git -c safe.directory='*' hash-object --no-filters --stdin-paths < "$at/there" > "$at/is" || exit 1
paste "$at/is" "$at/known" | while IFS="$tab" read -r is pattern old new; do
  if [ "$is" = "$old" ] || [ "$is" = "$new" ]; then printf '%s\\n' "$pattern"; fi
done >> "$at/exclude"
mv -f "$at/exclude" "$dir/info/exclude"
rm -rf "$at"
`;

export const excludeCommand = (workspace: string, list: string): readonly string[] => [
  ...['sh', '-c', SCRIPT, 'swarm-leave-out', workspace, list],
];
