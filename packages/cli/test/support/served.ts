/** What a program does with `swarm serve`: asks, and listens. Over sockets of its own, so that nothing mends what is sent. */
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { TestContext } from 'node:test';
import type { Running } from './program.ts';

export interface Site {
  readonly url: string;
  readonly link: string;
  readonly token: string;
  readonly tokenFile: string;
}

/** @param running was started with `--json`; it is ended with the test. */
export async function servedBy(t: TestContext, running: Running): Promise<Site> {
  const site = JSON.parse(await running.line(/"tokenFile":/)) as Site;
  t.after(async () => {
    running.kill('SIGTERM');
    await running.ended;
  });
  return site;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
  /** Undefined: the site's. */
  readonly token?: string | null;
}

export interface Told {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a program would do with it, too.
  readonly body: any;
}

function begun(site: Site, path: string, { method = 'GET', headers = {}, body, token }: Ask): ClientRequest {
  const { hostname, port } = new URL(site.url);
  const asks = token === null ? {} : { authorization: `Bearer ${token ?? site.token}` };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const made = request({
    host: hostname,
    port,
    path,
    method,
    agent: false,
    headers: { ...asks, ...type, ...headers },
  });
  made.end(body);
  return made;
}

export async function asked(site: Site, path: string, ask: Ask = {}): Promise<Told> {
  const [response] = (await once(begun(site, path, ask), 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  const { statusCode: status = 0, headers } = response;
  const isJson = headers['content-type']?.startsWith('application/json') && text !== '';
  return { status, headers, text, body: isJson ? JSON.parse(text) : undefined };
}

// ───────────── listening ─────────────

export interface Heard {
  readonly id: number;
  readonly data: {
    readonly seq: number;
    readonly events: readonly { readonly event: string; readonly attempt?: string; readonly msg: string }[];
  };
}

export interface Stream {
  readonly heard: Heard[];
  until(isIt: (heard: Heard) => boolean): Promise<void>;
  readonly ended: Promise<void>;
  close(): void;
}

export function listen(site: Site, path: string, headers: Record<string, string> = {}): Stream {
  const made = begun(site, path, { headers });
  const heard: Heard[] = [];
  let wake = Promise.withResolvers<void>();
  let isOver = false;
  const read = async (): Promise<void> => {
    const [response] = (await once(made, 'response')) as [IncomingMessage];
    let rest = '';
    for await (const chunk of response.setEncoding('utf8')) {
      const parts = `${rest}${chunk}`.split('\n\n');
      rest = parts.pop()!;
      heard.push(...parts.flatMap(messageIn));
      wake.resolve();
      wake = Promise.withResolvers();
    }
  };
  const ended = read()
    .catch(() => undefined)
    .finally(() => {
      isOver = true;
      wake.resolve();
    });
  return {
    heard,
    ended,
    async until(isIt) {
      while (!heard.some(isIt)) {
        if (isOver) throw new Error(`the stream ended after ${heard.length} messages`);
        await wake.promise;
      }
    },
    close: () => made.destroy(),
  };
}

function messageIn(part: string): Heard[] {
  const fields = new Map(
    part.split('\n').map((line) => [line.split(': ', 1)[0]!, line.slice(line.indexOf(': ') + 2)]),
  );
  const [id, data] = [fields.get('id'), fields.get('data')];
  return id === undefined || data === undefined ? [] : [{ id: Number(id), data: JSON.parse(data) }];
}
