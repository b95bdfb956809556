import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXAMPLES, nodeAt, typed } from './example.ts';
import { configSchema } from './schema.ts';

type Node = NonNullable<ReturnType<typeof nodeAt>>;

/** Every key that holds a value, by path; a list of tables is gone into. */
function keysOf(node: Node, path: string[] = []): string[][] {
  const inside = node.properties ?? node.items?.properties;
  if (!inside) return [path];
  return Object.entries(inside).flatMap(([key, child]) => keysOf(child, [...path, key]));
}

const keys = keysOf(nodeAt([])!);

test('every key has an example: its default, or one of its own', () => {
  const without = keys.filter(
    (path) => EXAMPLES[path.join('.')] === undefined && defaultAt(path) === undefined,
  );
  assert.deepEqual(without, []);
});

test('every example is one the schema accepts', () => {
  for (const [keyPath, value] of Object.entries(EXAMPLES)) {
    const [table = '', ...rest] = keyPath.split('.');
    const nested = rest.reduceRight<unknown>(
      (inner, key) => ({ [key === '*' ? 'poet' : key]: inner }),
      value,
    );
    const whole =
      table === 'endpoints'
        ? { [table]: [{ name: 'x', base_url: 'https://x.test', ...endpointWith(rest, value) }] }
        : keyPath === 'agent.acp.mode'
          ? { agent: { acp: { run: ['x'], mode: value } } }
          : keyPath.startsWith('distribute.workers.')
            ? { distribute: { workers: { poet: { slots: 1, [rest.at(-1)!]: value } } } }
            : rest.length === 0
              ? { [table]: value }
              : { [table]: nested };
    assert.ok(configSchema.safeParse(whole).success, keyPath);
  }
});

/** Accounts are a list of tables. */
const endpointWith = ([key = '', inner]: readonly string[], value: unknown): object =>
  inner === undefined ? { [key]: value } : { [key]: [{ name: 'x', [inner]: value }] };

test('a fix is typed where the mistake was: a flag, a variable, a line of a file', () => {
  const max = ['workers', 'max'];
  assert.equal(typed(max, '--workers'), '--workers 8');
  assert.equal(typed(['models', 'default'], 'SWARM_MODEL'), 'export SWARM_MODEL=gpt-5');
  assert.equal(typed(max, '/shop/swarm.toml: workers.max'), 'workers.max = 8');
  assert.equal(typed(['sandbox', 'mounts', 0], 'x: sandbox.mounts[0]'), 'sandbox.mounts = []');
  assert.equal(typed(['workers'], 'x: workers'), '[workers]');
});

const defaultAt = (path: readonly string[]): unknown =>
  nodeAt(path[0] === 'endpoints' ? [path[0], 0, ...path.slice(1)] : path)?.default;
