#!/usr/bin/env node
// Starts the command line. In a checkout the compiled code in dist/ is brought up to date first, so that
// `npm ci && npm start` and `npx --no-install freshet ...` need no build step; in an installed package dist/ is simply there.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`error: freshet needs Node.js 20.19 or newer, this is ${process.versions.node}\n`);
  process.exit(1);
}

// A log that nobody reads any more, or whose disk is full, is no reason to stop a pipeline, nor to change a command's
// exit code. Said before anything is written, as the note about a build is.
process.stderr.on('error', () => {});

const root = dirname(dirname(fileURLToPath(import.meta.url)));
if (existsSync(join(root, 'src')) && existsSync(join(root, 'tsconfig.build.json'))) {
  const { buildIfStale } = await import('./build.js');
  const failed = await buildIfStale({
    root,
    project: 'tsconfig.build.json',
    outDir: 'dist',
    inputs: ['src', 'tsconfig.json', 'tsconfig.build.json'],
  });
  if (failed !== undefined) {
    process.stderr.write(`error: ${failed}\n`);
    process.exit(1);
  }
}
await import('../dist/cli/main.js');
