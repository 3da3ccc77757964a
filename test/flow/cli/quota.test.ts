/** `companion quota`: limits are shown, set and begun anew, with a companion that runs and without one. */
import { describe, expect, test } from 'vitest';
import { runForPeople } from '../../support/companion-process.ts';
import { livedInHome, running } from './home.ts';

const key = 'sk-ant-api03-0123456789012345678901234567890123456789';

describe.each(['while one runs', 'while none runs'])('%s', (when) => {
  test('CPP-10: a limit is set by name, id or provider, shown, and taken off', async () => {
    const paths = { ...(await livedInHome()), environment: { CCPROXY_CLAUDE_API_KEYS: key } };
    if (when === 'while one runs') await running(paths);
    const run = async (...words: readonly string[]) => {
      const { exitCode, stdout, stderr } = await runForPeople(['quota', ...words], paths);
      return { exitCode, text: stdout + stderr };
    };
    expect(await run('set', 'claude', '1.5M')).toMatchObject({
      exitCode: 0,
      text: expect.stringMatching(/^\S+ may use 1,500,000 tokens; 1,500,000 are left, and it resets 1 \w+ 00:00\.\n$/),
    });
    expect((await run('set', 'ada@work.example', '500k')).text).toContain('ada@work.example may use 500,000 tokens');
    const { text } = await run();
    expect(text).toMatch(/^anthropic-\w+ {2}anthropic\n {2}your limit {2}░+ {3}0 % used/m);
    expect(text).toContain('ada@work.example  claude-web, ses_work');
    expect(text).toMatch(/^ {2}5 hours .* 0 % used .*stream, \d+ d ago$/m);
    expect(text).not.toContain(key);
    expect((await run('set', 'anthropic-', 'off')).text).toMatch(/may use as many tokens as it likes/);
    expect((await run('reset', 'ses_work')).text).toBe('ada@work.example is counted from 0 again.\n');
    expect(await run('set', 'nobody', '1M')).toMatchObject({
      exitCode: 1,
      text: expect.stringContaining('No credential and no provider is called "nobody".'),
    });
    expect(await run('set', 'claude', 'many')).toMatchObject({ exitCode: 2 });
  });
});
