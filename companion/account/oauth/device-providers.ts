/** The providers whose logins are made by code, each in one piece: a new one is one more line in `createDeviceProviders`. */
import type { DeviceLoginProviderId } from '../../../shared/credential.ts';
import type { Config } from '../../config/load.ts';
import { fetchCopilotUsage } from '../copilot/copilot-usage.ts';
import { CopilotRenewal } from '../copilot/copilot-renewal.ts';
import { copilotSettings } from '../copilot/copilot-settings.ts';
import { GithubDeviceEndpoint } from '../copilot/github-device-endpoint.ts';
import { AwsDeviceEndpoint } from '../kiro/aws-device-endpoint.ts';
import { AwsOidc } from '../kiro/aws-oidc.ts';
import { KiroRenewal } from '../kiro/kiro-renewal.ts';
import { kiroLoginSettings } from '../kiro/kiro-settings.ts';
import { fetchKiroUsage } from '../kiro/kiro-usage.ts';
import type { StoredLogin } from '../login/stored-login.ts';
import type { DeviceEndpoint } from './device-desk-contract.ts';
import type { LoginUsage } from './login-usage.ts';
import type { ProviderCallOptions } from './provider-call.ts';
import type { RenewalEndpoint } from './token-endpoint.ts';

export interface DeviceProvider {
  /** Gives out codes. */
  readonly device: DeviceEndpoint;
  /** Renews its logins, and tells whose they are. */
  readonly renewal: RenewalEndpoint;
  /** How much of the plan is used. Never rejects. */
  readonly usage: (login: StoredLogin, signal: AbortSignal) => Promise<LoginUsage>;
}

export type DeviceProviders = Readonly<Partial<Record<DeviceLoginProviderId, DeviceProvider>>>;

export function createDeviceProviders(config: Config, call: ProviderCallOptions): DeviceProviders {
  return { copilot: copilot(config, call), kiro: kiro(config, call) };
}

function copilot(config: Config, call: ProviderCallOptions): DeviceProvider {
  const settings = copilotSettings(config);
  const renewal = new CopilotRenewal(settings, call);
  return {
    device: new GithubDeviceEndpoint(settings, renewal, call),
    renewal,
    usage: (login, signal) => fetchCopilotUsage(login, settings, call, signal),
  };
}

function kiro(config: Config, call: ProviderCallOptions): DeviceProvider {
  const settings = kiroLoginSettings(config);
  const oidc = new AwsOidc(settings, call);
  const renewal = new KiroRenewal(settings, oidc, call);
  return {
    device: new AwsDeviceEndpoint({ settings, oidc, renewal, call }),
    renewal,
    usage: (login, signal) => fetchKiroUsage(login, settings, call, signal),
  };
}
