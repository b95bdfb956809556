/** Which programs a command line starts, as far as that can be told without a shell. */

/** Stand before a command, and are none. */
const BEFORE = new Set([
  '!',
  '{',
  '(',
  'if',
  'then',
  'else',
  'elif',
  'while',
  'until',
  'do',
  'exec',
  'time',
  'env',
  'command',
  'nice',
]);
/** The shell's own, and words that begin no command. */
const BUILTIN = new Set([
  ...[
    'cd',
    'test',
    '[',
    '[[',
    'echo',
    'printf',
    'true',
    'false',
    ':',
    '.',
    'source',
    'eval',
    'exit',
    'return',
  ],
  ...[
    'export',
    'set',
    'unset',
    'read',
    'shift',
    'trap',
    'type',
    'ulimit',
    'umask',
    'wait',
    'for',
    'case',
    'in',
  ],
  ...['esac', 'fi', 'done', '}', ')', 'function', 'local', 'alias', 'kill', 'jobs', 'pwd', 'hash', 'getopts'],
]);
const PROGRAM = /^[A-Za-z0-9][\w.+-]{0,63}$/;
const MOST = 20;

/** Names that a shell would look up on PATH, each once. What is named by a path, a variable or in quotes is left out. */
export function programsIn(command: string): readonly string[] {
  const plain = command.slice(0, 10_000).replaceAll(/'[^']*'|"(?:[^"\\]|\\.)*"/g, "''");
  const found = plain
    .split(/&&|\|\||[;|&\n]|\$\(|`/)
    .flatMap((part) => firstProgram(part.trim().split(/\s+/)));
  return [...new Set(found)].slice(0, MOST);
}

function firstProgram(words: readonly string[]): readonly string[] {
  const first = words.find((word) => word !== '' && !BEFORE.has(word) && !/^\w+=/.test(word));
  return first !== undefined && PROGRAM.test(first) && !BUILTIN.has(first) ? [first] : [];
}

/** Whether a setup puts programs of its own where gates find them. */
export const bringsPrograms = (setup: string): boolean =>
  /\$HOME|\$\{HOME\}|~\/|--global\b|\s-g\b|--user\b|\bcorepack\b|\bpipx\b/.test(setup);
