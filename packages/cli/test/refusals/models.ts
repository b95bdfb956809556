/** A model server for refusals: one answer to everything. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** Its base URL. */
export async function serving(t: TestContext, status: number, body: object): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

/** A base URL at which nobody listens any more. */
export async function nobody(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/v1`;
}

/** The environment of an operator whose server knows these models. */
export async function withModels(t: TestContext, ...ids: string[]): Promise<Record<string, string>> {
  const url = await serving(t, 200, { data: ids.map((id) => ({ id })) });
  return { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: url, SWARM_MODEL: ids[0] ?? 'm' };
}
