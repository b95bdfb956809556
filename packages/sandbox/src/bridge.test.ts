import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { bed, KINDS, needs, temporary } from './testing.ts';

/** A gateway that says what it was sent. */
async function gateway(t: TestContext): Promise<string> {
  const socket = join(await temporary(t), 'gateway.sock');
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => response.end(`${request.method} ${request.url} ${body.length}`));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.after(() => server.close());
  return socket;
}

const ASK = `const say = async (url, init) => console.log(await (await fetch(url, init)).text());
  const { SWARM_GATEWAY_URL: gateway, OPENAI_BASE_URL: openai, ANTHROPIC_BASE_URL: anthropic } = process.env;
  await say(gateway + '/health');
  await say(openai + '/models');
  await say(anthropic + '/v1/messages', { method: 'POST', body: 'x'.repeat(1_000_000) });
  process.exit(7);`;

for (const provider of KINDS) {
  describe(`the gateway under ${provider}`, await needs(provider), () => {
    test('answers on loopback where the three addresses say, and the exit code is the command’s', async (t) => {
      const { run, open } = await bed(t, provider);
      const mount = { host: process.execPath, inside: '/opt/node' };
      const node = (await open({ readOnly: [mount] })).shown(mount);
      const result = await run([node, '--input-type=module', '-e', ASK], {
        gatewaySocket: await gateway(t),
        readOnly: [mount],
      });
      assert.equal(result.output, 'GET /health 0\nGET /v1/models 0\nPOST /v1/messages 1000000\n');
      assert.deepEqual([result.end, result.exitCode], ['exited', 7]);
    });

    test('leaves a missing program and a killed one what they are', async (t) => {
      const { run, sh } = await bed(t, provider);
      const gatewaySocket = await gateway(t);
      assert.equal((await run(['no-such-program'], { gatewaySocket })).end, 'cannot-run');
      assert.equal((await sh('kill -9 $$', { gatewaySocket })).end, 'killed');
    });

    test('that has no socket cannot be promised', async (t) => {
      const { run } = await bed(t, provider);
      const result = await run(['true'], { gatewaySocket: '/no/such.sock' });
      assert.equal(result.end, 'cannot-run');
      assert.match(result.output, /the gateway's socket \/no\/such\.sock does not exist/);
    });
  });
}
