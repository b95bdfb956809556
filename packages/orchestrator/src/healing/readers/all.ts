/** Every reader, in the order in which a line is offered to them. A new runner is one file and one line here. */
import { ava } from './ava.ts';
import { bun } from './bun.ts';
import { cargo } from './cargo.ts';
import { chains } from './chains.ts';
import { ctest } from './ctest.ts';
import { deno } from './deno.ts';
import { dotnet } from './dotnet.ts';
import { exunit } from './exunit.ts';
import { go } from './go.ts';
import { gradle } from './gradle.ts';
import { gtest } from './gtest.ts';
import { jasmine } from './jasmine.ts';
import { jest } from './jest.ts';
import { junitXml } from './junit-xml.ts';
import { biome, cc, eslint, tsc } from './linters.ts';
import { maven } from './maven.ts';
import { minitest } from './minitest.ts';
import { mocha } from './mocha.ts';
import { nextest } from './nextest.ts';
import { nodeTest } from './node-test.ts';
import { phpunit } from './phpunit.ts';
import { playwright } from './playwright.ts';
import { pytest } from './pytest.ts';
import type { Reader } from './reader.ts';
import { rspec } from './rspec.ts';
import { swiftTesting, xctest } from './swift.ts';
import { tap } from './tap.ts';
import { unittest } from './unittest.ts';
import { vitest } from './vitest.ts';

export const READERS: readonly Reader[] = [
  chains,
  tsc,
  eslint,
  biome,
  dotnet,
  cc,
  bun,
  deno,
  nodeTest,
  tap,
  jest,
  vitest,
  mocha,
  ava,
  jasmine,
  playwright,
  pytest,
  unittest,
  go,
  cargo,
  nextest,
  gtest,
  ctest,
  rspec,
  minitest,
  phpunit,
  maven,
  gradle,
  exunit,
  xctest,
  swiftTesting,
  junitXml,
];
