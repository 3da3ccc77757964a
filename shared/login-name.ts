/** What one signs in to, as a person knows it. */
import type { DeviceLoginProviderId, LoginProviderId, RedirectLoginProviderId } from './credential.ts';

const names: Readonly<Record<LoginProviderId, string>> = {
  anthropic: 'Claude',
  openai: 'ChatGPT',
  copilot: 'GitHub Copilot',
  kiro: 'Kiro',
};

export function loginName(provider: LoginProviderId): string {
  return names[provider];
}

/** It is begun on the companion's own page or in a terminal, and no redirect ends it. */
export function isDeviceLogin(provider: LoginProviderId): provider is DeviceLoginProviderId {
  return provider === 'copilot' || provider === 'kiro';
}

export function isRedirectLogin(provider: LoginProviderId): provider is RedirectLoginProviderId {
  return !isDeviceLogin(provider);
}
