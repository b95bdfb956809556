/** Resolves when a stream has given away all that was written to it, or nobody is there any more to take it. */
export function taken(sink: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (sink.destroyed || sink.writableLength === 0) return resolve();
    sink.once('close', resolve);
    sink.write('', () => resolve());
  });
}
