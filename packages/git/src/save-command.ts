/**
 * The command that saves an attempt's work from inside its sandbox. Everything that varies arrives as a
 * positional parameter; the script itself is constant.
 */
import type { Identity } from '@swarm/core/ports/git';

/**
 * `$1` message, `$2` workspace, `$3` intake, `$4` name, `$5` e-mail. The agent may have been killed in the middle
 * of a git command, in the middle of a merge, or have left markers: all of that is committed as it stands, and
 * the gate judges it. A lock is stale by then, since whoever held it is dead.
 */
const SCRIPT = `
cd "$2" || exit 1
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
g() {
  git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.excludesFile=/dev/null -c commit.gpgSign=false \\
    -c push.gpgSign=false -c gc.auto=0 -c maintenance.auto=false -c submodule.recurse=false \\
    -c push.recurseSubmodules=no -c safe.directory='*' -c user.name="$name" -c user.email="$email" "$@"
}
name=$4 email=$5
dir=$(g rev-parse --absolute-git-dir) || exit 1
find "$dir" -name '*.lock' -type f -exec rm -f {} +
g add -A --ignore-errors || echo 'swarm: some files could not be added' >&2
if [ -e "$dir/MERGE_HEAD" ] || ! g diff --cached --quiet --no-ext-diff; then
  g commit --quiet --no-verify --allow-empty --allow-empty-message -m "$1" || exit 1
fi
g push --quiet --no-verify --force -- "$3" HEAD:refs/heads/work
`;

export function saveCommand(
  ask: { readonly message: string; readonly workspace: string; readonly intake: string },
  identity: Identity,
): readonly string[] {
  const { message, workspace, intake } = ask;
  return ['sh', '-c', SCRIPT, 'swarm-save', message, workspace, intake, identity.name, identity.email];
}
