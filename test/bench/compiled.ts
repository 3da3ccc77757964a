/** What is published is compiled, so that is what is measured. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** In the checkout, where its dependencies are found, and aside from `dist`, which may be running. */
const build = join(root, 'node_modules', '.bench', 'companion');

/** The command, once `compileCompanion` has made it. */
export const companionProgram = join(build, 'companion', 'cli', 'main.js');

/** Compiles the companion as it is now. */
export function compileCompanion(): void {
  const result = spawnSync(process.execPath, [join(root, 'scripts', 'build-companion.ts'), '--into', build]);
  if (result.status !== 0) throw new Error(`the companion does not compile:\n${result.stdout}${result.stderr}`);
}
