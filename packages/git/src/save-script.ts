/** Pinned on the command line, which wins over whatever the clone says. */
const GIT = `git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.untrackedCache=false \\
    -c core.excludesFile=/dev/null -c core.checkStat=default -c core.trustctime=true -c core.sparseCheckout=false \\
    -c core.quotePath=false -c core.symlinks=true -c commit.gpgSign=false -c gc.auto=0 -c maintenance.auto=false \\
    -c submodule.recurse=false -c safe.directory='*' -c user.name="$name" -c user.email="$email" --literal-pathspecs`;

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
 *   of its commit, or nothing. A submodule that `.gitmodules` names stays one, and changes to its files are told.
 * - Marks that hide changes (`assume-unchanged`, `skip-worktree` on a file that is there) are taken off.
 * - A submodule of the base whose folder went, while `.gitmodules` still names it, was tidied away and not removed, also
 *   where an agent committed that.
 * - Files that cannot be read are made readable, once.
 * - Of a work tree of some folders, what was not checked out and is gone all the same: it was never seen, so that its
 *   removal is no work. It stays, and is told.
 * Stat data are compared strictly here, whatever the clone says: the handover to another user made them stale.
 *
 * Every program costs more than what it does here, so that the shell does itself what it can, and what is rare is looked
 * for before a program is started for it. `gx` ends as git: in `$(…)` that is one process, and not two.
 *
 * New objects stay in the clone when it had none of its own before: ingest finds them there, each as a file. Otherwise
 * what is new in the work goes into the intake as a pack, without what an agent added and dropped again.
 */
export const SAVE_SCRIPT = `
cd "$2" || exit 1
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
LC_ALL=C GIT_CEILING_DIRECTORIES=\${2%/*}
export LC_ALL GIT_CEILING_DIRECTORIES
message=$1 intake=$3 name=$4 email=$5 since=$6
tab='\t'
nl='
'
g() { ${GIT} "$@"; }
gx() { exec ${GIT} "$@"; }
told() { printf 'swarm-save %s %s\\n' "$1" "$2"; }
lost=0
lose() { lost=1; told left-out "$1"; }
any() { for at do [ ! -e "$at" ] || return 0; done; return 1; }

if [ -d .git ] && [ ! -L .git ]; then dir=$2/.git
else dir=$(gx rev-parse --absolute-git-dir) || exit 1; fi
if any "$dir"/*.lock "$dir"/*/*.lock "$dir"/*/*/*.lock "$dir"/*/*/*/*.lock "$dir"/refs/*/*/*/*/ "$dir"/modules/*; then
  find "$dir" -name '*.lock' -type f -exec rm -f {} +
fi
# Whether the clone has objects of its own, or borrows any but the hub's.
owned=1
lender="$dir/objects/info/alternates"
if [ "$dir" = "$2/.git" ] && [ ! -L .git ] && [ -f "$lender" ] && read -r hub <"$intake/objects/info/alternates" \\
  && { read -r one && [ "$one" = "$hub" ] && ! read -r one; } <"$lender" \\
  && ! any "$dir"/objects/??/* "$dir"/objects/pack/*; then owned=0; fi

# Paths with a control character or a quote come quoted: one of those is told, not taken.
submodules() { g config -z -f .gitmodules --get-regexp '^submodule[.].*[.]path$' 2>/dev/null | tr '\\0' '\\n'; }
is_submodule() { submodules | grep -qxF -e "$1"; }
# Whether a submodule's folder still holds what was put there, and nothing else that its own rules do not ignore.
as_put() {
  put=$dir/swarm-submodules
  [ -f "$put/$1.index" ] || return 1
  find "$put/$1.index" "$put/$1" -name '*.index' -type f 2>/dev/null | (
    export GIT_INDEX_FILE
    while IFS= read -r GIT_INDEX_FILE; do
      of=\${GIT_INDEX_FILE#"$put/"}
      of_it() { g -C "\${of%.index}" --git-dir="$dir" --work-tree=. "$@"; }
      of_it update-index --refresh >/dev/null 2>&1 && [ -z "$(of_it ls-files --others --exclude-standard)" ] || exit 1
    done
  )
}
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
untangle() {
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
          if is_submodule "$at"; then
            as_put "$at" || lose "$at: is a submodule, and changes to files of its folder are not kept here"
          else g rm --cached -q -- "$at" && again=1; fi
        fi ;;
    esac
  done <<ODD
$odd
ODD
done
}
# Also compares every file whose stat data are stale, once: \`add\` would write each of them as a new object, because what
# the hub has already cannot be touched from here.
look() {
  gx -c status.renames=false status --porcelain --ignored=traditional --untracked-files=normal --ignore-submodules=all
}
seen=$(look) || seen=

# The same four, looked for without a program. A path may look like one of them: then nothing is found above.
every=$(gx ls-files -v --stage --others --exclude-standard) || exit 1
case $nl$every$nl in *"$nl"[a-zS]' '* | *' 160000 '* | */"$nl"* | *'/"'"$nl"*)
  untangle
  seen=$(look) || seen= ;;
esac
every=

add() { gx add -A --ignore-errors 2>&1 >/dev/null; }
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
  base=HEAD
  [ ! -f "$intake/refs/heads/known-0" ] || read -r base <"$intake/refs/heads/known-0" || exit 1
  g diff --cached --raw --no-abbrev --no-renames --diff-filter=D --no-ext-diff "$base" | sed -n 's/^:160000 [0-7]* //p' |
    while IFS= read -r line; do
      at=\${line#*"$tab"}
      ! is_submodule "$at" || g update-index --add --cacheinfo "160000,\${line%% *},$at"
    done
fi

# What was checked out, as swarm wrote it down where no agent can: "+folder" with all below, "=folder" with its own files.
was_here() {
  while IFS= read -r one; do
    case $one in
      "=\${1%/*}") case $1 in */*) return ;; esac ;;
      =) case $1 in */*) ;; *) return ;; esac ;;
      +*) case $1 in "\${one#+}"/*) return ;; esac ;;
    esac
  done <"$intake/swarm-cone"
  return 1
}
if [ -f "$intake/swarm-cone" ]; then
  read -r base <"$intake/refs/heads/known-0" || exit 1
  unseen=$(g diff --cached --raw --no-abbrev --no-renames --diff-filter=D --no-ext-diff "$base" |
    while IFS= read -r line; do
      at=\${line#*"$tab"} mode=\${line%% *} line=\${line#* * }
      was_here "$at" || printf '%s %s\\t%s\\n' "\${mode#:}" "\${line%% *}" "$at"
    done) || exit 1
  if [ -n "$unseen" ]; then
    printf '%s\\n' "$unseen" | g update-index --index-info || exit 1
    lost=1
    printf '%s\\n' "$unseen" | head -n 20 | while IFS= read -r line; do
      told left-out "\${line#*"$tab"}: was not checked out here, so that its removal is not taken"
    done
  fi
fi

commit() { g commit --quiet --no-verify --allow-empty-message --untracked-files=no -m "$message" "$@" >/dev/null; }
if [ -e "$dir/MERGE_HEAD" ]; then commit --allow-empty || exit 1
elif ! commit; then g diff --cached --quiet --no-ext-diff || exit 1; fi

# HEAD as git writes it; whatever else it is, git is asked.
plain_head() {
  [ -f "$dir/HEAD" ] && read -r head <"$dir/HEAD" || return 1
  case $head in
    'ref: refs/heads/'*) [ -f "$dir/\${head#ref: }" ] && read -r head <"$dir/\${head#ref: }" || return 1 ;;
  esac
  case $head in '' | *[!0-9a-f]*) return 1 ;; esac
}
plain_head || head=$(gx rev-parse --verify -q HEAD) || exit 1
known= is_known=0
for at in "$intake"/refs/heads/known-*; do
  read -r one <"$at" || exit 1
  known="$known^$one$nl"
  [ "$one" != "$head" ] || is_known=1
done
# Beside the clone's own objects and then copied: git makes a pack there, and cannot rename it into another mount.
pack() {
  gx pack-objects --revs -q --non-empty --no-use-bitmap-index "$dir/pack" <<REVS
$head
$known
REVS
}
if [ $is_known = 0 ] && { [ $owned = 1 ] || any "$dir"/objects/pack/*; }; then
  made=$(pack) || exit 1
  [ -z "$made" ] || cp -f "$dir/pack-$made.pack" "$dir/pack-$made.idx" "$intake/objects/pack/" || exit 1
fi
[ ! -L "$intake/refs/heads/work" ] || exit 1
echo "$head" >"$intake/refs/heads/work" || { rm -f "$intake/refs/heads/work"; exit 1; }

# Names with blanks come in quotes, and those with more than blanks with a backslash too: those are not told.
ignored() {
  count=0
  while IFS= read -r at && [ $count -lt 200 ]; do
    case $at in
      '!! node_modules/' | '!! '*/node_modules/ | '!! '*'\\'*) continue ;;
      '!! "'*) at=\${at#????} at=\${at%?} ;;
      '!! '*) at=\${at#???} ;;
      *) continue ;;
    esac
    count=$((count + 1))
    find "./$at" -name node_modules -prune -o -type f -newer "$dir/swarm-since" -print 2>/dev/null | head -n 3
  done <<SEEN
$seen
SEEN
}
if [ -n "$since" ]; then
  case $nl$seen in *"$nl!! "*)
    if touch -d "@$since" "$dir/swarm-since" 2>/dev/null; then
      ignored | head -n 20 | sed 's/^[.]\\//swarm-save ignored /'
    fi ;;
  esac
fi
[ $lost = 0 ] || exit 3
`;
