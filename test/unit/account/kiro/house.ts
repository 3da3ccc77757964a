/** Kiro logins against stand-ins of AWS, without the rest of the companion. */
import { onTestFinished } from 'vitest';
import { AwsDeviceEndpoint } from '../../../../companion/account/kiro/aws-device-endpoint.ts';
import { AwsOidc } from '../../../../companion/account/kiro/aws-oidc.ts';
import { KiroRenewal } from '../../../../companion/account/kiro/kiro-renewal.ts';
import type { KiroLoginSettings } from '../../../../companion/account/kiro/kiro-settings.ts';
import type { StoredLogin } from '../../../../companion/account/login/stored-login.ts';
import type { DeviceCode } from '../../../../companion/account/oauth/device-desk-contract.ts';
import { createDispatcher } from '../../../../companion/upstream/dispatcher.ts';
import { startKiroBackend } from '../../../support/providers/kiro/backend.ts';
import { startAwsOidc } from '../../../support/providers/kiro/oidc.ts';
import type { AwsOidcOptions } from '../../../support/providers/kiro/oidc.ts';

export const never = new AbortController().signal;

export async function openKiroHouse(options: AwsOidcOptions = {}) {
  const site = await startAwsOidc(options);
  const backend = await startKiroBackend({ tokens: site });
  const dispatcher = createDispatcher({ connectMs: 2000, firstByteMs: 2000, idleMs: 2000 });
  onTestFinished(async () => {
    await dispatcher.destroy();
    await Promise.all([site.close(), backend.close()]);
    if (site.failures.length + backend.failures.length > 0) throw new Error(site.failures.join('\n'));
  });
  const settings: KiroLoginSettings = {
    clientName: 'CCProxy Companion',
    scopes: ['codewhisperer:completions', 'codewhisperer:conversations'],
    startUrl: 'https://view.awsapps.com/start',
    region: 'us-east-1',
    profileArn: null,
    oidcUrl: () => site.url,
    apiUrl: () => backend.url,
  };
  const call = { dispatcher, nowMs: options.nowMs ?? (() => Date.now()), userAgent: 'ccproxy-companion/test' };
  const oidc = new AwsOidc(settings, call);
  const renewal = new KiroRenewal(settings, oidc, call);
  const device = new AwsDeviceEndpoint({ settings, oidc, renewal, call });
  const signIn = async (): Promise<StoredLogin> => {
    const code = await device.start({}, never);
    site.decide(code.userCode, 'confirmed');
    return loginOf(await pollUntilDone(code));
  };
  return { site, backend, oidc, renewal, device, signIn };
}

type Answer = Awaited<ReturnType<DeviceCode['poll']>>;

/** Asks like the desk, only faster. */
async function pollUntilDone(code: DeviceCode): Promise<Answer> {
  for (;;) {
    const answer = await code.poll(never);
    if (answer.state === 'done') return answer;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function loginOf(answer: Answer): StoredLogin {
  if (answer.state !== 'done') throw new Error(answer.state);
  return answer.login;
}
