import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PROVIDER_NAMES, PROVIDERS } from '@swarm/sandbox';
import { createProgram } from '../program/program.ts';
import { carriedProvider, isOpen, providerOf, SANDBOX_NAMES } from './sandboxes.ts';

describe('the names of sandboxes', () => {
  it('are auto, every provider there is, and kinds that are refused by name', () => {
    assert.deepEqual(
      SANDBOX_NAMES.filter((name) => providerOf(name) === name),
      PROVIDER_NAMES,
    );
    for (const name of SANDBOX_NAMES)
      if (!providerOf(name)) assert.throws(() => carriedProvider(name), { message: new RegExp(name) });
  });
  it('stand for a provider that contains what it runs, but for one that says so', () => {
    assert.equal(PROVIDERS[carriedProvider('auto')].contains, true);
    assert.deepEqual(SANDBOX_NAMES.filter(isOpen), ['none']);
  });
  it('stand in the help as the configuration takes them', () => {
    const told = `${SANDBOX_NAMES.slice(0, -1).join(', ')} or ${SANDBOX_NAMES.at(-1)}`;
    const program = createProgram({} as never, '0', () => undefined);
    const options = program.commands.flatMap((command) => command.options);
    const descriptions = options.filter((o) => o.flags === '--sandbox <provider>').map((o) => o.description);
    assert.ok(descriptions.length > 1);
    assert.deepEqual(new Set(descriptions), new Set([told]));
  });
});
