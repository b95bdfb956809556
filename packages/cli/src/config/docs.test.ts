import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { configJsonSchema, EXAMPLES, renderConfigDocs } from './docs.ts';
import { configSchema } from './schema.ts';

test('every key of the configuration is documented with its meaning', () => {
  const rows = renderConfigDocs()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  assert.ok(rows.length > 30, `${rows.length} keys`);
  for (const row of rows) assert.match(row, /^\| `[a-z_]+` \| .+ \| .* \| .{10,} \|$/, row);
});

test('the docs show defaults and allowed values', () => {
  const docs = renderConfigDocs();
  assert.match(docs, /\| `max` \| 1 to 1,000 \| `8` \| Attempts that run at the same time\. \|/);
  assert.match(docs, /\| `overlap` \| `serialize`, `warn`, `off` \| `"serialize"` \|/);
  assert.match(docs, /## `\[\[endpoints\]\]`[\s\S]+## `\[agent\.command\]`/);
});

test('the editor schema refuses unknown keys and requires nothing', () => {
  const schema = configJsonSchema() as { additionalProperties?: boolean; required?: string[] };
  assert.equal(schema.additionalProperties, false);
  assert.equal(schema.required, undefined);
});

for (const { about, toml } of EXAMPLES) {
  test(`the example for ${/\*\*(.*?)[.:*]/.exec(about)![1]} is a configuration that loads`, () => {
    assert.equal(configSchema.safeParse(parse(toml)).error, undefined);
  });
}
