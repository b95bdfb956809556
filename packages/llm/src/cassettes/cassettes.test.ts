import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { DIALECT_NAMES } from '@swarm/core/model/dialect';
import { attemptId, taskId } from '@swarm/core/model/ids';
import { ask as askGateway } from '../../test/support/agent.ts';
import { modelOver, question, startServer, tool } from '../../test/support/asking.ts';
import { callsIn, recording, replaying, textIn } from '../../test/support/cassettes.ts';
import { answering, SPOKEN } from '../../test/support/dialects.ts';
import * as fault from '../../test/support/fault-server.ts';
import { a1, openGateway, until } from '../../test/support/gateways.ts';

const of = (n: number) => ({ task: taskId(n), attempt: attemptId(taskId(n), 1) });
const asking = (content: string, more = {}) => ({ messages: [{ role: 'user' as const, content }], ...more });

/** What a model over these plans answers to each question, recorded, and again from the cassette; the server is gone by then. */
async function twice(plans: readonly fault.Plan[], questions: readonly object[], servers = 1) {
  const upstream = await Promise.all(Array.from({ length: servers }, () => startServer(...plans)));
  const tape = await recording(
    upstream.map(({ baseUrl }, i) => ({ name: `e${i + 1}`, baseUrl, apiKey: 'sk-secret' })),
  );
  const results = [];
  const { ask } = modelOver([], { endpoints: tape.endpoints });
  for (const one of questions) results.push(await ask(one));
  await tape.close();
  const seen = upstream.map((server) => server.seen.length);
  const played = await replaying(tape.path);
  const over = modelOver([], { endpoints: played.endpoints });
  const again = [];
  for (const one of questions) again.push(await over.ask(one));
  assert.deepEqual(
    upstream.map((server) => server.seen.length),
    seen,
    'a replay asked the server',
  );
  return { results, again, played, path: tape.path };
}

describe('a run that is recorded', () => {
  it('is answered as before from the cassette alone: text, end and usage', async () => {
    const { results, again, path } = await twice(
      [fault.says('One.'), fault.says('Two.')],
      [asking('a'), asking('b')],
    );
    assert.deepEqual(
      results.map(({ text }) => text),
      ['One.', 'Two.'],
    );
    assert.deepEqual(again, results);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('is answered by who asks and what is asked, in whatever order', async () => {
    const server = await startServer((response, { headers, body }) =>
      fault.says(`${headers['x-swarm-task']}: ${body.messages[0].content}`)(response, {
        headers,
        body,
      } as fault.Seen),
    );
    const tape = await recording([{ name: 'e1', baseUrl: server.baseUrl }]);
    const inTurn = async (
      endpoints: typeof tape.endpoints,
      asked: readonly (readonly [number, string])[],
    ) => {
      const { ask } = modelOver([], { endpoints });
      const said: string[] = [];
      for (const [n, content] of asked) said.push((await ask(asking(content, of(n)))).text);
      return said;
    };
    await inTurn(tape.endpoints, [
      [1, 'same'],
      [2, 'same'],
      [1, 'x'],
      [2, 'y'],
    ]);
    await tape.close();
    const played = await replaying(tape.path);
    const said = await inTurn(played.endpoints, [
      [2, 'y'],
      [2, 'same'],
      [1, 'same'],
      [1, 'x'],
    ]);
    assert.deepEqual(said, ['t2: y', 't2: same', 't1: same', 't1: x']);
    assert.deepEqual(played.divergences, []);
  });

  it('fails again as it failed, and goes on as it went on', async () => {
    const plans = [
      fault.status(500, 'sorry'),
      fault.cut(),
      fault.says('Now.'),
      fault.cut(fault.textEvent('Half')),
      fault.status(401, { error: { message: 'no such key' } }),
    ];
    const { results, again, path } = await twice(plans, [asking('a'), asking('b'), asking('c')]);
    assert.deepEqual(
      results.map(({ end, text }) => [end.kind, text]),
      [
        ['stopped', 'Now.'],
        ['cut', 'Half'],
        ['auth', ''],
      ],
    );
    assert.deepEqual(again, results);
    assert.deepEqual(
      callsIn(path).map(({ answer }) =>
        answer.kind === 'answered' ? [answer.status, answer.end] : answer.kind,
      ),
      [[500, 'whole'], 'failed', [200, 'left'], [200, 'broken'], [401, 'whole']],
    );
  });

  it('is told apart by its endpoints: what one sent along goes back to that one', async () => {
    const withBag = fault.raw(
      fault.event({
        choices: [{ index: 0, delta: { role: 'assistant', reasoning_content: 'hm', content: 'A.' } }],
      }),
      fault.endEvent(),
      fault.DONE,
    );
    const servers = await Promise.all([startServer(withBag), startServer(withBag)]);
    const tape = await recording(servers.map(({ baseUrl }, i) => ({ name: `e${i + 1}`, baseUrl })));
    const conversation = async (endpoints: typeof tape.endpoints, rng: () => number) => {
      const { ask } = modelOver([], { endpoints, rng });
      const first = await ask(asking('a'));
      const said = {
        role: 'assistant' as const,
        content: first.text,
        toolCalls: [],
        ...(first.bag && { bag: first.bag }),
      };
      const second = await ask({
        messages: [...question.messages, said, { role: 'user', content: 'go on' }],
      });
      return [first, second];
    };
    const [first] = await conversation(tape.endpoints, () => 0.9);
    assert.equal(first!.bag?.endpoint, 'e2');
    await tape.close();
    const played = await replaying(tape.path);
    const again = await conversation(played.endpoints, () => 0.1);
    assert.equal(again[0]!.bag?.endpoint, 'e2');
    assert.deepEqual(played.divergences, []);
  });

  it('is answered though another one asks before what a server refuses is known', async () => {
    const strict: fault.Plan = (response, seen) =>
      seen.body.stream_options === undefined
        ? fault.says('Fine.')(response, seen)
        : fault.status(400, {
            error: { message: 'Unknown parameter: stream_options', param: 'stream_options' },
          })(response, seen);
    const server = await startServer(strict);
    const tape = await recording([{ name: 'e1', baseUrl: server.baseUrl }]);
    const { ask } = modelOver([], { endpoints: tape.endpoints });
    await ask(asking('a', of(1)));
    await ask(asking('b', of(2)));
    await tape.close();
    assert.equal(callsIn(tape.path).length, 3);
    const played = await replaying(tape.path);
    const over = modelOver([], { endpoints: played.endpoints });
    assert.equal((await over.ask(asking('b', of(2)))).text, 'Fine.');
    assert.equal((await over.ask(asking('a', of(1)))).text, 'Fine.');
    assert.deepEqual(played.divergences, []);
  });

  it('is answered, and that is told, though a tool gave back something else', async () => {
    const server = await startServer(fault.says('Fine.'));
    const tape = await recording([{ name: 'e1', baseUrl: server.baseUrl }]);
    const call = { id: 'c1', name: 'read', argumentsJson: '{}' };
    const after = (content: string) => ({
      ...of(1),
      messages: [
        ...question.messages,
        { role: 'assistant' as const, content: '', toolCalls: [call] },
        { role: 'tool' as const, callId: 'c1', content },
      ],
    });
    await modelOver([], { endpoints: tape.endpoints }).ask(after('pid 17'));
    await tape.close();
    const played = await replaying(tape.path);
    assert.equal((await modelOver([], { endpoints: played.endpoints }).ask(after('pid 18'))).text, 'Fine.');
    assert.deepEqual(played.drifts, [[{ role: 'worker', task: 't1', attempt: 't1.1' }, 2]]);
  });

  it('is answered where nothing is recorded of looks whether an endpoint lives', async () => {
    const server = await startServer(
      fault.status(500),
      fault.status(500),
      fault.status(500),
      fault.says('pong'),
      fault.says('Yes.'),
    );
    const tape = await recording([{ name: 'e1', baseUrl: server.baseUrl }]);
    const result = await modelOver([], { endpoints: tape.endpoints }).ask();
    await tape.close();
    assert.equal(result.text, 'Yes.');
    assert.equal(server.seen.length, 5);
    assert.equal(callsIn(tape.path).length, 4);
    const played = await replaying(tape.path);
    assert.deepEqual(await modelOver([], { endpoints: played.endpoints }).ask(), result);
  });
});

describe('an agent’s calls through the gateway are answered as before, in', () => {
  const USED = { input: 50, cached: 20, written: 0, output: 9 };
  for (const dialect of DIALECT_NAMES)
    for (const isStream of [true, false])
      it(`${dialect}, ${isStream ? 'in pieces' : 'in one'}`, async () => {
        const server = await startServer(answering(dialect, 'Hello.', USED));
        const tape = await recording([{ name: 'e1', baseUrl: server.baseUrl, dialect }]);
        const spoken = SPOKEN[dialect];
        const through = async (endpoints: typeof tape.endpoints) => {
          const { gateway, told } = openGateway([], { endpoints });
          const { token, socketPath } = await gateway.issue(a1, { tokens: 1_000_000 });
          const { status, text, isWhole } = await askGateway(
            socketPath,
            token,
            spoken.question('Hi', isStream),
            {
              path: spoken.path(isStream),
            },
          );
          await gateway.revoke(a1);
          return { status, text, isWhole, used: told.map(({ used }) => used) };
        };
        const first = await through(tape.endpoints);
        await tape.close();
        assert.equal(first.status, 200);
        const played = await replaying(tape.path);
        assert.deepEqual(await through(played.endpoints), first);
        assert.equal(server.seen.length, 1);
      });
});

it('an answer that broke off reaches an agent as far as it came, and breaks off again', async () => {
  const said = ['One. ', 'Two. ', 'Three.'].map(fault.textEvent);
  const server = await startServer(fault.cut(...said));
  const tape = await recording([{ name: 'e1', baseUrl: server.baseUrl }]);
  const through = async (endpoints: typeof tape.endpoints) => {
    const { gateway } = openGateway([], { endpoints });
    const { token, socketPath } = await gateway.issue(a1, { tokens: 1_000_000 });
    const { text, isWhole } = await askGateway(socketPath, token, SPOKEN.chat.question('Hi', true));
    await gateway.revoke(a1);
    return { text, isWhole };
  };
  const first = await through(tape.endpoints);
  await tape.close();
  assert.deepEqual(first, { text: said.join(''), isWhole: false });
  const played = await replaying(tape.path);
  assert.deepEqual(await through(played.endpoints), first);
});

describe('what is asked and was not recorded', () => {
  it('is told once, with who asks, the line, and the words that differ', async () => {
    const system = ['Rules:', '- one', '- two', '- three'];
    const messages = (rules: readonly string[]) => ({
      ...of(3),
      messages: [{ role: 'system' as const, content: rules.join('\n') }, ...question.messages],
    });
    const server = await startServer(fault.says('Fine.'));
    const tape = await recording([{ name: 'e1', baseUrl: server.baseUrl }]);
    await modelOver([], { endpoints: tape.endpoints }).ask(messages(system));
    await tape.close();
    const played = await replaying(tape.path);
    const stop = new AbortController();
    const { model } = modelOver([], { endpoints: played.endpoints });
    const calls = [system.with(2, '- 2'), system].map((rules) =>
      model.stream({ ...question, ...messages(rules) }, { signal: stop.signal }),
    );
    await until(() => played.divergences.length > 0);
    stop.abort();
    // Nobody is answered any more, not even who asks what is recorded.
    assert.deepEqual(
      (await Promise.all(calls)).map(({ end }) => end.kind),
      ['aborted', 'aborted'],
    );
    assert.deepEqual(played.divergences, [
      {
        line: 2,
        text: [
          `worker of t3.1, request 1: messages[0].content is not as in ${tape.path}:2`,
          '  Rules:',
          '  - one',
          '- - two',
          '+ - 2',
        ].join('\n'),
      },
    ]);
  });

  it('is told where that one asked nothing, or no more', async () => {
    const { played } = await twice([fault.says('Fine.')], [asking('a', of(1))]);
    const { model } = modelOver([], { endpoints: played.endpoints });
    const stop = new AbortController();
    const more = model.stream({ ...question, ...asking('Once more.', of(1)) }, { signal: stop.signal });
    await until(() => played.divergences.length > 0);
    stop.abort();
    await more;
    const { path } = played.tape;
    assert.deepEqual(played.divergences, [
      { text: `worker of t1.1, request 2: in ${path} it asked 1 times, and no more\n+ Once more.` },
    ]);
  });
});

describe('a secret that is known', () => {
  const SECRET = 'hunter2-hunter2-hunter2';
  const redact = (text: string): string => text.replaceAll(SECRET, '[redacted]');
  const halves = [SECRET.slice(0, 9), SECRET.slice(9)];
  const answers: Readonly<Record<string, fault.Plan>> = {
    'an answer': fault.says(`It is ${SECRET}.`),
    'two pieces of an answer': fault.raw(
      ...[fault.textEvent(`It is ${SECRET}.`)].flatMap((e) => [e.slice(0, 70), e.slice(70)]),
      fault.endEvent(),
      fault.DONE,
    ),
    'two events of an answer': fault.raw(...halves.map(fault.textEvent), fault.endEvent(), fault.DONE),
    'the arguments of a tool, in two events': fault.raw(
      ...halves.map((part, i) =>
        fault.event({
          choices: [
            {
              index: 0,
              delta: {
                tool_calls: [
                  {
                    index: 0,
                    ...(i === 0 && { id: 'c1', type: 'function' }),
                    function: {
                      ...(i === 0 && { name: 'write' }),
                      arguments: i === 0 ? `{"a":"${part}` : `${part}"}`,
                    },
                  },
                ],
              },
            },
          ],
        }),
      ),
      fault.endEvent('tool_calls'),
      fault.DONE,
    ),
    'an error': fault.status(400, { error: { message: `bad key ${SECRET}` } }),
  };
  for (const [where, plan] of Object.entries(answers))
    it(`never stands in the file, not from a prompt and not from ${where}; what is left is played`, async () => {
      const server = await startServer(plan);
      const tape = await recording([{ name: 'e1', baseUrl: server.baseUrl, apiKey: SECRET }], { redact });
      const request = { ...asking(`Use ${SECRET}.`), tools: [tool('write', { description: SECRET })] };
      await modelOver([], { endpoints: tape.endpoints }).ask(request);
      await tape.close();
      assert.equal(server.seen[0]!.headers.authorization, `Bearer ${SECRET}`);
      const text = textIn(tape.path);
      for (const part of [SECRET, ...halves])
        assert.ok(!text.includes(part), `${part} stands in the cassette`);
      const played = await replaying(tape.path, { redact });
      const { end, text: said } = await modelOver([], { endpoints: played.endpoints }).ask(request);
      assert.match(JSON.stringify([end, said]), /\[redacted\]/);
      assert.deepEqual(played.divergences, []);
    });

  it('and a folder of this machine are named, and the name is read as the folder of another', async () => {
    const server = await startServer(fault.says('Look in /home/me/state/x.'));
    const endpoints = [{ name: 'e1', baseUrl: server.baseUrl }];
    const tape = await recording(endpoints, { places: [{ name: '<state>', path: '/home/me/state' }] });
    await modelOver([], { endpoints: tape.endpoints }).ask(asking('You are in /home/me/state/x.'));
    await tape.close();
    assert.ok(!textIn(tape.path).includes('/home/me'));
    const played = await replaying(tape.path, { places: [{ name: '<state>', path: '/srv/s' }] });
    const { text } = await modelOver([], { endpoints: played.endpoints }).ask(asking('You are in /srv/s/x.'));
    assert.equal(text, 'Look in /srv/s/x.');
  });
});

it('a fault of the file is told once, and changes no answer', async () => {
  const server = await startServer(fault.says('Fine.'));
  const tape = await recording([{ name: 'e1', baseUrl: server.baseUrl }]);
  const { ask } = modelOver([], { endpoints: tape.endpoints });
  await tape.close();
  assert.equal((await ask()).text, 'Fine.');
  assert.equal((await ask()).text, 'Fine.');
  assert.equal(tape.faults.length, 1);
  assert.match(tape.faults[0]!, /\.cassette: .*closed/);
});
