/** A bench that answers as a test says and writes down what it was asked. */

import { NO_USAGE } from '@swarm/core/model/usage';
import type { AttemptHost, Bench, BenchAsk, CannotRun, Saved } from '@swarm/core/ports/bench';
import { ALL_SAVED } from '@swarm/core/ports/git';
import type { SandboxResult } from '@swarm/core/ports/running';
import { commit } from '@swarm/core/testing';

export const ran = (over: Partial<SandboxResult> = {}): SandboxResult => ({
  end: 'exited',
  exitCode: 0,
  output: '',
  durationMs: 1,
  ...over,
});

/** What a full disk makes of any command. */
export const NO_SPACE = 'cp: error writing x: No space left on device\n';

export interface Answers {
  readonly opens?: (ask: BenchAsk) => CannotRun | undefined;
  readonly shell?: (command: string) => SandboxResult | Promise<SandboxResult>;
  readonly agent?: Bench['agent'];
  readonly saves?: Saved;
  readonly isFull?: boolean;
}

export function givenHost(deeds: string[], answers: Answers = {}): AttemptHost {
  return {
    name: 'local',
    slots: 4,
    capabilities: [],
    isFull: async () => answers.isFull ?? false,
    reap: async () => 0,
    clear: async () => [],
    async open(ask) {
      deeds.push(`open ${ask.name}`);
      return answers.opens?.(ask) ?? bench(ask, deeds, answers);
    },
  };
}

const bench = (ask: BenchAsk, deeds: string[], answers: Answers): Bench => ({
  kind: 'bench',
  head: ask.base,
  conflicts: [],
  prefix: '/tree',
  agentFor: ({ agent = 'played' }) => ({ name: agent }),
  async shell({ command, onLine }) {
    deeds.push(command);
    const result = (await answers.shell?.(command)) ?? ran();
    const lines = result.output === '' ? [] : result.output.replace(/\n$/, '').split('\n');
    for (const line of lines) onLine?.('stdout', line);
    return result;
  },
  async agent(job) {
    deeds.push('agent');
    return (
      answers.agent?.(job) ?? {
        end: 'finished',
        detail: '',
        usage: NO_USAGE,
        toolCalls: 1,
        claim: { status: 'complete', summary: 'did it', concerns: [], suggestions: [] },
      }
    );
  },
  async save() {
    deeds.push('save');
    return answers.saves ?? { kind: 'here', report: ALL_SAVED };
  },
  async close() {
    deeds.push(`close ${ask.name}`);
  },
});

export const WORK = commit('work');
