/** A sandbox whose commands are changed before they run: variables everybody gets, values nobody may read. */
import type { Room, RoomCommand, RoomProcess, Sandbox, SandboxResult } from '@swarm/core/ports/running';

export interface Mapping {
  command(command: RoomCommand): RoomCommand;
  /** Applied to all that comes back of this command; absent: it stands as it is. */
  text?(command: RoomCommand): ((text: string) => string) | undefined;
  /** Applied to files that commands leave to be collected. */
  collected?(text: string): string;
}

export function mapSandbox(sandbox: Sandbox, mapping: Mapping): Sandbox {
  return {
    provider: sandbox.provider,
    open: async (ask) => mapRoom(await sandbox.open(ask), mapping),
    reap: () => sandbox.reap(),
  };
}

function mapRoom(room: Room, mapping: Mapping): Room {
  const prepared = (given: RoomCommand) => {
    const change = mapping.text?.(given);
    const told = change && changed(given, change);
    return { command: { ...mapping.command(given), ...told }, change: change ?? ((text: string) => text) };
  };
  return {
    workspace: room.workspace,
    shown: (mount) => room.shown(mount),
    sees: (path) => room.sees(path),
    place: (file) => room.place(file),
    outlet: (name) => room.outlet(name),
    async collect(name, maxBytes) {
      const found = await room.collect(name, maxBytes);
      if (found.kind !== 'text' || !mapping.collected) return found;
      return { kind: 'text', text: mapping.collected(found.text) };
    },
    close: () => room.close(),
    async run(given) {
      const { command, change } = prepared(given);
      const ran = await room.run(command);
      return changedResult(ran, change);
    },
    start(given) {
      const { command, change } = prepared(given);
      const started = room.start(command);
      return {
        stdin: started.stdin,
        lines: mapLines(started.lines, change),
        ended: started.ended.then((ran) => changedResult(ran, change)),
      };
    },
  };
}

type Change = (text: string) => string;

/** All that is told of a command while it runs. A name that is asked for is its own words too. */
function changed({ onLine, onReach }: RoomCommand, change: Change): Pick<RoomCommand, 'onLine' | 'onReach'> {
  return {
    ...(onLine && { onLine: (stream, line) => onLine(stream, change(line)) }),
    ...(onReach && {
      onReach: (reached) => onReach(reached.map((one) => ({ ...one, authority: change(one.authority) }))),
    }),
  };
}

const changedResult = (ran: SandboxResult, change: Change): SandboxResult => ({
  ...ran,
  output: change(ran.output),
  ...(ran.refused && { refused: ran.refused.map(change) }),
});

async function* mapLines(lines: RoomProcess['lines'], change: Change) {
  for await (const { stream, text } of lines) yield { stream, text: change(text) };
}
