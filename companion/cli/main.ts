#!/usr/bin/env node
/** The `companion` command. Stays small: what a command needs is loaded when it runs. */
import { findHome } from '../config/home.ts';
import { keepCompiledCode } from './compile-cache.ts';
import { warnAboutOldNode } from './old-node.ts';

if (warnAboutOldNode(process.versions.node, process.stderr)) process.exit(1);
keepCompiledCode(findHome({ environment: process.env, cwd: process.cwd() }).path);
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  // node:sqlite and one WebCrypto call are "experimental" in name only; a person can do nothing about that.
  if (warning.name !== 'ExperimentalWarning') process.stderr.write(`${warning.name}: ${warning.message}\n`);
});
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever read along (`companion logs | head`) has left; that is no reason for a companion to die.
    if (error.code !== 'EPIPE') throw error;
  });
}
const { runCommand } = await import('./run-command.ts');
process.exitCode = await runCommand(process.argv.slice(2));
