/** The bridge beside the runs' pages: the same address, the same guard. */
import type { Family } from '@swarm/bridge';
import type { Beside } from '@swarm/dashboard';

/** What is served beside the runs. */
export interface BesideRuns {
  /** What there is to measure of it, put into the text of the runs. */
  measured(text: string): string;
  close(): void | Promise<void>;
}

export interface OpenedBridge extends BesideRuns {
  readonly beside: Beside;
}

/** Loaded only where one is wanted. */
export async function bridgeBeside(isOpen: boolean): Promise<OpenedBridge> {
  const { openBridge } = await import('@swarm/bridge');
  const bridge = openBridge({ now: () => performance.now(), wall: () => Date.now() });
  return {
    beside: {
      isOpen,
      sockets: bridge.sockets,
      owns: (path) => bridge.owns(path),
      isWorkers: (path) => bridge.isWorkers(path),
      answer: (asked) => bridge.answer(asked),
      upgrade: (request, socket, head, path, worker) => bridge.upgrade(request, socket, head, path, worker),
    },
    measured: (text) => withFamilies(text, bridge.figures()),
    close: () => bridge.close(),
  };
}

/** A family that is there already gets more lines: told twice it could not be read. */
export function withFamilies(text: string, families: readonly Family[]): string {
  return families.reduce((told, { name, kind, help, lines }) => {
    if (lines.length === 0) return told;
    const type = `# TYPE ${name} ${kind}\n`;
    const more = `${lines.join('\n')}\n`;
    const begun = told === '' || told.endsWith('\n') ? told : `${told}\n`;
    return begun.includes(type)
      ? begun.replace(type, () => `${type}${more}`)
      : `${begun}# HELP ${name} ${help}\n${type}${more}`;
  }, text);
}
