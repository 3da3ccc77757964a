/** What Kiro tells of a plan, and where it is asked. */
import { describe, expect, it, test } from 'vitest';
import { kiroLoginSettings } from '../../../../companion/account/kiro/kiro-settings.ts';
import { accountOfKiroUsage, windowsOfKiroUsage } from '../../../../companion/account/kiro/read-kiro-usage.ts';
import { defaultKiroUrl, defaultOidcUrl, inRegion } from '../../../../companion/config/aws-region.ts';
import { loadConfig } from '../../../../companion/config/load.ts';
import { makeLogin } from '../../../support/logins.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const NOW = 1_790_000_000_000;
const entry = {
  resourceType: 'CREDIT',
  currentUsage: 54,
  currentUsageWithPrecision: 54.5,
  usageLimit: 100,
  usageLimitWithPrecision: 100,
  nextDateReset: 1_790_600_000,
};

describe('the plan', () => {
  it('is one window for each thing that is counted, with its reset', () => {
    expect(windowsOfKiroUsage({ usageBreakdownList: [entry] }, NOW)).toEqual([
      {
        window: 'credit',
        usedFraction: 0.545,
        status: 'allowed',
        resetsAtMs: 1_790_600_000_000,
        source: 'usage-endpoint',
        observedAtMs: NOW,
      },
    ]);
  });

  it('is full at its limit, unless more is allowed', () => {
    const full = { ...entry, currentUsageWithPrecision: 100 };
    const statusOf = (overageStatus: string) =>
      windowsOfKiroUsage({ usageBreakdownList: [full], overageConfiguration: { overageStatus } }, NOW)[0]?.status;
    expect([statusOf('DISABLED'), statusOf('ENABLED')]).toEqual(['exceeded', 'warning']);
  });

  it('has a trial besides, while that lasts', () => {
    const trial = { freeTrialStatus: 'ACTIVE', currentUsage: 500, usageLimit: 500, freeTrialExpiry: 1_790_300_000 };
    const windows = windowsOfKiroUsage({ usageBreakdownList: [{ ...entry, freeTrialInfo: trial }] }, NOW);
    expect(windows.map(({ window, status }) => [window, status])).toEqual([
      ['credit', 'allowed'],
      ['credit_trial', 'warning'],
    ]);
  });

  test.each([
    [undefined],
    [[]],
    [{ usageBreakdownList: [{}, 3, { ...entry, usageLimit: 0, usageLimitWithPrecision: 0 }] }],
  ])('that tells nothing is none: %j', (body) => expect(windowsOfKiroUsage(body, NOW)).toEqual([]));

  it('tells whose it is', () => {
    const body = {
      userInfo: { userId: 'd-1.u', email: 'mary@example.com' },
      subscriptionInfo: { subscriptionTitle: 'KIRO PRO+' },
    };
    expect(accountOfKiroUsage(body)).toMatchObject({
      id: 'd-1.u',
      email: 'mary@example.com',
      subscriptionType: 'pro+',
    });
    expect(accountOfKiroUsage({})).toBeUndefined();
  });
});

describe('the address', () => {
  it('is that of the region, unless somebody chose one', () => {
    expect(inRegion(defaultOidcUrl, 'eu-west-1')).toBe('https://oidc.eu-west-1.amazonaws.com');
    expect(inRegion('http://127.0.0.1:1', 'eu-west-1')).toBe('http://127.0.0.1:1');
    expect(inRegion(defaultKiroUrl)).toBe(defaultKiroUrl);
  });

  it('of Kiro is that of the profile, then that of the login', async () => {
    const home = await temporaryFolder();
    const { config } = loadConfig({ environment: { CCPROXY_HOME: home, CCPROXY_KIRO_REGION: 'eu-west-1' }, cwd: home });
    const { apiUrl, oidcUrl, region } = kiroLoginSettings(config);
    const place = { region: 'eu-west-1', profileArn: null, client: null, startUrl: null };
    const profileArn = 'arn:aws:codewhisperer:eu-central-1:123456789012:profile/X';
    expect([region, oidcUrl(region)]).toEqual(['eu-west-1', 'https://oidc.eu-west-1.amazonaws.com']);
    expect(apiUrl(makeLogin({ provider: 'kiro', kiro: place }))).toBe('https://q.eu-west-1.amazonaws.com');
    expect(apiUrl(makeLogin({ provider: 'kiro', kiro: { ...place, profileArn } }))).toBe(
      'https://q.eu-central-1.amazonaws.com',
    );
    expect(apiUrl(makeLogin({ provider: 'kiro' }))).toBe(defaultKiroUrl);
  });
});
