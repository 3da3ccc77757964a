import type { LoginOwner } from '../../../shared/credential.ts';

/** As a person knows who keeps a login. */
export function ownerName(owner: LoginOwner): string {
  switch (owner) {
    case 'companion':
      return 'the companion';
    case 'claude-code':
      return 'Claude Code';
    case 'codex':
      return 'Codex';
    case 'gh':
      return 'the GitHub CLI';
    case 'kiro':
      return 'Kiro';
    case 'environment':
      return 'the environment';
  }
}
