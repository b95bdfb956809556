/** What both ends of the control socket read: one document a line, bounded before it is parsed. */
import type { Socket } from 'node:net';

/** No line that was read can be this one: they are trimmed. */
export const TOO_LONG = '\n';

/** Whole lines, UTF-8. What follows the last newline was cut off and is none; `TOO_LONG` is the last. */
export async function* linesOf(socket: Socket, bytesMax: number): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      if (size + end - from >= bytesMax) return yield TOO_LONG;
      yield Buffer.concat(parts).toString('utf8').trim();
      [parts, size, from] = [[], 0, end + 1];
    }
    parts.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size >= bytesMax) return yield TOO_LONG;
  }
}
