/** A sandbox whose commands are changed before they run: variables everybody gets, values nobody may read. */
import type { Room, RoomCommand, RoomProcess, Sandbox } from '@swarm/core/ports/running';

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
    const { onLine } = given;
    const lines = change &&
      onLine && { onLine: (...[stream, line]: Parameters<typeof onLine>) => onLine(stream, change(line)) };
    return { command: { ...mapping.command(given), ...lines }, change: change ?? ((text: string) => text) };
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
      return { ...ran, output: change(ran.output) };
    },
    start(given) {
      const { command, change } = prepared(given);
      const started = room.start(command);
      return {
        stdin: started.stdin,
        lines: mapLines(started.lines, change),
        ended: started.ended.then((ran) => ({ ...ran, output: change(ran.output) })),
      };
    },
  };
}

async function* mapLines(lines: RoomProcess['lines'], change: (text: string) => string) {
  for await (const { stream, text } of lines) yield { stream, text: change(text) };
}
