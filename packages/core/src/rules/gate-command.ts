/** What a gate's shell command runs of the repository's own: scripts of manifests, and files. Read, never run. */

export interface GateParts {
  /** Names of scripts in a package.json, such as `test`. */
  readonly scripts: readonly string[];
  /** Files it runs by name, relative to the top. */
  readonly files: readonly string[];
  /** Programs it starts, without folders: `npm`, `make`. */
  readonly programs: readonly string[];
}

const MANAGERS = new Set(['npm', 'pnpm', 'yarn', 'bun']);
const RUNNERS = new Set(['turbo', 'nx', 'lerna']);
const INTERPRETERS = new Set([
  'sh',
  'bash',
  'dash',
  'zsh',
  'node',
  'python',
  'python3',
  'ruby',
  'perl',
  'tsx',
]);
/** Words that stand before the program a command really starts. */
const BEFORE = /^(?:[A-Za-z_][A-Za-z0-9_]*=.*|env|exec|time|npx|command|!|then|do|if|else|while|\{|\()$/;
/** Options of interpreters after which the next word is no script. */
const NO_FILE = new Set(['--test', '--run', '-m']);
const RUN = new Set(['run', 'run-script', 'rum']);
const SHORT: Readonly<Record<string, string>> = {
  t: 'test',
  tst: 'test',
  it: 'test',
  cit: 'test',
  'install-test': 'test',
};

/** By words only: what a variable or a substitution stands for is not known here. */
export function gateParts(command: string): GateParts {
  const scripts = new Set<string>();
  const files = new Set<string>();
  const programs = new Set<string>();
  for (const segment of command.split(/&&|\|\||[;|&\n]/)) {
    const words = wordsOf(segment);
    while (words[0] !== undefined && BEFORE.test(words[0])) words.shift();
    const [first, ...rest] = words;
    if (first === undefined) continue;
    const program = first.slice(first.lastIndexOf('/') + 1);
    programs.add(program);
    if (first.includes('/')) files.add(plain(first));
    for (const name of scriptsOf(program, rest)) scripts.add(name);
    if (INTERPRETERS.has(program)) for (const file of scriptFile(rest)) files.add(plain(file));
  }
  return { scripts: [...scripts], files: [...files], programs: [...programs] };
}

const wordsOf = (segment: string): string[] =>
  (segment.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? []).map((word) => word.replace(/^["']|["']$/g, ''));

const plain = (path: string): string => path.replace(/^(?:\.\/)+/, '');

/** Every word that may be a script's name: options take values, so that one too many is better than one too few. */
function scriptsOf(program: string, words: readonly string[]): readonly string[] {
  if (program === 'node') return words.flatMap((word, i) => (word === '--run' ? [words[i + 1] ?? ''] : []));
  if (!MANAGERS.has(program) && !RUNNERS.has(program)) return [];
  const end = words.indexOf('--');
  const own = (end < 0 ? words : words.slice(0, end)).filter((word) => !word.startsWith('-'));
  return own.filter((word) => !RUN.has(word)).map((word) => SHORT[word] ?? word);
}

/** The first word that is no option; a program given as text, after `-c` or `-e`, has no file. */
function scriptFile(words: readonly string[]): readonly string[] {
  if (words.some((word) => /^-[a-z]*[ce]$/.test(word) || NO_FILE.has(word))) return [];
  const file = words.find((word) => !word.startsWith('-'));
  return file === undefined ? [] : [file];
}
