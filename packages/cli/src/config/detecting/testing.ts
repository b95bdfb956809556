/** Manifests as projects have them, for tests of detection. */
import type { Folder } from './folder.ts';

export type Files = Readonly<Record<string, string>>;

export const folderOf = (files: Files, path = ''): Folder => ({
  path,
  names: new Set(Object.keys(files)),
  texts: new Map(Object.entries(files)),
});
export const EVERY = (): boolean => true;
export const manifest = (more: object): string =>
  JSON.stringify({ name: 'shop', version: '1.0.0', ...more }, null, 2);

export const TESTED = manifest({ scripts: { test: 'node --test' } });
export const UNTESTED = manifest({ scripts: { test: 'echo "Error: no test specified" && exit 1' } });

export const pinned = (packageManager: string, dependencies = {}): string =>
  manifest({ packageManager, scripts: { lint: 'eslint .', test: 'pnpm lint && vitest run' }, dependencies });

/** A Python project as its manager writes it: no lockfile, tests in a group. */
export const FLIT = `[project]
name = "shop"
requires-python = ">=3.10"

[dependency-groups]
dev = ["ruff", "tox"]
tests = ["freezegun", "pytest>=8"]

[build-system]
requires = ["flit_core<4"]
build-backend = "flit_core.buildapi"

[tool.pytest.ini_options]
testpaths = ["tests"]
`;
export const SETUPTOOLS =
  '[build-system]\nrequires = ["setuptools>=61.2"]\n\n[project]\nname = "shop"\ndynamic = ["version"]\n';
export const CRATE = `[package]
name = "shop"
version = "0.5.0"
edition = "2021"

[dev-dependencies]
rand = "0.7"
`;
export const MODULE = 'module example.com/shop\n\ngo 1.22\n\nrequire example.com/money v1.2.0\n';
export const VENV = 'python3 -m venv .venv && .venv/bin/pip install -q';
export const PYTEST = '.venv/bin/python -m pytest -q';
