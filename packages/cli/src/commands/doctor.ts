/** `swarm doctor`: everything a run needs of this machine and repository, looked at before one is begun. */
import { PRESET_NAMES } from '@swarm/agent';
import { agentChecks, agentsNamed, fixAgents } from '../doctor/agents.ts';
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
  readonly agents?: true | undefined;
  /** Names with commas; `true`: all. */
  readonly fixAgents?: string | true | undefined;
  readonly yes?: true | undefined;
  readonly json?: true | undefined;
}

export async function doctor(options: DoctorOptions, context: Context): Promise<number> {
  if (options.agents || options.fixAgents) return told(await aboutAgents(options, context), options, context);
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
  const table = options.config && configured.loaded ? configTable(configured.loaded) : undefined;
  return told({ checks, verdict: READY }, options, context, table);
}

const READY = 'a run may begin: swarm run "what you want done"';

/** This machine alone is looked at: no repository is needed. */
async function aboutAgents({ agents, fixAgents: typed }: DoctorOptions, context: Context): Promise<Looked> {
  const fixed = typed === undefined ? [] : await fixAgents(agentsNamed(typed), context);
  const tried = agents
    ? await agentChecks(typed === undefined ? PRESET_NAMES : agentsNamed(typed), context)
    : [];
  const verdict = agents
    ? 'an agent does tasks with: swarm run --agent <name>'
    : 'try them: swarm doctor --agents';
  return { checks: [...fixed, ...tried], verdict };
}

interface Looked {
  readonly checks: readonly Check[];
  /** What is said where nothing failed. */
  readonly verdict: string;
}

function told(
  looked: Looked,
  { json }: DoctorOptions,
  context: Context,
  table?: ReturnType<typeof configTable>,
): number {
  const { checks } = looked;
  const wrong = checks.flatMap((check) => (check.problem ? [check.problem] : []));
  if (json) context.output.json({ ok: wrong.length === 0, checks, ...(table && { config: table.rows }) });
  else context.output.result([checksText(looked, context), ...(table ? [table.text] : [])].join('\n\n'));
  return wrong.length === 0 ? 0 : exitCodeFor(wrong);
}

function checksText({ checks, verdict: good }: Looked, { output: { ink, columns } }: Context): string {
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
  const verdict = broken === 0 ? good : `${broken} of ${checks.length} checks failed`;
  return [...lines, '', verdict].join('\n');
}
