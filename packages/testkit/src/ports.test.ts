/**
 * A bench may stand on any host: what its types say, and all they lead to, is results, commits and words. Held by
 * reading the ports themselves, so that a field that is added later is read too.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const CORE = join(import.meta.dirname, '../../core/src');
const ROOTS = ['AttemptHost', 'Bench'];

/** What only has a meaning on one host. */
const OF_A_HOST = [
  'Mount',
  'Workspace',
  'Workspaces',
  'Sandbox',
  'Room',
  'RoomAsk',
  'RoomNeeds',
  'RoomCommand',
  'EnvironmentStore',
  'Agent',
  'AgentJob',
];
/** Words of a place on a disk; a field with one of them is a path, whatever its type says. */
const PLACE =
  /^(?:.*(?:Path|Folder|Dir|Socket|File|Host|Mount)s?|path|folder|dir|directory|cwd|workspace|intake|socket|home|place|location|inside|host|readOnly|readWrite)$/;

interface Declared {
  readonly name: string;
  readonly body: string;
}

/** Every interface and type of the core, by name. */
function declarations(sources: readonly string[]): ReadonlyMap<string, Declared> {
  const found = new Map<string, Declared>();
  const start = /^export (?:interface|type) (\w+)/gm;
  for (const source of sources) {
    const plain = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    const all = [...plain.matchAll(start)];
    for (const [i, match] of all.entries()) {
      const body = plain.slice(match.index + match[0].length, all[i + 1]?.index);
      found.set(match[1]!, { name: match[1]!, body: body.split(/^(?:export |function |const )/m)[0]! });
    }
  }
  return found;
}

const NAMES_OF_HOSTS: ReadonlySet<string> = new Set(['HostSlot', 'HostFacts']);

/** What a type says of a host's places, with everything it leads to; each as a sentence. */
function placesIn(roots: readonly string[], declared: ReadonlyMap<string, Declared>): string[] {
  const seen = new Set<string>();
  const wrong: string[] = [];
  const waiting = [...roots];
  for (let name = waiting.pop(); name; name = waiting.pop()) {
    const { body } = declared.get(name) ?? { body: '' };
    // What a host is called is no place on it.
    if (seen.has(name) || body === '' || NAMES_OF_HOSTS.has(name)) continue;
    seen.add(name);
    for (const [, field] of body.matchAll(/\b(\w+)\??\s*[:(]/g))
      if (PLACE.test(field!)) wrong.push(`${name}.${field} is a place on a host`);
    for (const [word] of body.matchAll(/\b[A-Z]\w+\b/g)) {
      if (OF_A_HOST.includes(word))
        wrong.push(`${name} leads to ${word}, which has a meaning on one host only`);
      else if (declared.has(word)) waiting.push(word);
    }
  }
  return wrong;
}

function sourcesOfCore(folder = CORE): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

test('no type of a bench or of its host names a place on any host', () => {
  const declared = declarations(sourcesOfCore());
  for (const root of ROOTS) assert.ok(declared.has(root), `${root} is not where this test looks for it`);
  assert.deepEqual(placesIn(ROOTS, declared), []);
});

test('what the test looks for it finds: in a field, in a parameter, and in a type two steps away', () => {
  const planted = declarations([
    'export interface Bench { readonly head: string; readonly workspacePath: string; run(cwd: string): void; more(): Far }',
    'export interface Far {\n  readonly near: Near;\n}',
    'export type Near = { readonly mounts: readonly Mount[]; readonly folder: string };',
  ]);
  assert.deepEqual(placesIn(['Bench'], planted), [
    'Bench.workspacePath is a place on a host',
    'Bench.cwd is a place on a host',
    'Near.folder is a place on a host',
    'Near leads to Mount, which has a meaning on one host only',
  ]);
});
