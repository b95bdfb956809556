/** Follows an agent's stream: what it does becomes activity, and its last words and end are kept. */
import type { AgentActivity, AgentJob } from '@swarm/core/ports/running';
import type { Clock } from '@swarm/core/ports/world';
import { cutText } from '../../agent-events.ts';
import { plainText } from '../../transcript.ts';
import type { Preset, Said } from './preset.ts';

export interface Hearing {
  /** What a line of the agent's stream says; undefined for any other line. */
  readonly onLine: (line: string) => { readonly said: readonly Said[] } | undefined;
  lastText(): string;
  calls(): number;
  /** Why it gave up, where it did. */
  failure(): string | undefined;
}

const SHOWN_MAX = 300;
const TEXT_MAX = 4_000;
/** Calls whose results are still to come. */
const OPEN_MAX = 1_000;

export function hear(preset: Preset, job: Pick<AgentJob, 'onActivity'>, clock: Clock): Hearing {
  const open = new Map<string, { readonly tool: string; readonly detail: string; readonly at: number }>();
  let lastText = '';
  let calls = 0;
  let failure: string | undefined;

  /** Most streams name the tool with its call alone. */
  const withTool = (said: Said): Said =>
    said.kind === 'result' ? { ...said, tool: said.tool ?? open.get(said.id)?.tool ?? 'unknown' } : said;

  function take(said: Said): void {
    switch (said.kind) {
      case 'text':
        lastText = cutText(said.text, TEXT_MAX);
        return job.onActivity({ kind: 'text', detail: shown(said.text) });
      case 'called':
        if (open.size < OPEN_MAX)
          open.set(said.id, { tool: said.tool, detail: said.detail, at: clock.monotonic() });
        return;
      case 'result':
        calls += 1;
        return job.onActivity(activityOf(said));
      case 'ended':
        failure = undefined;
        return;
      case 'failed':
        failure = shown(said.why);
    }
  }

  function activityOf({ id, isOk: ok, output, tool }: Extract<Said, { kind: 'result' }>): AgentActivity {
    const began = open.get(id);
    open.delete(id);
    const durationMs = began ? Math.round(clock.monotonic() - began.at) : 0;
    const detail = shown([began?.detail, output].filter(Boolean).join(' → '));
    return { kind: 'tool', tool: shown(tool ?? 'unknown'), detail, ok, durationMs };
  }

  return {
    onLine(line) {
      const event = parsed(line);
      if (event === undefined) return undefined;
      const said = preset.read(event).map(withTool);
      for (const one of said) take(one);
      return { said };
    },
    lastText: () => lastText,
    calls: () => calls,
    failure: () => failure,
  };
}

const shown = (text: string): string => cutText(plainText(text.replaceAll('\n', ' ')), SHOWN_MAX);

/** The sandbox bounds a line. */
function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
