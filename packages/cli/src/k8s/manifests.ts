/**
 * What a cluster is told of worker hosts: a namespace, `swarm worker` as a stateful set, and what keeps it from doing more.
 * Typed by the schemas of Kubernetes, so that a field that is none does not compile.
 */
import type { IStatefulSet } from 'kubernetes-models/apps/v1';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type { INamespace, IServiceAccount } from 'kubernetes-models/v1';

export interface ManifestsAsk {
  readonly namespace: string;
  readonly image: string;
  readonly replicas: number;
  /** Attempts at a time of one worker. */
  readonly slots: number;
  /** `nats://nats:4222`. */
  readonly nats: URL;
  /** How long a worker may take to end what it has. */
  readonly drainSeconds: number;
  /** A Prometheus that scrapes the home. Absent: there are `replicas` workers, always. */
  readonly prometheus?: URL;
}

const NAME = 'swarm-worker';
const LABELS = { 'app.kubernetes.io/name': NAME, 'app.kubernetes.io/part-of': 'swarm' };
const HEALTH_PORT = 8080;
/** The secret with a file for each pod, `swarm-worker-0.seed` and so on: what the NATS server knows it by. */
const CREDS_SECRET = 'swarm-worker-creds';
const CREDS_FILE = '/etc/swarm/worker.seed';
/** Whoever runs as nobody else: `swarm` of infra/docker/Dockerfile. */
const USER = 1_000;
/** After its own time to drain. */
const GRACE_SECONDS = 30;
const NATS_PORT = 4222;

export type Manifest =
  | INamespace
  | IServiceAccount
  | IStatefulSet
  | INetworkPolicy
  | IPodDisruptionBudget
  | ScaledObject;

export const manifests = (ask: ManifestsAsk): readonly Manifest[] => [
  namespaceOf(ask),
  serviceAccountOf(ask),
  statefulSetOf(ask),
  networkPolicyOf(ask),
  disruptionBudgetOf(ask),
  ...(ask.prometheus ? [scaledObjectOf(ask, ask.prometheus)] : []),
];

const about = ({ namespace }: ManifestsAsk) => ({ name: NAME, namespace, labels: LABELS });

/** Its pods make namespaces of their own: what `baseline` forbids. */
const namespaceOf = ({ namespace }: ManifestsAsk) =>
  ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: namespace,
      labels: {
        'app.kubernetes.io/part-of': 'swarm',
        'pod-security.kubernetes.io/enforce': 'privileged',
        'pod-security.kubernetes.io/warn': 'privileged',
      },
    },
  }) satisfies INamespace;

/** Without rights, and without a token. */
const serviceAccountOf = (ask: ManifestsAsk) =>
  ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: about(ask),
    automountServiceAccountToken: false,
  }) satisfies IServiceAccount;

const probe = (path: string, periodSeconds: number, failureThreshold: number) => ({
  httpGet: { path, port: 'health' },
  periodSeconds,
  failureThreshold,
  timeoutSeconds: 5,
});

const statefulSetOf = (ask: ManifestsAsk) =>
  ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: about(ask),
    spec: {
      // Pods are called by their number, and are somebody to the NATS server by that name. Nobody calls them by DNS.
      serviceName: NAME,
      podManagementPolicy: 'Parallel',
      // Whoever scales says how many.
      ...(!ask.prometheus && { replicas: ask.replicas }),
      selector: { matchLabels: { 'app.kubernetes.io/name': NAME } },
      // One after the other: each drains before it is there again.
      updateStrategy: { type: 'RollingUpdate' },
      template: {
        metadata: { labels: LABELS },
        spec: {
          serviceAccountName: NAME,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: ask.drainSeconds + GRACE_SECONDS,
          // Its users are nobody on the node: what the sandbox makes namespaces in.
          hostUsers: false,
          securityContext: { runAsNonRoot: true, runAsUser: USER, runAsGroup: USER, fsGroup: USER },
          containers: [containerOf(ask)],
          volumes: [
            { name: 'state', emptyDir: { sizeLimit: `${20 + 10 * ask.slots}Gi` } },
            { name: 'tmp', emptyDir: { sizeLimit: '10Gi' } },
            { name: 'creds', secret: { secretName: CREDS_SECRET, defaultMode: 0o440 } },
          ],
        },
      },
    },
  }) satisfies IStatefulSet;

function containerOf({ image, nats, slots }: ManifestsAsk) {
  const words = {
    '--nats': nats.href.replace(/\/$/, ''),
    '--name': '$(POD_NAME)',
    '--slots': `${slots}`,
    '--creds': CREDS_FILE,
    '--health-port': `${HEALTH_PORT}`,
  };
  return {
    name: 'worker',
    image,
    args: ['worker', ...Object.entries(words).flat()],
    env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    ports: [{ name: 'health', containerPort: HEALTH_PORT }],
    startupProbe: probe('/healthz', 2, 60),
    livenessProbe: probe('/healthz', 15, 4),
    readinessProbe: probe('/readyz', 5, 2),
    resources: {
      requests: { cpu: `${slots}`, memory: `${2 * slots}Gi`, 'ephemeral-storage': `${10 * slots}Gi` },
      limits: { memory: `${4 * slots}Gi`, 'ephemeral-storage': `${30 + 10 * slots}Gi` },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
      // The sandbox has filters of its own; these would keep it from being made.
      seccompProfile: { type: 'Unconfined' as const },
      appArmorProfile: { type: 'Unconfined' as const },
      procMount: 'Unmasked' as const,
    },
    volumeMounts: [
      { name: 'state', mountPath: '/home/swarm' },
      { name: 'tmp', mountPath: '/tmp' },
      // Its own alone: who breaks into one pod is nobody else.
      { name: 'creds', mountPath: CREDS_FILE, subPathExpr: '$(POD_NAME).seed', readOnly: true },
    ],
  };
}

/** Nobody reaches it but the kubelet; it reaches names and the NATS server. */
const networkPolicyOf = (ask: ManifestsAsk) =>
  ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: about(ask),
    spec: {
      podSelector: { matchLabels: { 'app.kubernetes.io/name': NAME } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [],
      egress: [
        {
          to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
        { ports: [{ protocol: 'TCP', port: Number(ask.nats.port || NATS_PORT) }] },
      ],
    },
  }) satisfies INetworkPolicy;

const disruptionBudgetOf = (ask: ManifestsAsk) =>
  ({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: about(ask),
    spec: { maxUnavailable: 1, selector: { matchLabels: { 'app.kubernetes.io/name': NAME } } },
  }) satisfies IPodDisruptionBudget;

// ───────────── as many as there is work for ─────────────

/** `keda.sh/v1alpha1`, as far as it is used. */
export interface ScaledObject {
  readonly apiVersion: 'keda.sh/v1alpha1';
  readonly kind: 'ScaledObject';
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: object };
  readonly spec: {
    readonly scaleTargetRef: { readonly kind: 'StatefulSet'; readonly name: string };
    readonly pollingInterval: number;
    readonly cooldownPeriod: number;
    readonly minReplicaCount: number;
    readonly maxReplicaCount: number;
    readonly fallback: { readonly failureThreshold: number; readonly replicas: number };
    readonly triggers: readonly {
      readonly type: 'prometheus';
      readonly metricType: 'AverageValue';
      readonly metadata: Readonly<Record<string, string>>;
    }[];
  };
}

/**
 * Slots that are wanted: those at work, and one for each task that waits, unless what waits is the merge queue: more workers
 * would only make that longer. infra/prometheus/workers.rules.yml has the same, and its test.
 */
export const SLOTS_WANTED = [
  'sum(swarm_tasks{state=~"assigned|running"} * on (instance, job, run) group_left () swarm_run_open)',
  '+ sum(swarm_tasks{state="pending"} * on (instance, job, run) group_left () swarm_run_open)',
  '* (sum(swarm_queue_depth) <= bool 20)',
].join(' ');

const scaledObjectOf = (ask: ManifestsAsk, prometheus: URL): ScaledObject => ({
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: about(ask),
  spec: {
    scaleTargetRef: { kind: 'StatefulSet', name: NAME },
    pollingInterval: 15,
    cooldownPeriod: 300,
    minReplicaCount: 0,
    maxReplicaCount: ask.replicas,
    // While the figures are not there, nobody is sent away.
    fallback: { failureThreshold: 3, replicas: ask.replicas },
    triggers: [
      {
        type: 'prometheus',
        metricType: 'AverageValue',
        metadata: {
          serverAddress: prometheus.href.replace(/\/$/, ''),
          query: SLOTS_WANTED,
          threshold: `${ask.slots}`,
        },
      },
    ],
  },
});
