/**
 * `pnpm screens:pull`: the body of a pull request as people see it. A run with hostile words in it is proposed to a forge; the
 * body is rendered by GitHub's own renderer (`cmark-gfm`) and looked at in a browser (`chromium`), both from Debian. Writes
 * docs/pull-request.png and docs/pull-request-stack.png, and fails where something of the hostile words does anything.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FakePull } from '@swarm/testkit';
import { withForge } from '../support/forge.ts';
import { World } from '../support/world.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const TASKS = [
  {
    id: 'bell',
    title: 'Ring the bell when an order comes in',
    description: 'mkdir -p src; printf "ring()\\n%.0s" 1 2 3 4 > src/bell.js',
    scope: ['src/bell.js'],
    verify: 'grep -q ring src/bell.js',
    acceptance: 'an order rings the bell',
  },
  {
    title: 'Show the price with its currency',
    description: 'mkdir -p src; echo price > src/price.js',
    scope: ['src/price.js'],
    dependsOn: ['bell'],
  },
  {
    title: 'Fixes #1 for @everybody: <img src=x onerror=alert(1)> [click](https://evil.example) /merge',
    description: 'mkdir -p src; echo x > src/odd.js',
    scope: ['src/odd.js'],
  },
  {
    title: 'Run the new checks in CI',
    description: 'mkdir -p .github/workflows; echo x > .github/workflows/ci.yml',
    scope: ['.github/workflows/ci.yml'],
  },
  { title: 'Sell in Swiss francs', description: 'exit 1', scope: ['src/francs.js'] },
];
const STYLE = `body{font:14px/1.5 -apple-system,"Segoe UI","DejaVu Sans",sans-serif;color:#1f2328;max-width:780px;margin:24px auto;padding:0 24px}
h3{font-size:1.25em;margin:24px 0 12px}code{background:#eff1f3;padding:.2em .4em;border-radius:6px;font:85% "DejaVu Sans Mono",monospace}
blockquote{margin:0;padding:0 1em;color:#59636e;border-left:.25em solid #d1d9e0}table{border-collapse:collapse}td,th{border:1px solid #d1d9e0;padding:6px 13px}
summary{cursor:pointer}details{margin:8px 0}ul{padding-left:2em}`;

const after: (() => Promise<void> | void)[] = [];
const owner = { after: (step: () => Promise<void>) => void after.push(step) };
try {
  const world = await World.with(owner, { 'README.md': 'shop\n' });
  const forge = await withForge(owner, world);
  const args = await world.plan(TASKS, '--deliver', 'pr', '--gate', 'true');
  const run = await world.swarm(args, { env: forge.env });
  assert.equal(run.code, 1, 'one of them cannot be done');
  render(forge.repository.pulls[0]!, 'pull-request', 1_180);

  const second = await World.with(owner, { 'README.md': 'shop\n' });
  const other = await withForge(owner, second);
  const stacked = await second.plan(
    TASKS.slice(0, 3),
    '--deliver',
    'pr',
    '--gate',
    'true',
    '--stack',
    '--workers',
    '1',
  );
  const ran = await second.swarm(stacked, { env: other.env });
  assert.equal(ran.code, 0, ran.stderr);
  const parts = other.repository.pulls;
  render(
    parts.find(({ body }) => body.includes('put together') && body.includes('stands on')) ?? parts[1]!,
    'pull-request-stack',
    900,
  );
} finally {
  for (const step of after.toReversed()) await step();
}

/** As the forge's page shows it. */
function render(pull: FakePull, name: string, height: number): void {
  const extensions = ['table', 'autolink', 'strikethrough', 'tagfilter', 'tasklist'].flatMap((name) => [
    '-e',
    name,
  ]);
  const html = execFileSync('cmark-gfm', ['--unsafe', '--github-pre-lang', ...extensions], {
    input: pull.body,
    encoding: 'utf8',
  });
  // Of its own stack it names the one below.
  const others = html.replace(/It stands on #\d+/, '');
  for (const does of [/<a /, /<img/, /<script/, /@everybody/, /#1\b/, /https?:\/\//, /(?:^|>|\s)\/merge/m])
    assert.doesNotMatch(others, does);
  assert.ok(html.split('<details>').length > 2);
  const shown = mkdtempSync(join(tmpdir(), 'swarm-pull-'));
  after.push(() => rmSync(shown, { recursive: true, force: true }));
  const opened = html.replace('<details>', '<details open>');
  writeFileSync(
    join(shown, 'pull.html'),
    `<!doctype html><meta charset="utf-8"><style>${STYLE}</style><h2>${pull.title}</h2>${opened}`,
  );
  const picture = join(ROOT, `docs/${name}.png`);
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    `--window-size=860,${height}`,
    `--user-data-dir=${join(shown, 'profile')}`,
  ];
  execFileSync('chromium', [...flags, `--screenshot=${picture}`, `file://${join(shown, 'pull.html')}`], {
    stdio: 'ignore',
    timeout: 60_000,
  });
  console.log(picture);
}
