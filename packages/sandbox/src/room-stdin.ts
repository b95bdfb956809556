import type { Writable } from 'node:stream';
import type { RoomProcess } from '@swarm/core/ports/running';

/** The stdin of a process that is still being started: what is written early waits for it. */
export class RoomStdin {
  readonly #opened = Promise.withResolvers<Writable | undefined>();

  /** Its process has started. */
  open(stdin: Writable): void {
    // It may end before it has read everything; its ending tells that better than a broken pipe.
    stdin.on('error', () => {});
    this.#opened.resolve(stdin);
  }

  /** Its process is gone, or was never there: nobody waits for it any more. */
  close(): void {
    this.#opened.resolve(undefined);
  }

  get port(): RoomProcess['stdin'] {
    return {
      write: async (text) => {
        const stdin = await this.#opened.promise;
        if (!stdin?.writable) return;
        await new Promise<void>((resolve) => {
          stdin.once('close', resolve);
          stdin.write(text, () => {
            stdin.off('close', resolve);
            resolve();
          });
        });
      },
      end: () => void this.#opened.promise.then((stdin) => stdin?.end()),
    };
  }
}
