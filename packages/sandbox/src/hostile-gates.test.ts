/** Twelve gates nobody should have to trust: each ends by itself or is ended, says why, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, test } from 'node:test';
import type { SandboxLimits, SandboxResult } from '@swarm/core/ports/running';
import { createSandbox } from './sandbox.ts';
import { type Bed, bed, KINDS, needs, optionsFor, processesWith, runIn } from './testing.ts';

const MIB = 1024 ** 2;
const NODE = { host: process.execPath, inside: '/opt/node' };

interface Hostile {
  /** `MARK` stands for a word by which its processes are found. */
  readonly script: string;
  readonly limits?: Partial<SandboxLimits>;
  readonly gives: Partial<SandboxResult>;
  /** Only a namespace keeps it from this. */
  readonly onlyContained?: true;
}

const GATES: Readonly<Record<string, Hostile>> = {
  'hangs is stopped at its time': {
    script: 'sleep 600; : MARK',
    limits: { wallMs: 300 },
    gives: { end: 'timeout' },
  },
  'forks without end is killed for its processes': {
    script: 'while :; do sh -c "sleep 600; : MARK" & sleep 0.002; done',
    limits: { processes: 40 },
    gives: { end: 'killed', limit: 'processes' },
  },
  'doubles with every fork is killed for its processes': {
    script: 'bomb() { sleep 0.1; bomb | bomb & bomb; }; bomb; : MARK',
    limits: { processes: 40 },
    gives: { end: 'killed', limit: 'processes' },
    onlyContained: true,
  },
  'leaves its session twice over, with an empty environment, takes nobody along': {
    script: `setsid sh -c 'env -i setsid sh -c "sleep 600; : MARK" &' & sleep 0.2; echo done`,
    gives: { end: 'exited', exitCode: 0 },
    onlyContained: true,
  },
  'fills the disk is killed for it': {
    script: 'while :; do head -c 8388608 /dev/zero >> big; done; : MARK',
    limits: { diskBytes: 64 * MIB },
    gives: { end: 'killed', limit: 'disk' },
  },
  'eats memory is killed for it': {
    script: 'tail /dev/zero; : MARK',
    limits: { memoryBytes: 128 * MIB },
    gives: { end: 'killed', limit: 'memory' },
  },
  'eats it with many small processes is killed for it': {
    script:
      'for i in 1 2 3 4 5 6 7 8; do (head -c 40m /dev/zero | tail -c 40m | sleep 600) & done; wait; : MARK',
    limits: { memoryBytes: 128 * MIB },
    gives: { end: 'killed', limit: 'memory' },
  },
  'eats it outside its session, its parent gone, is killed for it': {
    script: '(head -c 200m /dev/zero | setsid tail -c 200m | setsid sleep 600 &); sleep 600; : MARK',
    limits: { memoryBytes: 128 * MIB, wallMs: 10_000 },
    gives: { end: 'killed', limit: 'memory' },
  },
  'fills the folders in memory finds them full': {
    script:
      'for f in /tmp /dev/shm "$HOME"; do head -c 64m /dev/zero > $f/x && exit 9; rm $f/x; done; exit 0 # MARK',
    limits: { memoryBytes: 64 * MIB },
    gives: { end: 'exited', exitCode: 0 },
    onlyContained: true,
  },
  'writes to its home and temporary folder leaves nothing there': {
    script: 'echo MARK > "$HOME/.profile"; echo MARK > "$TMPDIR/x"',
    gives: { end: 'exited', exitCode: 0 },
  },
  'reads the terminal finds none': {
    script: '(read line < /dev/tty) 2>/dev/null && exit 9; read line && exit 9; exit 0 # MARK',
    gives: { end: 'exited', exitCode: 0 },
  },
  'ignores every signal it may is killed all the same': {
    script: `trap '' TERM INT HUP QUIT PIPE; while :; do sleep 1; : MARK; done`,
    limits: { wallMs: 300 },
    gives: { end: 'timeout' },
  },
  'prints without end is stopped at its limit': {
    script: 'yes MARK',
    limits: { outputBytes: 5_000_000 },
    gives: { end: 'output-limit' },
  },
  'rewrites its own repository changes nothing but its workspace': {
    script: 'mkdir -p .git/hooks; echo "exit 1" > .git/hooks/pre-commit; rm -rf .git; echo MARK > file',
    gives: { end: 'exited', exitCode: 0 },
  },
  'leaves a process in the background is over when it ends': {
    script: `nohup sh -c 'sleep 600; : MARK' > /dev/null 2>&1 & echo done`,
    gives: { end: 'exited', exitCode: 0 },
  },
};

for (const provider of KINDS.filter((kind) => kind !== 'elsewhere' && kind !== 'command')) {
  describe(`under ${provider} a gate that`, await needs(provider), () => {
    for (const [title, gate] of Object.entries(GATES)) {
      if (gate.onlyContained && provider === 'none') continue;
      test(title, async (t) => {
        const here = await bed(t, provider);
        const word = `${here.folder}-marker`;
        const limits = { wallMs: 60_000, outputBytes: 10_000_000, ...gate.limits };
        const result = await here.sh(gate.script.replaceAll('MARK', word), { limits });
        const { end, exitCode, limit } = result;
        assert.deepEqual(
          { end, exitCode, limit },
          { exitCode: undefined, limit: undefined, ...gate.gives },
          result.output,
        );
        await assertNothingLeft(here, word);
      });
    }
  });
}

/** No process, no file but in the workspace, and the next gate does not notice. */
async function assertNothingLeft({ sh, workspace }: Bed, word: string): Promise<void> {
  assert.deepEqual(await processesWith(word), []);
  assert.deepEqual(await readdir(dirname(workspace)), ['w1']);
  const next = await sh('ls -A "$HOME" "$TMPDIR" | grep -v : ; echo fine');
  assert.deepEqual([next.end, next.output.trim()], ['exited', 'fine']);
}

describe('two gates at once', await needs('bubblewrap'), () => {
  test('bind the same port, each in a network of its own', async (t) => {
    const { run } = await bed(t, 'bubblewrap');
    const program =
      "require('net').createServer().listen(8080, '127.0.0.1', () => setTimeout(process.exit, 300, 0))";
    const listen = (name: string) => run(['/opt/node', '-e', program], { name, readOnly: [NODE] });
    const both = await Promise.all([listen('a'), listen('b')]);
    assert.deepEqual(
      both.map((r) => r.exitCode),
      [0, 0],
      both[1]!.output,
    );
  });

  test('are bounded each by itself: one over its memory leaves the other running', async (t) => {
    const { run } = await bed(t, 'bubblewrap');
    const limits = { wallMs: 60_000, outputBytes: 1_000, memoryBytes: 128 * MIB };
    const [greedy, modest] = await Promise.all([
      run(['tail', '/dev/zero'], { name: 'a', limits }),
      run(['sh', '-c', 'sleep 1; echo fine'], { name: 'b', limits }),
    ]);
    assert.deepEqual([greedy.limit, modest.output], ['memory', 'fine\n']);
  });
});

test('bounds of the sandbox hold for commands that bring none', async (t) => {
  const { folder, workspace } = await bed(t, 'none');
  const sandbox = createSandbox({
    ...optionsFor(folder),
    provider: 'none',
    bounds: { memoryBytes: 64 * MIB },
  });
  const result = await runIn(sandbox, {
    name: 'w1',
    argv: ['tail', '/dev/zero'],
    workspace,
    readOnly: [],
    readWrite: [],
    env: {},
    network: 'none',
    limits: { wallMs: 60_000, outputBytes: 1_000 },
  });
  assert.deepEqual([result.end, result.limit], ['killed', 'memory']);
  assert.equal(result.output.trim(), 'killed: more than its limit of 64 MiB of memory');
});
