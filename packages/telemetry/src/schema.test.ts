import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LOG_EVENTS } from '@swarm/core/log-events';
import { renderLogDocs } from './docs.ts';
import { makeLine } from './line.ts';
import { makeRedactor } from './redact.ts';
import { LOG_FIELDS, logSchema } from './schema.ts';

describe('the documented shape of a log line', () => {
  it('has the fields a line has, in their order, and no others', () => {
    const fields = { msg: 'x', task: 't1', attempt: 't1.1', worker: 'w' } as never;
    const { line } = makeLine('run.opened', fields, { seq: 1, at: 0, run: 'r' }, makeRedactor([]));
    const documented = LOG_FIELDS.map((field) => field.name).filter(
      (name) => !/^(trace|span)_id$/.test(name),
    );
    assert.deepEqual(Object.keys(line), documented);
    assert.deepEqual(
      logSchema().required,
      Object.keys(makeLine('run.opened', { msg: '' }, { seq: 1, at: 0, run: 'r' }, makeRedactor([])).line),
    );
  });

  it('lists every event once, with its level and meaning', () => {
    const page = renderLogDocs();
    for (const [name, { level, means }] of Object.entries(LOG_EVENTS))
      assert.equal(page.split(`| \`${name}\` | ${level} | ${means} |\n`).length, 2, name);
  });
});
