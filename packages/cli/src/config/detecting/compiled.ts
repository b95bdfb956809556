/** Gate and setup of projects in languages with one build tool each, and of those that name a recipe for tests. */
import { type Detected, type Detector, entriesOf, firstOf, jsonObject, type ListingReader } from './files.ts';

async function cargo(files: ListingReader): Promise<Detected | undefined> {
  if (!(await files.has('Cargo.toml'))) return undefined;
  const isLocked = await files.has('Cargo.lock');
  return {
    // Without it cargo ends with the first crate that fails: nobody could say that the others are no worse.
    gate: isLocked ? 'cargo test --locked --no-fail-fast' : 'cargo test --no-fail-fast',
    setup: isLocked ? 'cargo fetch --locked' : 'cargo fetch',
    why: ['Cargo.toml'],
  };
}

async function go(files: ListingReader): Promise<Detected | undefined> {
  if (!(await files.has('go.mod'))) return undefined;
  return { gate: 'go test ./...', setup: 'go mod download', why: ['go.mod'] };
}

/** The project's own wrapper fetches its tool into the home, which gates are shown. */
async function maven(files: ListingReader): Promise<Detected | undefined> {
  if (!(await files.has('pom.xml'))) return undefined;
  const tool = (await files.has('mvnw')) ? 'sh mvnw' : 'mvn';
  const setup = `${tool} -B -q -DskipTests test-compile surefire:help dependency:go-offline`;
  return { setup, gate: `${tool} -B -o test`, why: ['pom.xml'] };
}

async function gradle(files: ListingReader): Promise<Detected | undefined> {
  const mark = await firstOf(files, [
    'build.gradle',
    'build.gradle.kts',
    'settings.gradle',
    'settings.gradle.kts',
  ]);
  if (!mark) return undefined;
  const tool = (await files.has('gradlew')) ? 'sh gradlew' : 'gradle';
  return {
    setup: `${tool} --no-daemon testClasses`,
    gate: `${tool} --no-daemon --offline --continue test`,
    why: [mark],
  };
}

async function dotnet(files: ListingReader): Promise<Detected | undefined> {
  const mark = (await files.top()).find((name) => /\.(?:sln|slnx|csproj|fsproj|vbproj)$/.test(name));
  if (mark === undefined) return undefined;
  return { setup: 'dotnet restore', gate: 'dotnet test --no-restore', why: [mark] };
}

async function bundler(files: ListingReader): Promise<Detected | undefined> {
  if (!(await files.has('Gemfile'))) return undefined;
  const setup = 'bundle config set --local path vendor/bundle && bundle install';
  const spec = await firstOf(files, ['.rspec', 'spec/spec_helper.rb', 'spec/rails_helper.rb']);
  if (spec) return { setup, gate: 'bundle exec rspec', why: ['Gemfile', spec] };
  if (await files.has('bin/rails'))
    return { setup, gate: 'bundle exec rails test', why: ['Gemfile', 'bin/rails'] };
  if (await files.has('Rakefile'))
    return { setup, gate: 'bundle exec rake test', why: ['Gemfile', 'Rakefile'] };
  return { setup, why: ['Gemfile'] };
}

async function composer(files: ListingReader): Promise<Detected | undefined> {
  const text = await files.read('composer.json');
  if (text === undefined) return undefined;
  const setup = 'composer install --no-interaction --no-progress';
  if (entriesOf(jsonObject(text)?.scripts).test !== undefined)
    return { setup, gate: 'composer test', why: ['scripts.test in composer.json'] };
  const mark = await firstOf(files, ['phpunit.xml', 'phpunit.xml.dist', 'phpunit.dist.xml']);
  return mark
    ? { setup, gate: 'vendor/bin/phpunit', why: ['composer.json', mark] }
    : { setup, why: ['composer.json'] };
}

async function mix(files: ListingReader): Promise<Detected | undefined> {
  if (!(await files.has('mix.exs'))) return undefined;
  const setup = 'mix local.hex --force && mix local.rebar --force && mix deps.get';
  return { setup, gate: 'mix test', why: ['mix.exs'] };
}

async function make(files: ListingReader): Promise<Detected | undefined> {
  for (const path of ['GNUmakefile', 'makefile', 'Makefile']) {
    const text = (await files.read(path)) ?? '';
    const target = ['test', 'check'].find((name) => new RegExp(`^${name}\\s*:(?!=)`, 'm').test(text));
    if (target) return { gate: `make ${target}`, why: [`${target}: in ${path}`] };
  }
  return undefined;
}

async function just(files: ListingReader): Promise<Detected | undefined> {
  for (const path of ['justfile', 'Justfile', '.justfile']) {
    const text = await files.read(path);
    if (text !== undefined && /^@?test(?:\s[^:=]*)?:(?!=)/m.test(text))
      return { gate: 'just test', why: [`test: in ${path}`] };
  }
  return undefined;
}

async function cmake(files: ListingReader): Promise<Detected | undefined> {
  const text = await files.read('CMakeLists.txt');
  if (text === undefined || !/\b(?:enable_testing\s*\(|include\s*\(\s*CTest\b)/i.test(text)) return undefined;
  return {
    gate: 'cmake -S . -B build && cmake --build build && ctest --test-dir build --output-on-failure',
    why: ['tests in CMakeLists.txt'],
  };
}

/** Tried in this order. Recipes come last: they are written for people, over one of the others. */
export const COMPILED: readonly Detector[] = [cargo, go, maven, gradle, dotnet, bundler, composer, mix];
export const RECIPES: readonly Detector[] = [make, just, cmake];
