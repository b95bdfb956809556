/**
 * The shell script that saves an attempt's work. It is constant: everything that varies is a positional parameter.
 *
 * `$1` message, `$2` workspace, `$3` intake, `$4` name, `$5` e-mail, `$6` seconds since the epoch, or empty.
 *
 * The agent may have been killed in the middle of a git command, in the middle of a merge, or have left markers: all of
 * that is committed as it stands, and the gate judges it. A lock is stale by then, since whoever held it is dead.
 *
 * What git would leave out without a word is either taken or told: a save that could not take everything exits with 3.
 * - A repository inside the work tree: its files are taken and its `.git` is set aside, for git would keep a bare name
 *   of its commit, or nothing. A submodule that `.gitmodules` names stays one, and files put into its folder are told.
 * - Marks that hide changes (`assume-unchanged`, `skip-worktree` on a file that is there) are taken off.
 * - A submodule whose folder went, while `.gitmodules` still names it, was tidied away and not removed.
 * - Files that cannot be read are made readable, once.
 * Stat data are compared strictly here, whatever the clone says: the handover to another user made them stale.
 */
export const SAVE_SCRIPT = `
cd "$2" || exit 1
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
LC_ALL=C
export LC_ALL
message=$1 intake=$3 name=$4 email=$5 since=$6
tab=$(printf '\\t')
g() {
  git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.untrackedCache=false -c core.excludesFile=/dev/null \\
    -c core.checkStat=default -c core.trustctime=true -c core.sparseCheckout=false -c core.quotePath=false \\
    -c core.symlinks=true -c commit.gpgSign=false -c push.gpgSign=false -c gc.auto=0 -c maintenance.auto=false \\
    -c submodule.recurse=false -c push.recurseSubmodules=no -c safe.directory='*' \\
    -c user.name="$name" -c user.email="$email" --literal-pathspecs "$@"
}
told() { printf 'swarm-save %s %s\\n' "$1" "$2"; }
lost=0
lose() { lost=1; told left-out "$1"; }

dir=$(g rev-parse --absolute-git-dir) || exit 1
find "$dir" -name '*.lock' -type f -exec rm -f {} +

# Paths with a control character or a quote come quoted: one of those is told, not taken.
submodules() { g config -z -f .gitmodules --get-regexp '^submodule[.].*[.]path$' 2>/dev/null | tr '\\0' '\\n'; }
is_submodule() { submodules | grep -qxF -e "$1"; }
is_linked() {
  [ -f "$1/.git" ] || return 1
  case $(head -c 4096 "$1/.git") in "gitdir: $dir/worktrees/"*) return 0 ;; *) return 1 ;; esac
}
# A work tree of this very repository: what was merged from it is here already.
leave_linked() {
  skipped="$skipped$1
"
  if g merge-base --is-ancestor "$(g -C "$1" rev-parse --verify -q HEAD)" HEAD 2>/dev/null \\
    && [ -z "$(g -C "$1" status --porcelain 2>&1)" ]; then return; fi
  lose "$1: is a work tree of its own, and what is in it was not merged"
}
unwrap() {
  nested=$((nested + 1))
  mkdir -p "$dir/swarm-nested"
  if mv -- "$1/.git" "$dir/swarm-nested/$nested"; then
    told took "$1"
    g rm --cached -q --ignore-unmatch -- "$1"
    again=1
  else lose "$1: is a repository of its own that cannot be taken apart"; fi
}
look_at() {
  case $skipped in *"
$1
"*) return ;; esac
  if is_linked "$1"; then leave_linked "$1"; else unwrap "$1"; fi
}
hidden() { sed -n "s/^$1 [^$tab]*$tab//p"; }
here() { while IFS= read -r at; do case $at in '"'*) echo "$at" ;; *) [ ! -e "$at" ] || echo "$at" ;; esac; done; }

nested=0 again=1 skipped='
'
while [ $again = 1 ]; do
  again=0
  odd=$(g ls-files -v --stage --others --exclude-standard | grep -E '^[a-zS] |^. 160000 |^[?] .*/"?$') || break
  printf '%s\\n' "$odd" | hidden '[a-z]' | g update-index --no-assume-unchanged --stdin
  printf '%s\\n' "$odd" | hidden '[sS]' | here | g update-index --no-skip-worktree --stdin
  while IFS= read -r line; do
    case $line in
      '? "'* | ?' 160000 '*"$tab\\""*) lose "\${line#??}: is a repository of its own, and its name cannot be used" ;;
      '? '*) at=\${line#??} && look_at "\${at%/}" ;;
      ?' 160000 '*)
        at=\${line#*"$tab"}
        if [ -e "$at/.git" ]; then
          is_submodule "$at" || look_at "$at"
        elif [ -d "$at" ] && [ -n "$(ls -A -- "$at")" ]; then
          if is_submodule "$at"; then lose "$at: is a submodule, and files of its folder are not kept here"
          else g rm --cached -q -- "$at" && again=1; fi
        fi ;;
    esac
  done <<ODD
$odd
ODD
done

add() { g add -A --ignore-errors 2>&1 >/dev/null; }
said=$(add) || case $said in
  *'Permission denied'*)
    find . -path ./.git -prune -o ! -type l ! -perm -u+r -exec chmod u+rwX {} \\; 2>/dev/null
    said=$(add) ;;
esac
case $said in *'could not open directory'*)
  find . -path ./.git -prune -o -type d ! -perm -u+rx -exec chmod u+rwx {} \\; 2>/dev/null
  said=$(add) ;;
esac
if [ -n "$said" ]; then
  refused=$(printf '%s\\n' "$said" | sed -n -e 's/^error: //p' -e 's/^fatal: //p' -e 's/^warning: could/could/p')
  if [ -n "$refused" ]; then
    lost=1
    printf '%s\\n' "$refused" | head -n 20 | sed 's/^/swarm-save left-out /'
  fi
fi
if [ -n "\${skipped#?}" ]; then
  printf '%s' "\${skipped#?}" | while IFS= read -r at; do g rm --cached -q --ignore-unmatch -- "$at"; done
fi
if [ -f .gitmodules ]; then
  g diff --cached --raw --no-abbrev --no-renames --diff-filter=D --no-ext-diff | sed -n 's/^:160000 [0-7]* //p' |
    while IFS= read -r line; do
      at=\${line#*"$tab"}
      ! is_submodule "$at" || g update-index --add --cacheinfo "160000,\${line%% *},$at"
    done
fi

if [ -e "$dir/MERGE_HEAD" ] || ! g diff --cached --quiet --no-ext-diff; then
  g commit --quiet --no-verify --allow-empty --allow-empty-message -m "$message" || exit 1
fi
g push --quiet --no-verify --force -- "$intake" HEAD:refs/heads/work || exit 1

if [ -n "$since" ] && touch -d "@$since" "$dir/swarm-since" 2>/dev/null; then
  g ls-files --others --ignored --exclude-standard --directory | head -n 200 | while IFS= read -r at; do
    case $at in '"'* | node_modules/ | */node_modules/) continue ;; esac
    find "./$at" -name node_modules -prune -o -type f -newer "$dir/swarm-since" -print 2>/dev/null | head -n 3
  done | head -n 20 | sed 's/^[.]\\//swarm-save ignored /'
fi
[ $lost = 0 ] || exit 3
`;
