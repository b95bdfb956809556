import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { priceOf, readPrices } from '@swarm/llm';
import { endpointFault, pricesFix } from '../preparing/endpoint-faults.ts';
import { callCheck } from './model-calls.ts';

const endpoint = { name: 'openai', keyEnv: 'OPENAI_API_KEY', baseUrl: 'http://models.test:8080' };
const why = 'as it said';

test('every fault of an endpoint has its code, a plain verdict and a fix to type', () => {
  const rows = [
    ['auth', 'SW0403', /rejects the key/, /^export OPENAI_API_KEY=/],
    ['quota', 'SW0603', /no quota left/, /credit/],
    ['no-version', 'SW0405', /add \/v1/, /OPENAI_BASE_URL=http:\/\/models\.test:8080\/v1 /],
    ['web-page', 'SW0405', /a web page, such as a login/, /OPENAI_BASE_URL=/],
    ['silent', 'SW0402', /does not answer in time/, /swarm doctor --config/],
    ['down', 'SW0402', /does not answer$/, /swarm doctor --config/],
    ['tls', 'SW0402', /by TLS/, /NODE_EXTRA_CA_CERTS/],
    ['refused', 'SW0405', /refuses what it is asked/, /swarm doctor --config/],
  ] as const;
  for (const [kind, code, what, fix] of rows) {
    const problem = endpointFault(kind, { ...endpoint, why });
    assert.deepEqual([problem.code, problem.why], [code, why], kind);
    assert.match(problem.what, what);
    assert.match(problem.fix ?? '', fix);
  }
});

test('a model nobody knows is told with those the endpoint lists', () => {
  const check = callCheck({ kind: 'no-model', why }, endpoint, 'smal', ['small', 'large']);
  assert.equal(check.detail, 'the endpoint openai has no such model as "smal": it lists small, large');
  assert.deepEqual([check.problem?.code, check.problem?.fix], ['SW0404', 'export SWARM_MODEL=small']);
});

test('the fix for a missing price makes a file that is read as prices, and leaves one that is there alone', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'swarm-prices-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'config dir', 'prices.json');
  const command = pricesFix('my-model', file).split('\n')[1]!;
  execFileSync('sh', ['-c', command]);
  const text = readFileSync(file, 'utf8');
  assert.deepEqual(priceOf(readPrices(text, file), 'my-model'), { input: 0.5, output: 1.5 });
  execFileSync('sh', ['-c', command.replaceAll('my-model', 'other')]);
  assert.equal(readFileSync(file, 'utf8'), text);
});
