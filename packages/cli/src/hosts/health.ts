/** `GET /healthz` and `/readyz` of a worker host, for whoever watches over it. Nothing else is answered. */
import { createServer, type Server } from 'node:http';
import { SwarmError } from '@swarm/core/errors';

export interface Health {
  /** It can do its work: 200, else 503 with this reason. */
  readonly problem: () => string | undefined;
  /** It ends what it has, and takes nothing new. */
  readonly isDraining: () => boolean;
  readonly facts: () => Readonly<Record<string, unknown>>;
}

/** Errors: SW0705 when nothing can be served there. */
export function serveHealth(host: string, port: number, health: Health): Promise<Server> {
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 5_000 }, (request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(`${JSON.stringify(body)}\n`);
    };
    const problem = health.problem();
    if (request.method !== 'GET') return answer(405, { status: 'refused' });
    if (request.url === '/healthz')
      return problem === undefined
        ? answer(200, { status: 'ok', ...health.facts() })
        : answer(503, { status: 'failing', failing: problem });
    if (request.url === '/readyz')
      return health.isDraining()
        ? answer(503, { status: 'draining' })
        : problem === undefined
          ? answer(200, { status: 'ready' })
          : answer(503, { status: 'not ready', failing: problem });
    return answer(404, { status: 'unknown' });
  });
  server.maxConnections = 32;
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new SwarmError(
          {
            code: 'SW0705',
            what: `nothing can be served at ${host}:${port}`,
            why: cause.message,
            fix: '--health-port 0',
          },
          { cause },
        ),
      ),
    );
    server.listen(port, host, () => resolve(server));
  });
}
