/** What a person types to sign in, and what the errors of a login say of it once its provider is known. */
import type { LoginProviderId } from './credential.ts';
import type { ErrorCode } from './error-code.ts';
import { isDeviceLogin } from './login-name.ts';

export function signInCommand(provider: LoginProviderId): string {
  return provider === 'anthropic' ? 'companion auth login' : `companion auth login-${provider}`;
}

const opening: Readonly<Record<string, LoginProviderId | undefined>> = {
  codex: 'openai',
  copilot: 'copilot',
  kiro: 'kiro',
};

/** The same for an API provider that a login opens. */
export function signInCommandOf(providerId: string): string {
  return signInCommand(opening[providerId] ?? 'anthropic');
}

/** The table's remedy with the one command that fits; `undefined` for a code whose remedy names none. */
export function signInRemedy(code: ErrorCode, provider: LoginProviderId): string | undefined {
  const command = `\`${signInCommand(provider)}\``;
  switch (code) {
    case 'LOGIN_REQUIRED':
      return `Sign in with ${command}.`;
    case 'LOGIN_EXPIRED':
      return `Sign in again with ${command}.`;
    case 'LOGIN_DENIED':
      return `Begin again with ${command}, and allow the access on the page that opens.`;
    case 'LOGIN_MISMATCH':
      return `Nothing was taken over. Begin again with ${command}, and use only the newest page.`;
    case 'LOGIN_TIMED_OUT':
      return isDeviceLogin(provider)
        ? `Begin again with ${command}, and type the new code in time.`
        : `Begin again with ${command}; there are ten minutes for it.`;
    case 'LOGIN_CANCELLED':
      return `Begin again with ${command} whenever you like.`;
    default:
      return undefined;
  }
}
