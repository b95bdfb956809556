/** Repositories for the landing bench: many files, and branches that each change another one. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

export const IDENTITY = { name: 'Swarm', email: 'swarm@example.invalid' };

const ENV = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: IDENTITY.name,
  GIT_AUTHOR_EMAIL: IDENTITY.email,
  GIT_COMMITTER_NAME: IDENTITY.name,
  GIT_COMMITTER_EMAIL: IDENTITY.email,
};

/** Plain git, waited for without keeping the event loop; throws with its words when it fails. */
export async function git(cwd: string, args: readonly string[]): Promise<string> {
  const child = spawn('git', args, { cwd, env: ENV, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  const complaints: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`git ${args.join(' ')}: ${Buffer.concat(complaints)}`);
  return Buffer.concat(said).toString().trimEnd();
}

/** A bare repository with `files` files on main and branches work/1 … work/<branches> made from it. */
export function makeOrigin(path: string, files: number, branches: number): void {
  execFileSync('git', ['init', '--quiet', '--bare', '-b', 'main', path], { env: ENV });
  const input = [
    commit(
      'refs/heads/main',
      'Base',
      '',
      range(files).map((n) => file(n, 'as it was')),
    ),
  ];
  for (const n of range(branches)) {
    const changed = file(Math.floor((n * files) / branches), `as branch ${n} has it`);
    input.push(commit(`refs/heads/work/${n + 1}`, `Change ${n + 1}`, 'from refs/heads/main\n', [changed]));
  }
  execFileSync('git', ['fast-import', '--quiet'], { cwd: path, env: ENV, input: input.join('') });
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

function commit(ref: string, message: string, from: string, changes: readonly string[]): string {
  const who = `committer ${IDENTITY.name} <${IDENTITY.email}> 1700000000 +0000`;
  return `commit ${ref}\n${who}\ndata ${message.length}\n${message}\n${from}${changes.join('')}\n`;
}

/** Three folders deep, forty files to a folder, some 1,600 bytes each. */
function file(n: number, line: string): string {
  const path = `part-${Math.floor(n / 1_600)}/folder-${Math.floor(n / 40) % 40}/file-${n % 40}.txt`;
  const text = `file ${n}\n${'a line that nobody changes\n'.repeat(58)}${line}\n`;
  return `M 100644 inline ${path}\ndata ${text.length}\n${text}\n`;
}
