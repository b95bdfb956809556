import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { bed, KINDS, needs, optionsFor, processesWith, startsWithin } from './testing.ts';

/** Set by the shell, and by container engines. */
const OF_OTHERS = ['PWD', 'HOSTNAME', 'TERM', 'container'];

/** What every provider does alike. */
for (const provider of KINDS) {
  describe(`a command under ${provider}`, await needs(provider), () => {
    test('works in its workspace, and its exit code is told', async (t) => {
      const { sh, open, workspace } = await bed(t, provider);
      const result = await sh('echo made > file; pwd; exit 3');
      assert.deepEqual([result.end, result.exitCode], ['exited', 3]);
      assert.equal(result.output, `${(await open()).workspace}\n`);
      assert.equal(await readFile(join(workspace, 'file'), 'utf8'), 'made\n');
    });

    test('has an environment built from nothing', async (t) => {
      process.env.SWARM_TEST_SECRET = 'sk-very-secret';
      t.after(() => delete process.env.SWARM_TEST_SECRET);
      const { run } = await bed(t, provider);
      const { output } = await run(['env'], { env: { GIVEN: 'a b=c' } });
      const names = output
        .trim()
        .split('\n')
        .map((line) => line.split('=')[0])
        .toSorted();
      const given = ['GIVEN', 'HOME', 'LANG', 'PATH', 'SWARM_STATE_KEY', 'SWARM_TASK_KEY', 'TMPDIR'];
      const expected =
        provider !== 'bubblewrap' ? given : ['ASAN_OPTIONS', ...given, 'LSAN_OPTIONS'].toSorted();
      assert.deepEqual(
        names.filter((name) => !OF_OTHERS.includes(name!)),
        expected,
      );
      assert.match(output, /^GIVEN=a b=c$/m);
    });

    test('has a home and a temporary folder of its own, and nothing of them is left', async (t) => {
      const { sh, workspace } = await bed(t, provider);
      const result = await sh(
        'ls -A "$HOME" "$TMPDIR" | grep -v : ; echo x > "$HOME/x"; echo y > "$TMPDIR/y" && echo fine',
      );
      assert.equal(result.output.trim(), 'fine');
      assert.deepEqual(await readdir(dirname(workspace)), ['w1']);
      assert.deepEqual(await readdir(workspace), []);
    });

    test('finds the programs in its home, after all others', async (t) => {
      const { workspace, folder, open } = await bed(t, provider);
      const home = join(folder, 'workspaces', 'w1.home');
      await mkdir(join(home, '.local/bin'), { recursive: true });
      for (const name of ['shoptool', 'ls'])
        await writeFile(join(home, '.local/bin', name), `#!/bin/sh\necho own ${name}\n`, { mode: 0o755 });
      const room = await open({ workspace, home });
      const limits = { wallMs: 20_000, outputBytes: 10_000 };
      const argv = ['sh', '-c', 'shoptool; ls'];
      const { output } = await room.run({ name: 'w1', argv, env: {}, network: 'none', limits });
      await room.close();
      assert.equal(output, 'own shoptool\n');
    });

    test('gets none of the descriptors swarm itself was started with', async (t) => {
      const { folder, workspace } = await bed(t, provider);
      const spec = { name: 'd', workspace, readOnly: [], readWrite: [], env: {}, network: 'none' };
      const program = `
        import { runIn, sandboxOfKind } from ${JSON.stringify(join(import.meta.dirname, 'testing.ts'))};
        const sandbox = sandboxOfKind('${provider}', ${JSON.stringify(optionsFor(folder))});
        const result = await runIn(sandbox, { ...${JSON.stringify(spec)},
          limits: { wallMs: 5000, outputBytes: 1000 },
          argv: ['sh', '-c', 'readlink /proc/self/fd/4 /proc/self/fd/99; echo end'] });
        process.stdout.write(result.output);`;
      const argv = [process.execPath, '--conditions=swarm-src', '--input-type=module', '-e', program];
      const script = 'exec 4</etc/passwd 99</etc/passwd; exec "$@"';
      const said = execFileSync('bash', ['-c', script, 'bash', ...argv], { encoding: 'utf8' });
      assert.match(said, /end\n$/);
      assert.doesNotMatch(said, /passwd/);
    });

    test('reads an empty stdin', async (t) => {
      const { run } = await bed(t, provider);
      assert.equal((await run(['wc', '-c'])).output.trim(), '0');
    });

    test('that is missing cannot run, and the output says which and where it was looked for', async (t) => {
      const { run } = await bed(t, provider);
      const result = await run(['no-such-program']);
      assert.equal(result.end, 'cannot-run');
      assert.match(
        result.output,
        /^cannot run no-such-program: no program no-such-program on PATH \(.*\/usr\/bin/,
      );
      assert.equal((await run(['./gone.sh'])).end, 'cannot-run');
      assert.equal((await run([])).end, 'cannot-run');
    });

    test('that itself ends with 127 has run', async (t) => {
      const { sh } = await bed(t, provider);
      const result = await sh('no-such-program');
      assert.deepEqual([result.end, result.exitCode], ['exited', 127]);
    });

    test('with a mount that is not there cannot run, and the mount is named', async (t) => {
      const { run } = await bed(t, provider);
      const result = await run(['true'], { readOnly: [{ host: '/no/such/folder', inside: '/data' }] });
      assert.equal(result.end, 'cannot-run');
      assert.match(result.output, /the mount \/no\/such\/folder, to be shown at \/data, does not exist/);
    });

    test('over its time dies with its children, those that left its session too', async (t) => {
      const { sh, folder } = await bed(t, provider);
      const word = `${folder}-marker`;
      const script = `trap '' TERM; setsid sh -c 'trap "" TERM; sleep 60; : ${word}' & echo up; sleep 60; : ${word}`;
      const result = await sh(script, { limits: { wallMs: startsWithin(provider), outputBytes: 1000 } });
      assert.deepEqual([result.end, result.exitCode, result.output], ['timeout', undefined, 'up\n']);
      assert.ok(result.durationMs < startsWithin(provider) + 30_000, `took ${result.durationMs} ms`);
      assert.deepEqual(await processesWith(word), []);
    });

    test('that ends and leaves a daemon holding its output keeps nobody waiting, and the daemon dies', async (t) => {
      const { sh, folder } = await bed(t, provider);
      const word = `${folder}-daemon`;
      const result = await sh(`setsid sh -c 'sleep 60; : ${word}' & echo done`);
      assert.deepEqual([result.end, result.output], ['exited', 'done\n']);
      assert.ok(result.durationMs < 30_000, `took ${result.durationMs} ms`);
      assert.deepEqual(await processesWith(word), []);
    });

    test('that floods is stopped at its limit, the beginning and the end kept', async (t) => {
      const { run } = await bed(t, provider);
      let lines = 0;
      const before = process.memoryUsage().rss;
      const limits = { wallMs: 300_000, outputBytes: 50_000_000 };
      const result = await run(['yes', 'flood'], {
        limits,
        onLine: () => {
          lines += 1;
        },
      });
      assert.equal(result.end, 'output-limit');
      assert.ok(result.output.length < 70_000);
      assert.match(result.output, /bytes left out/);
      assert.ok(lines > 8_000_000, `${lines} lines`);
      assert.ok(process.memoryUsage().rss - before < 150_000_000, 'memory stays flat');
    });

    test('is aborted at once, and not even started when that came first', async (t) => {
      const { sh } = await bed(t, provider);
      const controller = new AbortController();
      const running = sh('echo up; sleep 60', {
        signal: controller.signal,
        onLine: () => controller.abort(),
      });
      assert.deepEqual([(await running).end, (await running).output], ['aborted', 'up\n']);
      const late = await sh('echo up', { signal: controller.signal });
      assert.deepEqual([late.end, late.output], ['aborted', '']);
    });

    test('killed by a signal that was not ours is told from one that failed', async (t) => {
      const { sh } = await bed(t, provider);
      // Of a shell that is not the first process: that one no signal of its own can end.
      assert.deepEqual((await sh(`sh -c 'kill -9 $$'; exit $?`)).end, 'killed');
    });

    test('may print anything: lines come whole, bytes that are no text are replaced', async (t) => {
      const { sh } = await bed(t, provider);
      const lines: string[] = [];
      const onLine = (stream: string, line: string) => lines.push(`${stream} ${line}`);
      const result = await sh(
        "printf 'a\\303'; sleep 0.05; printf '\\244b\\n\\377\\376\\n'; printf 'last' >&2",
        { onLine },
      );
      assert.deepEqual(lines.toSorted(), ['stderr last', 'stdout aäb', 'stdout \uFFFD\uFFFD']);
      assert.equal(result.output, 'aäb\n\uFFFD\uFFFD\nlast');
    });
  });
}
