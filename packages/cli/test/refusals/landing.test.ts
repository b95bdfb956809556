/** What `swarm land` refuses before it begins. */
import { topic } from './refused.ts';

const { refused, end } = topic('landing');
const GATE = ['--gate', 'true'];

refused(
  'unknown-branches',
  'branches that are not there are refused all at once, with what was meant',
  async (world) => {
    await world.git('branch', 'fix-login');
    return [
      { args: ['land', 'fix-lgoin', 'nothing-like-it', 'feature/*', 'main', ...GATE] },
      { args: ['land', '--upload-pack=x', ...GATE] },
    ];
  },
);

refused('unknown-remote', 'a remote that is not there is refused', () => ({
  args: ['land', 'x', '--from', 'orgin', ...GATE],
}));

refused('no-gate', 'branches are not landed without a gate', async (world) => {
  await world.git('branch', 'fix-login');
  return { args: ['land', 'fix-login'] };
});

refused('no-branches', 'land without a branch has nothing to do', () => ({ args: ['land'] }));

refused('push-nowhere', 'a push to a repository without a remote is refused', async (world) => {
  await world.git('branch', 'fix-login');
  return { args: ['land', 'fix-login', '--deliver', 'push', ...GATE] };
});

end();
