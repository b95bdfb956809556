/** Keeps the beginning and the end of a stream of bytes, and counts what was between; memory stays flat. */
export function createHeadTail(headBytes: number, tailBytes: number) {
  const head: Buffer[] = [];
  let headLength = 0;
  let tail: Buffer[] = [];
  let tailLength = 0;
  let total = 0;
  const squeeze = () => {
    const all = Buffer.concat(tail);
    tail = [all.subarray(Math.max(0, all.length - tailBytes))];
    tailLength = tail[0]!.length;
  };
  return {
    add(chunk: Buffer): void {
      total += chunk.length;
      const room = headBytes - headLength;
      if (room > 0) {
        head.push(chunk.subarray(0, room));
        headLength += Math.min(room, chunk.length);
      }
      if (chunk.length <= room) return;
      tail.push(chunk.subarray(Math.max(0, room)));
      tailLength += chunk.length - Math.max(0, room);
      if (tailLength > 2 * tailBytes + 4096) squeeze();
    },
    /** Invalid UTF-8, a character cut in two at a seam among it, reads as U+FFFD. */
    text(): string {
      squeeze();
      const leftOut = total - headLength - tailLength;
      const seam = leftOut > 0 ? `\n[… ${leftOut} bytes left out …]\n` : '';
      return Buffer.concat(head).toString() + seam + Buffer.concat(tail).toString();
    },
  };
}
