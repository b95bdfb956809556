import { type AddressInfo, connect, createServer } from 'node:net';

/** Clients speak TCP and the gateway a socket of the file system: bytes are handed on, as the sandbox's bridge does. */
export async function openBridge(socketPath: string): Promise<{ readonly url: string; close(): void }> {
  const bridge = createServer((near) => {
    const far = connect(socketPath);
    for (const [one, other] of [[near, far] as const, [far, near] as const]) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => bridge.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(bridge.address() as AddressInfo).port}`, close: () => bridge.close() };
}
