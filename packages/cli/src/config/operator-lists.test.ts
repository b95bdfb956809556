import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withWords } from './operator-lists.ts';

const NVM = '~/.nvm:ro';

const rows: [string, string, string | undefined][] = [
  ['no file', '', '[sandbox]\nmounts = ["~/.nvm:ro"]\n'],
  [
    'a file without the table',
    '[models]\ndefault = "a" # mine',
    '[models]\ndefault = "a" # mine\n\n[sandbox]\nmounts = ["~/.nvm:ro"]\n',
  ],
  [
    'the table without the key',
    '[sandbox] # mine\nenv = ["A"]\n\n[models]\n',
    '[sandbox] # mine\nmounts = ["~/.nvm:ro"]\nenv = ["A"]\n\n[models]\n',
  ],
  [
    'the key on one line',
    '[sandbox]\nmounts = ["/opt/go"]\nenv = []\n[[endpoints]]\nname = "mounts = [1]"\n',
    '[sandbox]\nmounts = ["/opt/go","~/.nvm:ro"]\nenv = []\n[[endpoints]]\nname = "mounts = [1]"\n',
  ],
  [
    'a folder that is there already',
    '[sandbox]\nmounts = ["~/.nvm:ro"]\n',
    '[sandbox]\nmounts = ["~/.nvm:ro"]\n',
  ],
  ['a list over several lines', '[sandbox]\nmounts = [\n  "/opt/go", # ours\n]\n', undefined],
  ['a dotted key', 'sandbox.mounts = ["/opt/go"]\n', undefined],
  ['a header inside of a text', 'a = """\n[sandbox]\n"""\n', undefined],
  ['a file that is no TOML', '[sandbox\n', undefined],
];
for (const [what, before, after] of rows)
  test(`a folder is added to ${what}: ${after === undefined ? 'not by us' : 'and nothing else is changed'}`, () =>
    assert.equal(withWords(before, 'mounts', [NVM]), after));

test('a host is added beside the folders, and each list keeps what it has', () => {
  const before = '[sandbox]\nmounts = ["~/.nvm:ro"]\nagent_egress = ["docs.rs"]\negress = ["a.example"]\n';
  assert.equal(
    withWords(before, 'egress', ['github.com', 'a.example']),
    '[sandbox]\nmounts = ["~/.nvm:ro"]\nagent_egress = ["docs.rs"]\negress = ["a.example","github.com"]\n',
  );
});
