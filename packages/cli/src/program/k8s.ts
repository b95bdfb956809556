/** The command for clusters: k8s. */
import type { Context } from './context.ts';
import { examples, type Finish, type Program, wholeNumber } from './parts.ts';

export function addK8s(program: Program, context: Context, exit: Finish): void {
  program
    .command('k8s')
    .argument('<what>', 'manifests')
    .description('Print what a Kubernetes cluster is told to run worker hosts; no cluster is asked')
    .option('--namespace <name>', 'where they run (default: swarm)')
    .option('--image <image>', 'an image of infra/docker/Dockerfile (default: swarm:latest)')
    .option('--replicas <n>', 'how many workers, at most where they are scaled (default: 2)', wholeNumber)
    .option('--slots <n>', 'attempts at a time of each (default: 4)', wholeNumber)
    .option('--nats <url>', 'the NATS server (default: nats://nats:4222)')
    .option('--drain <duration>', 'how long a worker may take to end what it has (default: 15m)')
    .option('--prometheus <url>', 'scale by what this Prometheus measures, with KEDA')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples(
        'swarm k8s manifests | kubectl apply -f -',
        'swarm k8s manifests --namespace ci --image registry.example/swarm:1 --replicas 10',
        'swarm k8s manifests --prometheus http://prometheus.monitoring:9090 --replicas 20',
      ),
    )
    .action((what, options) => exit(import('../commands/k8s.ts').then((m) => m.k8s(what, options, context))));
}
