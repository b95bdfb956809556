import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PROVIDER_NAMES, PROVIDERS } from '@swarm/sandbox';
import { createProgram } from '../program/program.ts';
import { candidates } from './sandbox-choice.ts';
import { SANDBOX_WORDS } from './sandbox-words.ts';
import { isOpen, SANDBOX_NAMES } from './sandboxes.ts';

const asked = (sandbox: (typeof SANDBOX_NAMES)[number], boxes = {}) =>
  candidates({ workers: { sandbox }, boxes } as never);

describe('the names of sandboxes', () => {
  it('are auto and every provider there is', () => {
    assert.deepEqual(SANDBOX_NAMES, ['auto', ...PROVIDER_NAMES]);
    for (const name of PROVIDER_NAMES) assert.deepEqual(asked(name), [name]);
  });
  it('auto stands for bubblewrap, then docker where one is configured, and never for none', () => {
    assert.deepEqual(asked('auto'), ['bubblewrap']);
    assert.deepEqual(asked('auto', { docker: { engine: 'podman', image: 'x' } }), ['bubblewrap', 'docker']);
    assert.ok(
      PROVIDER_NAMES.filter((name) => !PROVIDERS[name].contains).every(
        (name) => !asked('auto').includes(name),
      ),
    );
    assert.deepEqual(SANDBOX_NAMES.filter(isOpen), ['none']);
  });
  it('stand in the help as the configuration takes them', () => {
    const program = createProgram({} as never, '0', () => undefined);
    const options = program.commands.flatMap((command) => command.options);
    const descriptions = options.filter((o) => o.flags === '--sandbox <provider>').map((o) => o.description);
    assert.ok(descriptions.length > 1);
    assert.deepEqual(new Set(descriptions), new Set([SANDBOX_WORDS]));
    assert.equal(SANDBOX_WORDS.replace(' or ', ', '), SANDBOX_NAMES.join(', '));
  });
});
