import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ContainerPlan,
  containerArguments,
  mountArgument,
  passedByName,
} from './container-arguments.ts';

const PLAN: ContainerPlan = {
  name: 'swarm-1',
  labels: ['swarm.state=s'],
  isPodman: true,
  user: '61183:61183',
  keepsId: false,
  imageId: 'sha256:abc',
  readOnly: [{ host: '/h/ro', inside: '/ro' }],
  readWrite: [{ host: '/h/w', inside: '/workspace' }],
  profile: '/p/profile.json',
  env: { PATH: '/usr/bin', DOCKER_HOST: 'theirs', TOKEN: 'secret' },
  bounds: { memoryBytes: 1024 ** 3, processes: 10 },
  keepsBounds: true,
  cpus: 2,
  nofile: 1_000,
  nproc: 2_000,
  pidFile: '/p/pid',
  hasStdin: false,
  argv: ['sh', '-c', 'true'],
};
const POLICY = [
  '--pull=never',
  '--network=none',
  '--read-only',
  '--cap-drop=all',
  '--security-opt=no-new-privileges',
];

test('every container is without network and rights, its root read-only, its image never pulled', () => {
  const docker = { ...PLAN, isPodman: false };
  for (const plan of [PLAN, docker, { ...PLAN, keepsId: true }]) {
    const told = containerArguments(plan);
    for (const flag of POLICY) assert.ok(told.includes(flag), flag);
    assert.ok(told.includes('--security-opt=seccomp=/p/profile.json'));
    assert.deepEqual(told.slice(-4), ['sha256:abc', 'sh', '-c', 'true']);
  }
  assert.ok(!containerArguments(docker).some((flag) => /^--(pidfile|userns|read-only-tmpfs)/.test(flag)));
});

test('no value of the environment stands in the arguments but what the engine itself would go by', () => {
  const told = containerArguments(PLAN).join('\n');
  assert.doesNotMatch(told, /secret/);
  assert.match(told, /^TOKEN$/m);
  assert.match(told, /^DOCKER_HOST=theirs$/m);
  assert.deepEqual(passedByName(PLAN.env), { TOKEN: 'secret' });
});

test('bounds are told where the engine can keep them, the one of memory above our own', () => {
  const told = containerArguments(PLAN);
  for (const flag of [`--memory=${2 * 1024 ** 3}`, '--pids-limit=160', '--cpus=2'])
    assert.ok(told.includes(flag), flag);
  const unkept = containerArguments({ ...PLAN, keepsBounds: false });
  assert.ok(!unkept.some((flag) => /^--(memory|pids-limit|cpus)/.test(flag)));
  assert.ok(told.includes('--ulimit=nproc=2000:2000'));
  assert.ok(unkept.includes('--ulimit=nproc=160:160'), 'the kernel’s own bound stands in for the engine’s');
  assert.ok(
    unkept.includes(`--shm-size=${512 * 1024 ** 2}`),
    'the folders in memory are bounded all the same',
  );
});

test('a path with commas, quotes and blanks is one field of the engine’s line', () => {
  const mount = mountArgument({ host: '/a,b "ü', inside: '/w' }, true);
  assert.equal(mount, '--mount=type=bind,"src=/a,b ""ü",dst=/w,readonly');
});
