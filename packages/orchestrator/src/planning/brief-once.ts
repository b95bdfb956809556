/** What a planner would be told at the beginning of a run, for a look beforehand: nobody is asked. */
import { fold } from '@swarm/core/fold';
import type { ChatMessage, ToolSpec } from '@swarm/core/ports/models';
import { emptyState, opened } from '@swarm/core/state';
import type { OnDisk } from '../context.ts';
import { BLOCK_NAMES, type BlockName } from '../prompting/blocks.ts';
import type { OrchestratorPorts, Settings } from '../settings.ts';
import { Briefing } from './briefing.ts';
import { PLANNER_TOOLS } from './planner-tools.ts';

export interface Brief {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolSpec[];
  /** In the order they are sent. Together they are the whole of it. */
  readonly pieces: readonly BriefPiece[];
}

export interface BriefPiece {
  /** `tools`, `system`, a block of the user's message, or `text` for what stands between blocks. */
  readonly name: 'tools' | 'system' | 'text' | BlockName;
  readonly chars: number;
  /**
   * How long it is sent again as it is, so that a provider can keep it: by every run with these prompts, by this run
   * while the repository says the same, or until the conversation begins anew.
   */
  readonly kept: 'always' | 'run' | 'conversation';
}

type Ports = Required<Pick<OrchestratorPorts, 'prompts' | 'reader'>>;

/** @param settings those a new run would open with. */
export async function briefOnce(
  ports: Ports,
  settings: Settings & Required<Pick<Settings, 'open'>>,
): Promise<Brief> {
  const state = emptyState();
  const { version, open } = settings;
  fold(state, { seq: 1, at: 0, cause: 'look', events: [{ type: 'run.opened', version, ...open }] });
  // Nothing is kept, so that nothing can be ahead of a disk.
  const briefing = new Briefing({ state: opened(state) as OnDisk, ports, settings });
  await briefing.tell(1);
  const { messages } = briefing;
  return { messages, tools: PLANNER_TOOLS, pieces: piecesOf(messages) };
}

function piecesOf(messages: readonly ChatMessage[]): readonly BriefPiece[] {
  const tools = { name: 'tools', chars: JSON.stringify(PLANNER_TOOLS).length, kept: 'always' } as const;
  return [
    tools,
    ...messages.flatMap(({ role, content }) =>
      role === 'system'
        ? [{ name: 'system', chars: content.length, kept: 'always' } as const]
        : blocksIn(content),
    ),
  ];
}

/** What a new beginning says again: it changes with the repository alone. */
const OF_THE_RUN: ReadonlySet<string> = new Set([
  'request',
  'environment',
  'project_instructions',
  'laws',
  'repository',
] satisfies BlockName[]);

/** No value in a block can end it, so that the first end is its end. */
const BLOCK = new RegExp(`^<(${BLOCK_NAMES.join('|')})>\\n[\\s\\S]*?\\n</\\1>$`, 'gm');

function blocksIn(text: string): readonly BriefPiece[] {
  const pieces: BriefPiece[] = [];
  let at = 0;
  const between = (end: number): void => {
    if (text.slice(at, end).trim() !== '')
      pieces.push({ name: 'text', chars: end - at, kept: 'conversation' });
  };
  for (const found of text.matchAll(BLOCK)) {
    between(found.index);
    const name = found[1] as BlockName;
    at = found.index + found[0].length;
    pieces.push({ name, chars: found[0].length, kept: OF_THE_RUN.has(name) ? 'run' : 'conversation' });
  }
  between(text.length);
  return pieces;
}
