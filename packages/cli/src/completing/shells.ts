/** The words as a script each shell loads. Every word in it is ours: letters, digits and dashes. */
import type { CommandWords, FlagWords, Values } from './words.ts';

/**
 * What is asked while somebody types, quietly: ids of the newest run's tasks, and of the runs. Let through only in
 * the shape of ids: shells expand the words they are offered, and anybody may have chosen a folder's name.
 */
const TASKS = `swarm tasks --json 2>/dev/null | sed -n 's/^    "id": "\\(t[0-9]*\\)".*/\\1/p'`;
const RUNS = `swarm runs --json 2>/dev/null | sed -n 's/^    "run": "\\(r-[0-9]*-[a-z0-9]*\\)".*/\\1/p'`;

export type Shell = 'bash' | 'zsh' | 'fish';

export function completionScript(shell: Shell, commands: readonly CommandWords[]): string {
  return { bash, zsh, fish }[shell](commands);
}

// ───────────── bash and zsh: one shape, two ways to offer words ─────────────

interface Dialect {
  /** Statement that offers these words. */
  readonly offer: (words: string) => string;
  readonly offerFiles: string;
}

const BASH: Dialect = {
  offer: (words) => `COMPREPLY=($(compgen -W "${words}" -- "$cur"))`,
  offerFiles: 'COMPREPLY=($(compgen -f -- "$cur"))',
};
const ZSH: Dialect = { offer: (words) => `compadd -- ${words}`, offerFiles: '_files' };

const bash = (commands: readonly CommandWords[]): string => `# swarm for bash: source <(swarm completion bash)
_swarm() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] || { command=$word; break; }
  done
${cases(commands, BASH)}
}
complete -o bashdefault -F _swarm swarm
`;

const zsh = (commands: readonly CommandWords[]): string => `#compdef swarm
# swarm for zsh: source <(swarm completion zsh)
_swarm() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT-1]} command= word
  for word in \${words[2,CURRENT-1]}; do
    [[ $word == -* ]] || { command=$word; break; }
  done
${cases(commands, ZSH)}
}
(( $+functions[compdef] )) || { autoload -U compinit && compinit }
compdef _swarm swarm
`;

function cases(commands: readonly CommandWords[], dialect: Dialect): string {
  const values = commands.flatMap(({ name, flags }) =>
    flags.flatMap((flag) =>
      flag.values ? [`    "${name} ${flag.long}") ${offer(flag.values, dialect)}; return ;;`] : [],
    ),
  );
  const flags = commands.map(
    ({ name, flags }) => `      ${name}) ${dialect.offer(flags.map((f) => f.long).join(' '))} ;;`,
  );
  const rest = commands.map(({ name, values }) => `      ${name}) ${offer(values, dialect)} ;;`);
  return `  case "$command $prev" in
${values.join('\n')}
  esac
  if [[ $cur == -* && -n $command ]]; then
    case $command in
${flags.join('\n')}
    esac
  elif [[ -z $command ]]; then
    ${dialect.offer(commands.map((command) => command.name).join(' '))}
  else
    case $command in
${rest.join('\n')}
    esac
  fi`;
}

function offer(values: Values, dialect: Dialect): string {
  switch (values.kind) {
    case 'words':
      return dialect.offer(values.words.join(' '));
    case 'tasks':
      return dialect.offer(`$(${TASKS})`);
    case 'runs':
      return dialect.offer(`$(${RUNS})`);
    case 'files':
      return dialect.offerFiles;
    case 'anything':
      return ':';
  }
}

// ───────────── fish: one line for each word ─────────────

const fish = (commands: readonly CommandWords[]): string => {
  const seen = (name: string): string => `-n '__fish_seen_subcommand_from ${name}'`;
  const lines = commands.flatMap(({ name, about, flags, values }) => [
    `complete -c swarm -n __fish_use_subcommand -a ${name} -d ${quoted(about)}`,
    ...flags.map((flag) => fishFlag(seen(name), flag)),
    ...fishValues(values).map((words) => `complete -c swarm ${seen(name)} -a ${words}`),
  ]);
  return `# swarm for fish: swarm completion fish | source\ncomplete -c swarm -f\n${lines.join('\n')}\n`;
};

function fishFlag(seen: string, { long, short, about, values }: FlagWords): string {
  const names = [`-l ${long.slice(2)}`, ...(short ? [`-s ${short.slice(1)}`] : [])].join(' ');
  const takes = values === undefined ? '' : values.kind === 'files' ? ' -r -F' : ' -x';
  const words = values ? fishValues(values).map((list) => ` -a ${list}`) : [];
  return `complete -c swarm ${seen} ${names}${takes}${words.join('')} -d ${quoted(about)}`;
}

function fishValues(values: Values): string[] {
  if (values.kind === 'words') return [quoted(values.words.join(' '))];
  if (values.kind === 'tasks') return [quoted(`(${TASKS})`)];
  return values.kind === 'runs' ? [quoted(`(${RUNS})`)] : [];
}

/** Between single quotes fish reads a backslash and a quote as they are told to be. */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
