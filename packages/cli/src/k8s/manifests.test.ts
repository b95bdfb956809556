/** What a cluster would be told, held against Kubernetes' own schemas: its validators, and its types for fields that are none. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { StatefulSet } from 'kubernetes-models/apps/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Namespace, ServiceAccount } from 'kubernetes-models/v1';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { type Manifest, type ManifestsAsk, manifests, SLOTS_WANTED } from './manifests.ts';
import { documents } from './yaml.ts';

const ROOT = join(import.meta.dirname, '../../../..');

const ASK: ManifestsAsk = {
  namespace: 'ci',
  image: 'registry.example/swarm:1',
  replicas: 10,
  slots: 4,
  nats: new URL('nats://nats.mesh:4333'),
  drainSeconds: 900,
};
const SCALED = { ...ASK, prometheus: new URL('http://prometheus:9090') };

/** Plain, as they are printed. */
// biome-ignore lint/suspicious/noExplicitAny: whatever was read.
const plain = (all: readonly Manifest[]): any[] => JSON.parse(JSON.stringify(all));

const MODELS = { StatefulSet, NetworkPolicy, PodDisruptionBudget, Namespace, ServiceAccount } as const;
const CORE = (all: readonly Manifest[]) => plain(all).filter(({ kind }) => kind !== 'ScaledObject');

test('every object passes the validator of its kind, and a wrong type in one does not', () => {
  for (const one of CORE(manifests(SCALED))) new MODELS[one.kind as keyof typeof MODELS](one).validate();
  const [wrong] = plain(manifests(ASK)).filter(({ kind }) => kind === 'StatefulSet');
  wrong.spec.template.spec.containers[0].ports[0].containerPort = 'eighty';
  assert.throws(() => new StatefulSet(wrong).validate(), /containerPort/);
});

/** What the compiler says of these objects, each written out as a value of its kind's interface. */
async function compiled(
  t: TestContext,
  all: readonly { readonly kind: string; readonly apiVersion: string }[],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-k8s-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await symlink(join(ROOT, 'packages/cli/node_modules'), join(folder, 'node_modules'));
  const values = all.map(
    (one, i) =>
      `import type { I${one.kind} as K${i} } from 'kubernetes-models/${one.apiVersion}';\nexport const v${i}: K${i} = ${JSON.stringify(one)};\n`,
  );
  await writeFile(join(folder, 'check.ts'), values.join(''));
  await writeFile(
    join(folder, 'tsconfig.json'),
    '{"compilerOptions":{"strict":true,"noEmit":true,"module":"nodenext","target":"es2022","skipLibCheck":true,"types":[]},"files":["check.ts"]}',
  );
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  return promisify(execFile)(tsc, ['-p', folder]).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  );
}

test('no object has a field that is none, however deep; one that is planted is found', async (t) => {
  assert.equal(await compiled(t, CORE(manifests(SCALED))), '');
  const planted: readonly (readonly [kind: string, into: (one: ReturnType<typeof plain>[0]) => object])[] = [
    ['StatefulSet', (one) => one.spec.template.spec.containers[0].readinessProbe],
    ['NetworkPolicy', (one) => one.spec.egress[0]],
    ['PodDisruptionBudget', (one) => one.spec],
    ['Namespace', (one) => one.metadata],
    ['ServiceAccount', (one) => one],
  ];
  const all = planted.map(([kind, into]) => {
    const one = CORE(manifests(ASK)).find((other) => other.kind === kind);
    Object.assign(into(one), { planted: 1 });
    // Their own validators let them through: that is what the compiler is asked for.
    new MODELS[kind as keyof typeof MODELS](one).validate();
    return one;
  });
  const said = await compiled(t, all);
  assert.equal(said.match(/TS2353.*planted.* does not exist/g)?.length, planted.length, said);
});

/** Of KEDA there are no models: what its documentation says of `keda.sh/v1alpha1`, without anything else. */
const scaledObject = z.strictObject({
  apiVersion: z.literal('keda.sh/v1alpha1'),
  kind: z.literal('ScaledObject'),
  metadata: z.strictObject({
    name: z.string(),
    namespace: z.string(),
    labels: z.record(z.string(), z.string()),
  }),
  spec: z.strictObject({
    scaleTargetRef: z.strictObject({ kind: z.literal('StatefulSet'), name: z.string() }),
    pollingInterval: z.int(),
    cooldownPeriod: z.int(),
    minReplicaCount: z.int(),
    maxReplicaCount: z.int(),
    fallback: z.strictObject({ failureThreshold: z.int(), replicas: z.int() }),
    triggers: z.array(
      z.strictObject({
        type: z.literal('prometheus'),
        metricType: z.enum(['AverageValue', 'Value']),
        metadata: z.strictObject({
          serverAddress: z.url(),
          query: z.string(),
          threshold: z.string().regex(/^\d+$/),
        }),
      }),
    ),
  }),
});

test('where a Prometheus is named KEDA says how many there are, by the rule that infra/prometheus tests; else it is fixed', async () => {
  const [set] = plain(manifests(ASK)).filter(({ kind }) => kind === 'StatefulSet');
  assert.equal(set.spec.replicas, 10);
  assert.equal(plain(manifests(ASK)).length, 5);
  const all = plain(manifests(SCALED));
  const scaled = scaledObject.parse(all.at(-1));
  assert.equal(all.find(({ kind }) => kind === 'StatefulSet').spec.replicas, undefined);
  assert.deepEqual(
    [
      scaled.spec.maxReplicaCount,
      scaled.spec.triggers[0]!.metadata.threshold,
      scaled.spec.scaleTargetRef.name,
    ],
    [10, '4', set.metadata.name],
  );
  assert.match(SLOTS_WANTED, /swarm_queue_depth/);
  const rules = await readFile(join(ROOT, 'infra/prometheus/workers.rules.yml'), 'utf8');
  assert.ok(rules.includes(`expr: ${SLOTS_WANTED}\n`));
});

test('a worker has no rights, no token and no way in; it is given its time to drain, and what it is told is what it knows', () => {
  const [, account, set, network] = plain(manifests(ASK));
  const pod = set.spec.template.spec;
  const [container] = pod.containers;
  assert.deepEqual([account.automountServiceAccountToken, pod.automountServiceAccountToken], [false, false]);
  assert.deepEqual([pod.securityContext.runAsNonRoot, pod.hostUsers], [true, false]);
  assert.deepEqual(container.securityContext.capabilities, { drop: ['ALL'] });
  assert.deepEqual(
    [container.securityContext.readOnlyRootFilesystem, container.securityContext.allowPrivilegeEscalation],
    [true, false],
  );
  assert.deepEqual(
    [network.spec.ingress, network.spec.egress[1].ports],
    [[], [{ protocol: 'TCP', port: 4333 }]],
  );
  assert.equal(pod.terminationGracePeriodSeconds, 930);
  assert.deepEqual(container.args, [
    'worker',
    ...['--nats', 'nats://nats.mesh:4333', '--name', '$(POD_NAME)', '--slots', '4'],
    ...['--creds', '/etc/swarm/worker.seed', '--health-port', '8080'],
  ]);
  // Of the file of all pods each sees its own.
  assert.deepEqual(
    container.volumeMounts.filter(({ name }: { name: string }) => name === 'creds'),
    [{ name: 'creds', mountPath: '/etc/swarm/worker.seed', subPathExpr: '$(POD_NAME).seed', readOnly: true }],
  );
  assert.deepEqual(
    ['startupProbe', 'livenessProbe', 'readinessProbe'].map((name) => container[name].httpGet.path),
    ['/healthz', '/healthz', '/readyz'],
  );
  assert.doesNotMatch(JSON.stringify(manifests(ASK)), /nats:\/\/[^"]*@/);
});

test('what is printed is read by another program as what it was, whatever stands in it', () => {
  const hostile = [
    {
      a: 'x: y #',
      'b/c': ['- no', 'yes', '0x1', '~', ''],
      'd e': { f: [], g: {}, h: [{ i: 1, j: [true, null] }] },
    },
    {
      text: 'line\nline\t"\\\u0085\u2028 ',
      number: 1e21,
      '': 'empty',
      '-': 1,
      deep: [[1, [2]], { k: [{ l: 'm' }] }],
    },
  ];
  for (const all of [plain(manifests(SCALED)), hostile])
    assert.deepEqual(
      parseAllDocuments(documents(all)).map((one) => one.toJS()),
      all,
    );
});

test('infra/k8s holds what is printed without a flag', async () => {
  const all = manifests({
    namespace: 'swarm',
    image: 'swarm:latest',
    replicas: 2,
    slots: 4,
    nats: new URL('nats://nats:4222'),
    drainSeconds: 900,
  });
  assert.equal(await readFile(join(ROOT, 'infra/k8s/workers.yaml'), 'utf8'), documents(all));
});
