/** What every provider's rooms do alike, besides running one command. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import type { RoomCommand } from '@swarm/core/ports/running';
import { bed, KINDS, needs, processesWith } from './testing.ts';

const command = (name: string, script: string): RoomCommand => ({
  name,
  argv: ['sh', '-c', script],
  env: {},
  network: 'none',
  limits: { wallMs: 20_000, outputBytes: 1_000_000 },
});

for (const kind of KINDS) {
  describe(`a room under ${kind}`, await needs(kind), () => {
    test('lives: one command finds what another left in the workspace', async (t) => {
      const room = await (await bed(t, kind)).open();
      await room.run(command('a', 'echo first > file'));
      assert.equal((await room.run(command('b', 'cat file'))).output, 'first\n');
      await room.close();
    });

    test('ends what is left of a command, and not of another that has its name', async (t) => {
      const { open, workspace } = await bed(t, kind);
      const room = await open();
      const script = 'touch began; until [ -e go ]; do sleep 0.02; done; echo whole';
      const long = room.run(command('same', script));
      while (!existsSync(join(workspace, 'began'))) await new Promise((resolve) => setTimeout(resolve, 5));
      await room.run(command('same', 'true'));
      await writeFile(join(workspace, 'go'), '');
      const ran = await long;
      assert.deepEqual([ran.end, ran.output], ['exited', 'whole\n']);
      await room.close();
    });

    test('says where commands see a mount', async (t) => {
      const { open, folder } = await bed(t, kind);
      await mkdir(join(folder, 'data'));
      await writeFile(join(folder, 'data', 'x'), 'of the host');
      const mount = { host: join(folder, 'data'), inside: '/data' };
      const room = await open({ readOnly: [mount] });
      assert.equal((await room.run(command('a', `cat ${room.shown(mount)}/x`))).output, 'of the host');
      assert.equal(await room.sees(`${room.shown(mount)}/x`), true);
      assert.equal(await room.sees(`${room.shown(mount)}/y`), false);
      await room.close();
    });

    test('shows what files name by its host path at that path', async (t) => {
      const { open, folder } = await bed(t, kind);
      const objects = join(folder, 'objects');
      await mkdir(objects);
      await writeFile(join(objects, 'x'), 'borrowed');
      const room = await open({ readOnly: [{ host: objects, inside: objects }] });
      assert.equal((await room.run(command('a', `cat ${objects}/x`))).output, 'borrowed');
      await room.close();
    });

    test('sees the programs of the workspace and of the system, and no others', async (t) => {
      const { open, workspace } = await bed(t, kind);
      await writeFile(join(workspace, 'tool.sh'), '');
      const room = await open();
      const seen = ['tool.sh', './tool.sh', `${room.workspace}/tool.sh`, '/bin/sh', './gone.sh', '/no/such'];
      assert.deepEqual(await Promise.all(seen.map((path) => room.sees(path))), [
        true,
        true,
        true,
        true,
        false,
        false,
      ]);
      await room.close();
    });

    test('gives commands the files placed in it, and collects the one left at an outlet', async (t) => {
      const { open } = await bed(t, kind);
      const room = await open();
      const given = await room.place({ name: 'task.json', text: 'do it' });
      const left = await room.outlet('answer.txt');
      assert.deepEqual(await room.collect('answer.txt', 100), { kind: 'nothing' });
      await room.run(command('a', `cat ${given} > ${left}; echo ! >> ${left}`));
      assert.deepEqual(await room.collect('answer.txt', 100), { kind: 'text', text: 'do it!\n' });
      assert.deepEqual(await room.collect('answer.txt', 3), {
        kind: 'unfit',
        why: 'it has 7 bytes, more than 3',
      });
      await room.close();
    });

    test('collects no link, no pipe and no folder', async (t) => {
      const { open } = await bed(t, kind);
      const room = await open();
      for (const [make, why] of [
        ['ln -s /etc/passwd', 'it cannot be opened (ELOOP)'],
        ['mkfifo', 'it is not a regular file'],
        ['mkdir', 'it is not a regular file'],
      ]) {
        const left = await room.outlet('answer.txt');
        await room.run(command('a', `${make} ${left}`));
        assert.deepEqual(await room.collect('answer.txt', 100), { kind: 'unfit', why });
        await room.run(command('b', `rm -r ${left}`));
      }
      await room.close();
    });

    test('a process in it is talked to over its stdin, line by line', async (t) => {
      const { open } = await bed(t, kind);
      const room = await open();
      const talk = room.start(
        command('talk', 'while read -r line; do echo "heard $line"; done; echo over >&2; exit 3'),
      );
      const heard: string[] = [];
      await talk.stdin.write('one\n');
      for await (const { stream, text } of talk.lines) {
        heard.push(`${stream} ${text}`);
        if (text === 'heard one') await talk.stdin.write('two\n');
        if (text === 'heard two') talk.stdin.end();
      }
      const { end, exitCode } = await talk.ended;
      assert.deepEqual([end, exitCode], ['exited', 3]);
      assert.deepEqual(heard, ['stdout heard one', 'stdout heard two', 'stderr over']);
      await talk.stdin.write('nobody reads this\n');
      await room.close();
    });

    test('what a command leaves in a home that is kept is there in the next room, and a longer line comes whole', async (t) => {
      const { open, folder } = await bed(t, kind);
      const home = join(folder, 'a', 'home');
      const first = await open({ home });
      await first.run(command('a', 'echo kept > ~/session'));
      await first.close();
      const next = await open({ home });
      const limits = { ...command('', '').limits, lineBytes: 200_000 };
      const script = `cat ~/session; head -c 150000 /dev/zero | tr '\\0' x; echo`;
      const talk = next.start({ ...command('b', script), limits });
      const lengths: number[] = [];
      for await (const { text } of talk.lines) lengths.push(text.length);
      assert.deepEqual(lengths, [4, 150_000]);
      await next.close();
    });

    test('a process that cannot be started ends, and nobody is left writing to it', async (t) => {
      const { open } = await bed(t, kind);
      const room = await open();
      const talk = room.start({ ...command('x', ''), argv: ['no-such-program'] });
      await talk.stdin.write('hello\n');
      assert.equal((await talk.ended).end, 'cannot-run');
      let said = '';
      for await (const { text } of talk.lines) said += text;
      assert.match(said, /no program no-such-program on PATH/);
      await room.close();
    });

    test('that is closed leaves the workspace, no process and nothing of its own', async (t) => {
      const { open, workspace, folder } = await bed(t, kind);
      const word = `${folder}-open`;
      const room = await open();
      await room.place({ name: 'x', text: 'x' });
      const talk = room.start(command('x', `touch mine; echo up; sleep 60; : ${word}`));
      for await (const { text } of talk.lines) if (text === 'up') await room.close();
      assert.equal((await talk.ended).end, 'aborted');
      assert.deepEqual(await processesWith(word), []);
      assert.deepEqual(await readdir(dirname(workspace)), ['w1']);
      assert.equal(await readFile(join(workspace, 'mine'), 'utf8'), '');
    });

    test('a place for files that the system refuses is said as such, and a command with it', async (t) => {
      const { open, folder } = await bed(t, kind);
      const room = await open({ workspace: join(folder, 'no', 'such', 'folder') });
      await assert.rejects(
        room.place({ name: 'x', text: '' }),
        /places for files beside a workspace cannot be made/,
      );
      assert.equal((await room.run(command('x', 'true'))).end, 'cannot-run');
    });
  });
}
