/**
 * `pnpm screens`: runs the real program in tmux at several sizes, with titles that are long or wide, and writes what a
 * person sees at several moments into docs/screens.md. Needs tmux (3.3 or newer) and bubblewrap; takes two minutes.
 */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { asScript } from '../packages/cli/test/acceptance/script.ts';
import { World } from '../packages/cli/test/support/world.ts';
import { bundleProgram } from './bundle.ts';

const ROOT = join(import.meta.dirname, '..');
const SIZES = [
  [80, 24],
  [100, 30],
  [200, 50],
  [50, 20],
] as const;

/** What the screen shows when each moment has come, in the order in which they come. */
const MOMENTS = {
  setup: /^setup \d+s · /m,
  'gate on the base': /^gate on the base \d+s · /m,
  working: /^3 working · /m,
  'a gate that failed': /gate failed on l\d/,
  'the end': /^exit \d+$/m,
} as const;

const task = (id: string, title: string, seconds: number, text: string, more: object = {}) => ({
  id,
  title,
  scope: [`parts/${id}.txt`],
  description: `sleep ${seconds}; mkdir -p parts; echo ${text} > parts/${id}.txt`,
  ...more,
});
const TASKS = [
  task(
    'a',
    'Write the till so that it adds up what is in the basket, with the taxes of every country it is used in',
    3,
    'a',
  ),
  task(
    'b',
    '買い物かごの合計を計算するレジを実装し、税率と端数処理を国ごとに切り替えられるようにする',
    5,
    'b',
  ),
  task('c', '🚀🧾 Print receipts 👩‍💻 with emoji in every line 🎉🎉🎉 and a long tail 🛒🛒🛒', 4, 'broken'),
  task('d', 'Short one', 2, 'd', { dependsOn: ['a'] }),
];
const GATE = `sleep 2; ! grep -rl broken parts || { echo 'Error: a receipt is broken'; exit 1; }`;
const AFTERWARDS = ['status', 'tasks'];

const HEAD = `# What a person sees

Made by \`pnpm screens\` (\`scripts/screens.ts\`): the program as it is installed, in tmux, one run of four tasks with long and
wide titles, of which one breaks the gate. Each is the visible part of the terminal as \`tmux capture-pane -p\` gives it. Joined
emoji are shown apart, because not every terminal joins them. Lines that begin at the very left are names that are longer
than a line and stay whole; commands are left to the terminal to break, so that they can be copied.
`;

/** One run in a terminal of this size. */
async function screensOf(program: string, columns: number, rows: number): Promise<string[]> {
  const parts: string[] = [];
  await asScript(async (owner) => {
    const world = await World.with(owner, { 'README.md': 'shop\n' });
    await world.configure('[workers]\nmax = 3\nattempts = 1\npre_gate = false');
    const terminal = await Terminal.open(world, program, columns, rows);
    try {
      const words = await world.plan(TASKS, '--gate', GATE);
      words[words.indexOf('--setup') + 1] = 'sleep 3';
      await terminal.clear();
      terminal.type(`swarm ${words.map(quoted).join(' ')}; echo "exit $?"`);
      for (const [name, pattern] of Object.entries(MOMENTS))
        parts.push(named(name, await terminal.until(pattern)));
      for (const command of AFTERWARDS) {
        await terminal.clear();
        terminal.type(`swarm ${command}; echo "exit $?"`);
        parts.push(named(`\`swarm ${command}\``, await terminal.until(MOMENTS['the end'])));
      }
    } finally {
      terminal.close();
    }
  });
  return parts;
}

const named = (name: string, screen: string): string => `### ${name}\n\n\`\`\`text\n${screen}\n\`\`\``;
/** As long as the folder that it stands for: lines break where they broke. */
const HOME = '/home/somebody/market';
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** A shell in a tmux server of its own. */
class Terminal {
  readonly #server = `swarm-screens-${process.pid}`;
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  static async open(world: World, program: string, columns: number, rows: number): Promise<Terminal> {
    const bin = join(world.root, 'bin');
    await mkdir(bin);
    const start = `#!/bin/sh\nexec ${process.execPath} ${join(program, 'bin', 'swarm.cjs')} "$@"\n`;
    await writeFile(join(bin, 'swarm'), start);
    await chmod(join(bin, 'swarm'), 0o755);
    const { PATH, ...env } = world.environment({ TERM: 'xterm-256color', LANG: 'C.UTF-8', PS1: '' });
    const all = Object.entries({ ...env, PATH: `${bin}:${PATH}` }).map(([name, value]) => `${name}=${value}`);
    const terminal = new Terminal(world.root);
    const size = ['-x', String(columns), '-y', String(rows)];
    const shell = ['env', '-i', ...all, 'sh', '-c', 'stty -echo; exec sh'];
    terminal.#tmux('-u', '-f', '/dev/null', 'new-session', '-d', ...size, '-c', world.repository, ...shell);
    terminal.#tmux('set', '-g', 'status', 'off');
    return terminal;
  }

  type(line: string): void {
    this.#tmux('send-keys', '-l', line);
    this.#tmux('send-keys', 'Enter');
  }

  async clear(): Promise<void> {
    this.type('clear');
    await this.until(/^$/);
  }

  /** The screen, as soon as it shows this; throws after a minute. */
  async until(pattern: RegExp): Promise<string> {
    const over = performance.now() + 60_000;
    for (let screen = this.#screen(); ; screen = this.#screen()) {
      if (pattern.test(screen)) return screen;
      if (performance.now() > over) throw new Error(`no ${pattern} in a minute:\n${screen}`);
      await pause(100);
    }
  }

  #screen(): string {
    const shown = this.#tmux('capture-pane', '-p').replaceAll(this.#root, HOME);
    return shown.replaceAll(/[ \t]+$/gm, '').trimEnd();
  }

  #tmux = (...args: string[]): string =>
    execFileSync('tmux', ['-L', this.#server, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  close(): void {
    this.#tmux('kill-server');
  }
}

await asScript(async (owner) => {
  const home = await World.make(owner);
  const program = join(home.root, 'swarm');
  await bundleProgram(program);
  await writeFile(join(program, 'package.json'), '{"name":"swarm-cli","version":"0.0.0","type":"module"}');
  const parts: string[] = [];
  for (const [columns, rows] of SIZES) {
    console.log(`${columns} by ${rows}`);
    parts.push(`## ${columns} by ${rows}`, ...(await screensOf(program, columns, rows)));
  }
  await writeFile(join(ROOT, 'docs', 'screens.md'), `${HEAD}\n${parts.join('\n\n')}\n`);
});
