#!/usr/bin/env node
/**
 * The launcher: plain CommonJS that any Node from 16 on can read. It finds a Node that can run swarm (this one,
 * or the one that was installed beside it) and starts the program with it.
 */
'use strict';
const { spawn } = require('node:child_process');
const { closeSync, existsSync, openSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

const NODE_MAJOR_MIN = 24;
/** The sources win: in the repository a bundle may be older than they are. */
const SOURCES = join(__dirname, '..', 'src', 'main.ts');
const BUNDLE = join(__dirname, '..', 'dist', 'swarm.js');
const EXIT_PREFLIGHT = 78;

const isFromSources = existsSync(SOURCES);
const isThisNodeEnough = Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN;

if (isThisNodeEnough && !isFromSources) import(pathToFileURL(BUNDLE).href);
else {
  const node = isThisNodeEnough ? process.execPath : carriedNode();
  if (node) start(node, isFromSources ? ['--conditions=swarm-src', SOURCES] : [BUNDLE]);
  else refuse();
}

/** The Node that is installed as an optional dependency, or undefined. */
function carriedNode() {
  try {
    const manifest = require.resolve(`node-${process.platform}-${process.arch}/package.json`);
    const node = join(manifest, '..', 'bin', 'node');
    return existsSync(node) ? node : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Nothing is between the program and the terminal but this process. The channel tells the program when we are
 * gone, however that came about: it then ends as we did (packages/cli/src/running/launched.ts).
 */
function start(node, args) {
  const child = spawn(node, [...args, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, SWARM_LAUNCHER: String(process.pid) },
  });
  passSignalsOn(child);
  child.on('error', (error) => {
    console.error(`error: ${node} cannot be started: ${error.message}\n  fix  ls -l ${node}`);
    process.exit(EXIT_PREFLIGHT);
  });
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/**
 * A terminal sends Ctrl-C and its own closing to every process of the job, so the child has them already, and a
 * second one would mean "harder". Without a terminal whoever signals knows only us.
 */
function passSignalsOn(child) {
  const hasTerminal = isTerminalThere();
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  for (const signal of ['SIGINT', 'SIGHUP']) {
    process.on(signal, () => {
      if (!hasTerminal) child.kill(signal);
    });
  }
}

/** Whether this job has a controlling terminal, wherever its streams lead. */
function isTerminalThere() {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

function refuse() {
  const carried = `node-${process.platform}-${process.arch}`;
  console.error(
    [
      `error: swarm needs Node ${NODE_MAJOR_MIN} or newer: this is ${process.version}, and ${carried} is not installed`,
      '  why   npm was told to leave optional dependencies out, or there is no such package for this system',
      '  fix   npm install --global --include=optional <the swarm-cli tarball>',
    ].join('\n'),
  );
  process.exit(EXIT_PREFLIGHT);
}
