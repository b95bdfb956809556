/** `swarm doctor`: everything a run needs of this machine and repository, looked at before one is begun. */
import { attackChecks } from '../doctor/attacks.ts';
import type { Check } from '../doctor/check.ts';
import { configTable } from '../doctor/config-table.ts';
import { configuration, look } from '../doctor/look.ts';
import { locate } from '../preparing/locate.ts';
import type { Context } from '../program/context.ts';
import { exitCodeFor } from '../telling/errors.ts';
import { sanitize, wrapText } from '../telling/output.ts';

export interface DoctorOptions {
  readonly repo?: string | undefined;
  readonly config?: true | undefined;
  readonly runGate?: true | undefined;
  readonly sandbox?: true | undefined;
  readonly yes?: true | undefined;
  readonly json?: true | undefined;
}

export async function doctor(options: DoctorOptions, context: Context): Promise<number> {
  const located = await locate(options.repo, context);
  const configured = await configuration(located, context);
  const looked = await look(
    located,
    configured,
    { isGateWanted: options.runGate === true, isYes: options.yes === true },
    context,
  );
  const { loaded } = configured;
  const attacks = options.sandbox && loaded ? await attackChecks(loaded, context) : [];
  const checks = [...looked, ...attacks];
  const wrong = checks.flatMap((check) => (check.problem ? [check.problem] : []));
  const table = options.config && configured.loaded ? configTable(configured.loaded) : undefined;
  if (options.json)
    context.output.json({ ok: wrong.length === 0, checks, ...(table && { config: table.rows }) });
  else context.output.result([checksText(checks, context), ...(table ? [table.text] : [])].join('\n\n'));
  return wrong.length === 0 ? 0 : exitCodeFor(wrong);
}

function checksText(checks: readonly Check[], { output: { ink, columns } }: Context): string {
  const width = Math.max(...checks.map((check) => check.name.length));
  const marks = { ok: ink.green('ok    '), note: ink.yellow('note  '), failed: ink.red('FAILED') };
  const lines = checks.flatMap(({ name, verdict, detail, problem }) => [
    `${sanitize(name).padEnd(width)}  ${marks[verdict]}  ${wrapText(sanitize(detail), columns, width + 10)}`,
    ...(['where', 'why', 'fix'] as const).flatMap((part) => {
      const text = problem?.[part];
      return text === undefined
        ? []
        : [
            `${' '.repeat(width)}          ${part.padEnd(5)}  ${sanitize(text).replaceAll('\n', `\n${' '.repeat(width + 17)}`)}`,
          ];
    }),
  ]);
  const broken = checks.filter((check) => check.verdict === 'failed').length;
  const verdict =
    broken === 0
      ? 'a run may begin: swarm run "what you want done"'
      : `${broken} of ${checks.length} checks failed`;
  return [...lines, '', verdict].join('\n');
}
