/**
 * The real Claude Code against the companion in web mode. It works with tools, which claude.ai has none of for API clients:
 * then its user must read why, and what to do. Without tools it gets a real answer.
 */
import { describe, expect, test } from 'vitest';
import { model, openSyncedHouse } from '../flow/web/house.ts';
import { runClaudeCode } from './support/claude-code.ts';
import { haveParts } from './support/installed.ts';

describe.runIf(haveParts('test/clients/claude-code.test.ts', 'programs'))('Claude Code in web mode', () => {
  test('a user of its tools reads why web mode cannot serve them, and which mode can', async () => {
    const { house } = await openSyncedHouse('direct');
    const run = await runClaudeCode('Say hello.', ['--model', model], house);
    expect(run).toMatchObject({ exitCode: 1, wanted: [] });
    expect(`${run.stdout}${run.stderr}`).toContain('API Error: 400 ccproxy: `tools` is not available in web mode');
    expect(`${run.stdout}${run.stderr}`).toContain('`api`, with an API key or a login');
    expect(house.routes).not.toContain('create-conversation');
    expect(house.log.text()).not.toContain(house.key);
  });

  test('without tools it prints the answer of claude.ai to the prompt', async () => {
    const { house } = await openSyncedHouse('direct');
    const run = await runClaudeCode('Say hello.', ['--model', model, '--tools', ''], house);
    expect(run).toEqual({ exitCode: 0, stdout: 'You wrote: Say hello.\n', stderr: '', wanted: [] });
    expect(house.site.violations).toEqual([]);
  });

  test('its system prompt and reminders reach claude.ai, its billing line does not', async () => {
    const { house } = await openSyncedHouse('direct');
    const prompts: string[] = [];
    house.site.scenario = {
      answer: (prompt) => {
        prompts.push(prompt.everything);
        return 'Hello.';
      },
    };
    const args = ['--model', model, '--tools', '', '--system-prompt', 'Speak like a pirate.'];
    const run = await runClaudeCode('Say hello.', args, house);
    expect(run).toMatchObject({ exitCode: 0, stdout: 'Hello.\n' });
    expect(prompts[0]).toContain('Speak like a pirate.');
    expect(prompts[0]).toContain('Primary working directory');
    expect(prompts[0]).not.toContain('x-anthropic-billing-header');
  });

  test('it streams: the partial messages that it shows add up to the answer', async () => {
    const { house } = await openSyncedHouse('direct');
    const args = ['--model', model, '--tools', '', '--output-format', 'stream-json'];
    const run = await runClaudeCode('Say hello.', [...args, '--include-partial-messages', '--verbose'], house);
    const lines = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const pieces = lines.flatMap((line) =>
      line.type === 'stream_event' && line.event.delta?.type === 'text_delta' ? [line.event.delta.text] : [],
    );
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe('You wrote: Say hello.');
    expect(lines.at(-1)).toMatchObject({ type: 'result', subtype: 'success', result: 'You wrote: Say hello.' });
  });
});
