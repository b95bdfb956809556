import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import xterm from '@xterm/headless';
import { Redrawn } from './redrawn.ts';

function terminal(rows: number) {
  const screen = new xterm.Terminal({ cols: 40, rows, allowProposedApi: true, convertEol: true });
  let waits: Promise<void> = Promise.resolve();
  const written: string[] = [];
  const write = (text: string): boolean => {
    written.push(text);
    waits = new Promise((resolve) => screen.write(text, resolve));
    return true;
  };
  const shown = async (): Promise<string> => {
    await waits;
    const { active } = screen.buffer;
    return [...Array(active.length).keys()]
      .map((i) => active.getLine(i)!.translateToString(true))
      .join('\n')
      .trimEnd();
  };
  return { redrawn: new Redrawn({ write, rows } as never), shown, written };
}

test('a text is drawn in the place of the one before, whether it is longer, shorter or narrower', async () => {
  const { redrawn, shown } = terminal(24);
  for (const text of ['one\ntwo', 'one\nthree four\nfive', 'o\nt', 'o\nt\n\nu']) {
    redrawn.draw(text);
    assert.equal(await shown(), text);
  }
});

test('what has not changed is not told again', () => {
  const { redrawn, written } = terminal(24);
  redrawn.draw('one\ntwo\nthree');
  redrawn.draw('one\n2\nthree');
  assert.doesNotMatch(written[1]!, /one|three/);
});

test('a text higher than the terminal shows its beginning, and never scrolls', async () => {
  const { redrawn, shown } = terminal(5);
  const text = Array.from({ length: 12 }, (_, i) => `line ${i}`);
  for (let i = 0; i < 3; i++) redrawn.draw(text.join('\n'));
  assert.equal(await shown(), text.slice(0, 4).join('\n'));
});
