import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerOf, callsOf } from '../../test/support/asking.ts';
import * as fault from '../../test/support/fault-server.ts';
import { QUIRKS } from './quirks.ts';

const A = '{"path":"a.txt"}';
const B = '{"path":"b.txt"}';
const BOTH = [`write${A}`, `write${B}`];

const delta = (fields: unknown): string => fault.event({ choices: [{ index: 0, delta: fields }] });
const calls = (...pieces: unknown[]): string => delta({ tool_calls: pieces });
const call = (name: string, args: unknown, more: object = {}) => ({
  type: 'function',
  function: { name, arguments: args },
  ...more,
});
const ended = (...events: string[]) => fault.raw(...events, fault.endEvent('tool_calls'), fault.DONE);

describe('two calls are two', () => {
  const rows: [string, string[]][] = [
    ['neither has a number or an id, one event each', [calls(call('write', A)), calls(call('write', B))]],
    ['neither has a number or an id, in one event', [calls(call('write', A), call('write', B))]],
    ['both have number 0 and no id', [A, B].map((x) => calls(call('write', x, { index: 0 })))],
    ['both have the same id', [A, B].map((x) => calls(call('write', x, { id: 'call_0' })))],
    ['both have number 0 and the same id', [A, B].map((x) => calls(call('write', x, { index: 0, id: 'c' })))],
    [
      'the first comes in pieces and nothing is numbered',
      [
        calls(call('write', A.slice(0, 5))),
        calls({ function: { arguments: A.slice(5) } }),
        calls(call('write', B)),
      ],
    ],
    [
      'numbers stand in quotes',
      [calls(call('write', A, { index: '0' })), calls(call('write', B, { index: '1' }))],
    ],
    ['ids are numbers', [calls(call('write', A, { id: 1 })), calls(call('write', B, { id: 2 }))]],
    [
      'their pieces come mixed',
      [
        calls(call('write', A.slice(0, 4), { index: 0, id: 'x' })),
        calls(call('write', B.slice(0, 4), { index: 1, id: 'y' })),
        calls({ index: 0, function: { arguments: A.slice(4) } }),
        calls({ index: 1, function: { arguments: B.slice(4) } }),
      ],
    ],
  ];
  for (const [when, events] of rows)
    it(`when ${when}`, async () => {
      const result = await answerOf(ended(...events));
      assert.deepEqual(callsOf(result), BOTH);
      const ids = result.end.kind === 'tools' ? result.end.calls.map((c) => c.id) : [];
      assert.equal(new Set(ids).size, 2, 'results are paired with calls by their ids');
    });

  it('when they are called without arguments, one after the other', async () => {
    const result = await answerOf(ended(calls(call('read', '')), calls(call('write', ''))));
    assert.deepEqual(callsOf(result), ['read{}', 'write{}']);
  });
});

describe('one call is one', () => {
  const inPieces = (size: number) => A.match(new RegExp(`.{1,${size}}`, 'g'))!;
  const rows: [string, string[]][] = [
    [
      'its name is said in every piece',
      inPieces(5).map((x) => calls(call('write', x, { index: 0, id: 'c' }))),
    ],
    ['its name is said in every piece without number or id', inPieces(4).map((x) => calls(call('write', x)))],
    [
      'its name comes in halves',
      [
        calls(call('wri', '', { index: 0, id: 'c' })),
        calls(call('te', '', { index: 0 })),
        calls({ index: 0, function: { arguments: A } }),
      ],
    ],
    ['its arguments are an object', [calls(call('write', JSON.parse(A)))]],
    [
      'its arguments are said whole once more at the end',
      [
        ...inPieces(6).map((x, i) =>
          calls({
            index: 0,
            ...(i === 0 && { id: 'c' }),
            function: { ...(i === 0 && { name: 'write' }), arguments: x },
          }),
        ),
        calls({ index: 0, function: { arguments: A } }),
      ],
    ],
    [
      'it is said whole once more at the end',
      [calls(call('write', A, { id: 'c' })), calls(call('write', A, { id: 'c' }))],
    ],
    [
      'an empty object holds the place of its arguments',
      [calls(call('write', '{}', { index: 0, id: 'c' })), calls({ index: 0, function: { arguments: A } })],
    ],
    ['an empty piece with its name follows', [calls(call('write', A)), calls(call('write', ''))]],
    ['it is no list', [delta({ tool_calls: call('write', A) })]],
    ['nothing stands around it', [calls({ name: 'write', arguments: JSON.parse(A) })]],
    ['it comes under its old name', [delta({ function_call: { name: 'write', arguments: A } })]],
    [
      'its brackets stand in texts too',
      [calls(call('write', '{"path":"a}{"')), calls({ function: { arguments: '}' } })],
    ],
  ];
  for (const [when, events] of rows)
    it(`when ${when}`, async () => {
      const result = await answerOf(ended(...events));
      const expected = when.startsWith('its brackets') ? ['write{"path":"a}{"}'] : [`write${A}`];
      assert.deepEqual(callsOf(result), expected);
    });
});

describe('text is what the model says', () => {
  const text = async (...events: string[]) =>
    (await answerOf(fault.raw(...events, fault.endEvent(), fault.DONE))).text;

  it('when it comes as parts, of which thinking is none', async () => {
    const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] };
    const parts = [
      delta({ content: [thinking] }),
      delta({ content: [{ type: 'text', text: '{"a"' }, ':1}'] }),
    ];
    assert.equal(await text(...parts), '{"a":1}');
  });

  it('when a letter is cut in two halves', async () => {
    const result = await answerOf(
      fault.raw(delta({ content: '{\ud83d' }), delta({ content: '\ude00}' }), fault.endEvent()),
    );
    assert.deepEqual(
      result.pieces.map((p) => p.isWellFormed()),
      result.pieces.map(() => true),
    );
    assert.equal(result.text, '{😀}');
  });

  it('when half a letter is all that came', async () => {
    assert.equal(await text(delta({ content: '{"a\ud83d' })), '{"a\ufffd');
  });

  it('when the stream ends with the whole message once more', async () => {
    const whole = fault.event({ choices: [{ message: { content: '{"a":1}' }, finish_reason: 'stop' }] });
    assert.equal(await text(delta({ content: '{"a":1}' }), whole), '{"a":1}');
  });
});

describe('the end of an answer', () => {
  it('is [DONE], where no piece gave a reason and every call is whole', async () => {
    assert.deepEqual(callsOf(await answerOf(fault.raw(calls(call('write', A)), fault.DONE))), [`write${A}`]);
    const result = await answerOf(fault.raw(delta({ content: '{"a":1}' }), fault.DONE));
    assert.deepEqual([result.end.kind, result.text], ['stopped', '{"a":1}']);
  });

  it('is not [DONE] while a call is half, or where nothing came at all', async () => {
    for (const plan of [fault.raw(calls(call('write', '{"pa')), fault.DONE), fault.raw(fault.DONE)])
      assert.equal((await answerOf(plan)).end.kind, 'down');
  });

  it('is the reason, where no [DONE] follows', async () => {
    assert.equal((await answerOf(fault.raw(fault.textEvent('{}'), fault.endEvent()))).end.kind, 'stopped');
  });

  it('is not an empty reason', async () => {
    const empty = fault.event({ choices: [{ delta: { content: '{"a' }, finish_reason: '' }] });
    assert.equal((await answerOf(fault.cut(empty))).end.kind, 'cut');
  });

  for (const reason of ['length', 'max_tokens', 'model_length', 'MAX_TOKENS'])
    it(`says that the answer was cut by its length with ${reason}`, async () => {
      assert.equal(
        (await answerOf(fault.raw(calls(call('write', '{"p')), fault.endEvent(reason)))).end.kind,
        'length',
      );
    });
});

describe('the lines of a stream', () => {
  const rows: [string, string][] = [
    ['`data:` with nothing after it', `data:\n\ndata: \n\n${fault.textEvent('{}')}`],
    ['comments alone for a while', `${': keep-alive\n\n'.repeat(50)}${fault.textEvent('{}')}`],
    ['named events that only say that it lives', `event: ping\ndata: ping\n\n${fault.textEvent('{}')}`],
    ['events that no blank line parts', `${fault.textEvent('{').trimEnd()}\n${fault.textEvent('}')}`],
    ['objects without `data:`', fault.textEvent('{}').replace('data: ', '')],
    ['an object that is null', `data: null\n\n${fault.textEvent('{}')}`],
    ['no space after `data:`', fault.textEvent('{}').replace('data: ', 'data:')],
    ['CR alone', fault.textEvent('{}').replaceAll('\n', '\r')],
    ['ids and times to wait', `id: 1\nretry: 10\n${fault.textEvent('{}')}`],
  ];
  for (const [name, events] of rows)
    it(`may hold ${name}`, async () => {
      const result = await answerOf(fault.raw(events, fault.endEvent(), fault.DONE));
      assert.deepEqual([result.end.kind, result.text], ['stopped', '{}']);
    });

  it('may call themselves JSON', async () => {
    const plan: fault.Plan = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(fault.textEvent('{}') + fault.endEvent() + fault.DONE);
    };
    assert.equal((await answerOf(plan)).text, '{}');
  });
});

describe('what a call used', () => {
  const used = async (usage: unknown, more: object = {}) => {
    const { usage: u } = await answerOf(
      fault.raw(
        fault.textEvent('{"12345678901234567890"}'),
        fault.endEvent(),
        fault.event({ choices: [], usage, ...more }),
      ),
    );
    return [u.inputTokens, u.outputTokens];
  };

  it('is what the last usage says', async () => {
    const running = fault.event({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 1 } });
    const { usage } = await answerOf(
      fault.raw(running, fault.textEvent('{}'), fault.endEvent(), fault.usageEvent(7, 3)),
    );
    assert.deepEqual([usage.inputTokens, usage.outputTokens], [7, 3]);
  });

  it('holds the thinking that a server leaves to the total', async () => {
    assert.deepEqual(await used({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 40 }), [10, 30]);
  });

  it('is found in the choice, and beside it', async () => {
    const usage = { prompt_tokens: 4, completion_tokens: 2 };
    assert.deepEqual(await used(undefined, { choices: [{ delta: {}, usage }] }), [4, 2]);
    assert.deepEqual(await used(undefined, { x_groq: { usage } }), [4, 2]);
  });

  it('is estimated where usage is missing, null, or all zeros', async () => {
    for (const usage of [undefined, null, { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }])
      assert.equal((await used(usage))[1], 6);
  });
});

describe('an error inside a 200 answer', () => {
  const end = async (...events: string[]) => (await answerOf(fault.raw(...events, fault.DONE))).end;
  const lasting: [string, unknown, string][] = [
    [
      'a context that is too long, by its code',
      { error: { message: 'x', type: 'invalid_request_error', code: 'context_length_exceeded' } },
      'bad-request',
    ],
    [
      'a context that is too long, by its words',
      { error: { message: 'This model’s maximum context length is 4096 tokens.' } },
      'bad-request',
    ],
    ['a status of the request', { error: { message: 'x', code: 400 } }, 'bad-request'],
    [
      'an error without its envelope',
      { object: 'error', message: 'x', type: 'BadRequestError', code: 400 },
      'bad-request',
    ],
    ['an empty account', { error: { message: 'pay', code: 'insufficient_quota' } }, 'quota'],
    ['a rejected key', { error: { message: 'x', type: 'authentication_error' } }, 'auth'],
    [
      'an error in the choice',
      { choices: [{ delta: {}, error: { message: 'x', code: 400 } }] },
      'bad-request',
    ],
    [
      'the one error of a list',
      [{ error: { message: 'x', code: 400, status: 'INVALID_ARGUMENT' } }],
      'bad-request',
    ],
  ];
  for (const [name, wire, kind] of lasting)
    it(`ends the call as ${kind} at once: ${name}`, async () => {
      assert.equal((await end(fault.event(wire))).kind, kind);
    });

  const passing: [string, unknown][] = [
    ['an overload', { error: { message: 'overloaded', type: 'overloaded_error' } }],
    ['a text', { error: 'model runner has crashed' }],
    [
      'a server’s fault called a request’s',
      { error: { message: 'x', type: 'invalid_request_error', code: 503 } },
    ],
    ['a reason that is an error', { choices: [{ delta: {}, finish_reason: 'error' }] }],
    ['too many calls', { error: { message: 'slow down', code: 'rate_limit_exceeded' } }],
  ];
  for (const [name, wire] of passing)
    it(`is worth another try: ${name}`, async () => {
      assert.equal((await end(fault.event(wire))).kind, 'down');
    });

  it('is known by the name of its event', async () => {
    const said = await end('event: error\ndata: {"message":"x","code":400}\n\n');
    assert.deepEqual(said, { kind: 'bad-request', why: 'the server broke off: x' });
  });

  it('is final though text was shown before it', async () => {
    const error = fault.event({ error: { message: 'x', code: 'context_length_exceeded' } });
    assert.equal((await end(fault.textEvent('{"a"'), error)).kind, 'bad-request');
  });
});

it('every row of the table says where it was seen and mends one part', () => {
  for (const quirk of QUIRKS) {
    assert.match(quirk.seen, /\w/);
    assert.equal([quirk.chunk, quirk.delta, quirk.call].filter(Boolean).length, 1, quirk.name);
  }
});
