/** Commands that check or describe, and act on no run: verify, schema. */
import { existsSync } from 'node:fs';
import { SwarmError } from '@swarm/core/errors';
import { taskSchema } from '@swarm/core/rules/task-format';
import { nearestWord } from '@swarm/core/rules/text';
import { countText } from '@swarm/core/views/words';
import { scriptSchema } from '@swarm/llm';
import { logSchema } from '@swarm/telemetry';
import { type VerifyReport, verifyRepository } from '@swarm/verify';
import { configJsonSchema } from '../config/docs.ts';
import { enterRun } from '../finding/door.ts';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { exitCodeOf } from '../telling/errors.ts';
import { sanitize } from '../telling/output.ts';

/** Exit 0: every promise held. 65: the journal is damaged. 1: a promise is broken. */
export async function verify(options: RunChoice, context: Context): Promise<number> {
  const { repository, paths } = await enterRun(options, context);
  const { run, journal } = paths;
  const report = await verifyRepository({
    repository: repository.repository,
    run,
    journalPath: journal,
    ...(existsSync(repository.hub) && { hubPath: repository.hub }),
  });
  if (options.json) context.output.json(report);
  else context.output.result(verifyText(report, context));
  if (report.ok) return 0;
  return report.checks[0]?.ok === false ? exitCodeOf('data') : 1;
}

function verifyText(report: VerifyReport, { output: { ink } }: Context): string {
  const { entries, commits, landings, tasks } = report.counts;
  const lines = report.checks.map((check) => {
    const mark = check.ok ? ink.green('kept  ') : ink.red('BROKEN');
    return `${mark} ${check.promise}  ${check.name}: ${sanitize(check.detail)}`;
  });
  const broken = report.checks.filter((check) => !check.ok).length;
  const verdict = report.ok ? 'every promise was kept' : `${broken} of ${report.checks.length} checks failed`;
  const counted = [
    `${entries} journal entries`,
    countText(commits, 'commit'),
    countText(landings, 'landing'),
    countText(tasks, 'task'),
  ].join(', ');
  return [...lines, '', `${report.run}: ${verdict} (${counted})`].join('\n');
}

const SCHEMAS: Readonly<Record<string, () => object>> = {
  log: logSchema,
  config: configJsonSchema,
  task: taskSchema,
  script: scriptSchema,
};

export async function schema(name: string, { output }: Context): Promise<number> {
  const make = Object.hasOwn(SCHEMAS, name) ? SCHEMAS[name] : undefined;
  if (!make) throw noSchema(name);
  output.json(make());
  return 0;
}

function noSchema(name: string): SwarmError {
  const known = Object.keys(SCHEMAS);
  return new SwarmError({
    code: 'SW0101',
    what: `there is no schema ${JSON.stringify(name)}`,
    why: `the schemas are: ${known.join(', ')}`,
    fix: `swarm schema ${nearestWord(name, known) ?? known[0]}`,
  });
}
