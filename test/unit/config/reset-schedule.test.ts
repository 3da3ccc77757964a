import { describe, expect, it, test } from 'vitest';
import { resetScheduleOf } from '../../../companion/config/reset-schedule.ts';
import { place } from './place.ts';

const yaml = (schedule: string) => `auth:\n  quota:\n    reset_schedule: ${schedule}\n`;

describe('the schedule of resets', () => {
  it.each([
    [
      'as a map',
      { yaml: yaml('{ claude: weekly, openai: never, gemini: daily }') },
      ['weekly', 'never', 'daily', 'monthly'],
    ],
    ['as one word', { yaml: yaml('daily') }, ['daily', 'daily', 'daily', 'daily']],
    [
      'with what holds for all others',
      { yaml: yaml("{ '*': never, claude: daily }") },
      ['daily', 'never', 'never', 'never'],
    ],
    ['not at all', {}, ['monthly', 'monthly', 'monthly', 'monthly']],
  ])('is written %s', async (_how, places, schedules) => {
    const { load } = await place(places);
    const { resetSchedule } = load().config.auth.quota;
    const providers = ['anthropic', 'openai', 'gemini', 'mistral'];
    expect(providers.map((provider) => resetScheduleOf(resetSchedule, provider))).toEqual(schedules);
  });

  it('comes from the environment too', async () => {
    const { load } = await place();
    const environment = {
      CCPROXY_AUTH_QUOTA_RESET_SCHEDULE: 'claude=monthly, gemini=daily',
      CCPROXY_AUTH_QUOTA_TIME_ZONE: 'UTC',
    };
    const { quota } = load({ environment }).config.auth;
    expect([...quota.resetSchedule]).toEqual([
      ['anthropic', 'monthly'],
      ['gemini', 'daily'],
    ]);
    expect(quota.timeZone).toBe('UTC');
  });

  it('of an account holds for its other ways in, unless they have one of their own', async () => {
    const { load } = await place({ yaml: yaml('{ claude: daily, codex: weekly, openai: never }') });
    const { resetSchedule } = load().config.auth.quota;
    expect(resetScheduleOf(resetSchedule, 'claude-web')).toBe('daily');
    expect(resetScheduleOf(resetSchedule, 'codex')).toBe('weekly');
  });
});

test.each([
  [yaml('hourly'), /auth\.quota\.reset_schedule.*config\.yaml:3.*must be never, daily/],
  [yaml('{ claude: hourly }'), /auth\.quota\.reset_schedule\.claude .*config\.yaml:3.* must be never, daily/],
  [yaml('{ mistrall: daily }'), /reset_schedule\.mistrall .*config\.yaml:3.* is no provider.*did you mean "mistral"\?/],
  [yaml('[daily]'), /auth\.quota\.reset_schedule/],
  ['auth:\n  quota:\n    time_zone: Mars/Olympus\n', /time_zone .*config\.yaml:3.* must be the name of a time zone/],
])('%j is refused with its place and what may stand there', async (text, words) => {
  const { message } = await place({ yaml: text });
  expect(message()).toMatch(words);
});
