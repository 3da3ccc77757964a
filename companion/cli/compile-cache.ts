import { mkdirSync, statSync } from 'node:fs';
// Not by their names, which a Node too old for the companion does not export: it is to say so instead of failing here.
import nodeModule from 'node:module';
import { join } from 'node:path';

/**
 * Has Node keep compiled code in `home`/cache for the next start; private, since whoever writes there runs code as this
 * user. Only where the home exists: asking for help makes no folders. Never throws; without it everything works, later.
 */
export function keepCompiledCode(home: string): void {
  // Sources run as they are in development and in tests, where most homes are used once.
  if (import.meta.filename.endsWith('.ts')) return;
  try {
    if (!isOurs(home)) return;
    const folder = join(home, 'cache');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (isOurs(folder)) nodeModule.enableCompileCache(folder);
  } catch {
    // A home that cannot be written to is told of where it matters.
  }
}

/** Writes what was compiled so far: a companion runs for weeks and may be killed, and only its start is to be fast. */
export function saveCompiledCode(): void {
  nodeModule.flushCompileCache();
}

/** A folder that nobody else can write to. */
function isOurs(folder: string): boolean {
  const facts = statSync(folder, { throwIfNoEntry: false });
  if (facts === undefined || process.platform === 'win32') return facts !== undefined;
  return facts.uid === process.getuid?.() && (facts.mode & 0o022) === 0;
}
