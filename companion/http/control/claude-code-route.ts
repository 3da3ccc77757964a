/** What `companion auth status` asks about Claude Code mode. */
import type { FastifyInstance } from 'fastify';
import type { ClaudeCodeReadiness } from '../../upstream/claude-code/readiness.ts';

export interface ClaudeCodeReport {
  /** When it answers, from the configuration. */
  readonly mode: 'on-request' | 'auto' | 'off';
  /** `null` where it is off: then nothing was looked for. */
  readonly readiness: ClaudeCodeReadiness | null;
}

/** Adds `GET /control/claude-code`. It starts Claude Code to ask, so it takes a moment. */
export function addClaudeCodeRoute(app: FastifyInstance, read: () => Promise<ClaudeCodeReport>): void {
  app.get('/control/claude-code', read);
}
