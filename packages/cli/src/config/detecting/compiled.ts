/** Gate and setup of projects in languages with one build tool each. */
import {
  type Folder,
  firstOf,
  has,
  jsonTable,
  type Kind,
  type Proposal,
  tableAt,
  textOf,
  tomlTable,
} from './folder.ts';

const one = (proposal: Proposal | undefined): readonly Proposal[] => (proposal ? [proposal] : []);

/** A part of a build that is described above it cannot be built alone. */
const isPart = (above: readonly Folder[], marks: readonly string[]): boolean =>
  above.some((folder) => firstOf(folder, marks) !== undefined);

const CARGO: Kind = {
  name: 'cargo',
  propose(folder, above) {
    if (!has(folder, 'Cargo.toml')) return [];
    const isLocked = [folder, ...above].some((place) => has(place, 'Cargo.lock'));
    const manifest = tomlTable(textOf(folder, 'Cargo.toml'));
    const whole = manifest.workspace !== undefined && manifest.package !== undefined ? ' --workspace' : '';
    const locked = isLocked ? ' --locked' : '';
    // Without `--no-fail-fast` cargo ends with the first crate that fails: nobody could say that the others are no worse.
    const gate = `cargo test${whole}${locked} --no-fail-fast`;
    return [{ gate, setup: `cargo fetch${locked}`, why: ['Cargo.toml'], needs: ['cargo'] }];
  },
};

/** Modules of a `go.work`; what is no plain path below it has no place in a command line. */
const MODULE = /^\s*(?:use\s+)?\.\/([\w./-]{1,200})\s*$/gm;

const GO: Kind = {
  name: 'go',
  propose(folder) {
    if (has(folder, 'go.work') && !has(folder, 'go.mod')) return one(goWork(textOf(folder, 'go.work')));
    if (!has(folder, 'go.mod')) return [];
    // Neither a module without requirements nor one that carries them has anything to fetch.
    const fetches = /^\s*require\b/m.test(textOf(folder, 'go.mod')) && !has(folder, 'vendor/modules.txt');
    const setup = fetches ? { setup: 'go mod download' } : {};
    return [{ gate: 'go test ./...', ...setup, why: ['go.mod'], needs: ['go'] }];
  },
};

function goWork(text: string): Proposal | undefined {
  const modules = [...text.matchAll(MODULE)].map(([, path]) => path!).filter((path) => !path.includes('..'));
  if (modules.length === 0) return undefined;
  const gate = `go test ${modules.map((path) => `./${path.replace(/\/$/, '')}/...`).join(' ')}`;
  return { gate, setup: 'go mod download', why: ['go.work'], needs: ['go'] };
}

const MAVEN: Kind = {
  name: 'maven',
  propose(folder, above) {
    if (!has(folder, 'pom.xml') || isPart(above, ['pom.xml'])) return [];
    const with_ = (tool: string, needs: readonly string[]): Proposal => ({
      setup: `${tool} -B -q -DskipTests test-compile surefire:help dependency:go-offline`,
      gate: `${tool} -B -o test`,
      why: ['pom.xml'],
      needs,
    });
    // The project's own wrapper fetches its tool into the home, which gates are shown.
    const own = has(folder, 'mvnw') ? [with_('sh mvnw', ['java'])] : [];
    return [...own, with_('mvn', ['mvn', 'java'])];
  },
};

const GRADLE_MARKS = ['build.gradle', 'build.gradle.kts', 'settings.gradle', 'settings.gradle.kts'];

const GRADLE: Kind = {
  name: 'gradle',
  propose(folder, above) {
    const mark = firstOf(folder, GRADLE_MARKS);
    if (!mark || isPart(above, GRADLE_MARKS)) return [];
    const with_ = (tool: string, needs: readonly string[]): Proposal => ({
      setup: `${tool} --no-daemon testClasses`,
      gate: `${tool} --no-daemon --offline --continue test`,
      why: [mark],
      needs,
    });
    const own = has(folder, 'gradlew') ? [with_('sh gradlew', ['java'])] : [];
    return [...own, with_('gradle', ['gradle', 'java'])];
  },
};

const SOLUTION = /^[^/]*\.(?:sln|slnx|csproj|fsproj|vbproj)$/;

const DOTNET: Kind = {
  name: 'dotnet',
  propose(folder, above) {
    const mark = [...folder.names].find((name) => SOLUTION.test(name));
    const isBelow = above.some(({ names }) => [...names].some((name) => SOLUTION.test(name)));
    if (mark === undefined || isBelow) return [];
    return [{ setup: 'dotnet restore', gate: 'dotnet test --no-restore', why: [mark], needs: ['dotnet'] }];
  },
};

const MIX: Kind = {
  name: 'mix',
  propose(folder) {
    if (!has(folder, 'mix.exs')) return [];
    const setup = 'mix local.hex --force && mix local.rebar --force && mix deps.get';
    return [{ setup, gate: 'mix test', why: ['mix.exs'], needs: ['mix'] }];
  },
};

const BUNDLER: Kind = {
  name: 'bundler',
  propose(folder) {
    if (!has(folder, 'Gemfile')) return [];
    const setup = 'bundle config set --local path vendor/bundle && bundle install';
    const [gate, mark] = rubyTests(folder) ?? [];
    const needs = ['bundle'];
    return [
      gate && mark ? { setup, gate, why: ['Gemfile', mark], needs } : { setup, why: ['Gemfile'], needs },
    ];
  },
};

function rubyTests(folder: Folder): readonly [gate: string, mark: string] | undefined {
  const spec = firstOf(folder, ['.rspec', 'spec/spec_helper.rb', 'spec/rails_helper.rb']);
  if (spec) return ['bundle exec rspec', spec];
  if (has(folder, 'bin/rails')) return ['bundle exec rails test', 'bin/rails'];
  if (has(folder, 'Rakefile')) return ['bundle exec rake test', 'Rakefile'];
  const test = [...folder.names].find((name) => /^test\/(?:test_[^/]*|[^/]*_test)\.rb$/.test(name));
  if (test === undefined) return undefined;
  const all = `bundle exec ruby -Ilib -Itest -e 'Dir["./test/**/{test_*,*_test}.rb"].sort.each { |f| require f }'`;
  return [all, test];
}

const COMPOSER: Kind = {
  name: 'composer',
  propose(folder) {
    if (!has(folder, 'composer.json')) return [];
    const setup = 'composer install --no-interaction --no-progress';
    const needs = ['composer', 'php'];
    const scripts = tableAt(jsonTable(textOf(folder, 'composer.json')), 'scripts');
    if (scripts.test !== undefined)
      return [{ setup, gate: 'composer test', why: ['scripts.test in composer.json'], needs }];
    const pest = firstOf(folder, ['tests/Pest.php']);
    if (pest) return [{ setup, gate: 'vendor/bin/pest', why: ['composer.json', pest], needs }];
    const mark = firstOf(folder, ['phpunit.xml', 'phpunit.xml.dist', 'phpunit.dist.xml']);
    const why = ['composer.json', ...(mark ? [mark] : [])];
    return [{ setup, ...(mark && { gate: 'vendor/bin/phpunit' }), why, needs }];
  },
};

export const COMPILED: readonly Kind[] = [CARGO, GO, MAVEN, GRADLE, DOTNET, BUNDLER, COMPOSER, MIX];
