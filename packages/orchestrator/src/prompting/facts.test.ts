import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opened } from '@swarm/core/state';
import { openedRun, stateOf } from '@swarm/core/testing';
import { machinery, plannerLaws } from './facts.ts';

const told = (agentHosts?: readonly string[]): string => {
  const state = opened(stateOf([openedRun({ mode: 'planner', ...(agentHosts && { agentHosts }) })]));
  return `${machinery(state)}\n${plannerLaws(state)}`;
};

test('whoever works is told which hosts agents reach, and that nothing else reaches any', () => {
  assert.match(told(), /Network: none for agents.*Verification, gate and agents have no network/s);
  assert.match(
    told(['docs.rs', '127.0.0.2:80']),
    /agents reach docs\.rs, 127\.0\.0\.2:80 by the proxy.*verification and gate have none.*- Verification and gate have no network/s,
  );
  assert.match(told(['*']), /agents reach what is public by the proxy/);
});

test('a planner is told of workers elsewhere, and what they do not see; without a bridge it is told nothing of it', () => {
  const foreign = [
    { name: 'worker-1.relay', capabilities: ['process@1.2.0', 'worker-1.relay@1.0'] },
    { name: 'agent-b', capabilities: ['agent-b'] },
  ];
  const laws = plannerLaws(opened(stateOf([openedRun({ mode: 'planner', foreign })])));
  assert.match(
    laws,
    /`"agent": "worker-1\.relay"`.*only they have: worker-1\.relay \(process@1\.2\.0\), agent-b\./,
  );
  assert.match(laws, /Those see no file of the repository/);
  assert.doesNotMatch(told(), /elsewhere/);
});
