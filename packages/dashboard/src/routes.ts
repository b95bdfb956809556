/** What stands at which path. Who may ask is decided before, by the guard. */
import { type Answered, type Asked, NOTHING_HERE, notAllowed, type Served } from './asked.ts';
import { hasBody } from './body.ts';
import { json, type Reply, refusal, text } from './reply.ts';
import { ofRun } from './run-routes.ts';

export async function answer(asked: Asked, served: Served): Promise<Answered> {
  const { request, path } = asked;
  const { method = '' } = request;
  const isRead = method === 'GET' || method === 'HEAD';
  if (isRead && hasBody(request))
    return refusal(400, { what: 'a question has no body' }, { connection: 'close' });
  const [first, second, third, run, ...rest] = path.split('/').slice(1);
  if (first === 'api' && second === 'v1' && third === 'runs')
    return run === undefined || run === '' ? listed(method, served) : ofRun(asked, run, rest, served);
  const file = served.page?.get(path);
  if (file) return isRead ? { status: 200, ...file } : notAllowed('GET, HEAD');
  const whole = Object.hasOwn(WHOLE, path) ? WHOLE[path] : undefined;
  if (!whole) return NOTHING_HERE;
  return isRead ? whole(served) : notAllowed('GET, HEAD');
}

const WHOLE: Readonly<Record<string, (served: Served) => Promise<Reply> | Reply>> = {
  '/': () => text(INDEX),
  '/healthz': health,
  '/readyz': health,
  '/metrics': async ({ metrics }) =>
    metrics ? text(await metrics(), 'text/plain; version=0.0.4; charset=utf-8') : NOTHING_HERE,
};

const INDEX = `swarm serve

GET  /api/v1/runs
GET  /api/v1/runs/RUN
GET  /api/v1/runs/RUN/tasks
GET  /api/v1/runs/RUN/tasks/TASK
GET  /api/v1/runs/RUN/tasks/TASK/diff
GET  /api/v1/runs/RUN/attempts/ATTEMPT/diff
GET  /api/v1/runs/RUN/attempts/ATTEMPT/transcript
GET  /api/v1/runs/RUN/history
GET  /api/v1/runs/RUN/notes
GET  /api/v1/runs/RUN/report
GET  /api/v1/runs/RUN/compare/RUN
GET  /api/v1/runs/RUN/events      a stream; Last-Event-ID goes on after a break
POST /api/v1/runs/RUN/commands
POST /api/v1/runs/RUN/undo
POST /api/v1/runs/RUN/proposals
GET  /healthz, /readyz
`;

/** Says which part fails, and nothing of where it lies: nobody has shown a token yet. */
async function health({ streams }: Served): Promise<Reply> {
  try {
    await streams.look();
    return json({ status: 'ok' });
  } catch {
    return json({ status: 'failing', failing: 'the repository’s runs cannot be listed' }, 503);
  }
}

async function listed(method: string, { streams }: Served): Promise<Reply> {
  if (method !== 'GET' && method !== 'HEAD') return notAllowed('GET, HEAD');
  return json({ runs: await streams.list() });
}
