/**
 * The real Claude Code against the companion in API mode, with a tool round trip: what its tool found on disk comes back in
 * the answer, which only a provider that was told it can give. Through Anthropic's wire, and through OpenAI's.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { openApiHouse } from './support/api-house.ts';
import { runClaudeCode } from './support/claude-code.ts';
import { haveParts } from './support/installed.ts';

const question = 'What does note.txt say?';
const bash = { name: 'Bash', input: { command: 'cat note.txt', description: 'Shows the note' } };

describe.runIf(haveParts('test/clients/claude-code-api.test.ts', 'programs'))('Claude Code in API mode', () => {
  test('reads a file with its own tool, with Anthropic behind the companion', async () => {
    const home = await homeWithNote();
    const read = { name: 'Read', input: { file_path: join(home, 'note.txt') } };
    const house = await openApiHouse({ tool: read });
    const run = await runClaudeCode(question, ['--model', 'claude-sonnet-4-5', '--allowedTools', 'Read'], house, {
      home,
    });
    expect(run).toMatchObject({ exitCode: 0, wanted: [] });
    expect(run.stdout).toContain('It gave:');
    expect(run.stdout).toContain('The secret word is marzipan.');
    expect(house.exchanges).toEqual(twice('200 /v1/messages'));
    expect(await house.findLeaks(run)).toEqual([]);
  });

  test('runs a command with its own tool, with OpenAI behind the companion', async () => {
    const home = await homeWithNote();
    const house = await openApiHouse({ tool: bash, aliases: { 'claude-sonnet-4-5': 'gpt-5' } });
    const run = await runClaudeCode(question, ['--model', 'claude-sonnet-4-5', '--allowedTools', 'Bash'], house, {
      home,
    });
    expect(run).toMatchObject({ exitCode: 0, wanted: [] });
    expect(run.stdout).toContain('It gave: The secret word is marzipan.\n');
    expect(house.exchanges).toEqual(twice('200 /v1/chat/completions'));
    expect(await house.findLeaks(run)).toEqual([]);
  });

  test('with its newest default model it works the same, on either wire', async () => {
    const home = await homeWithNote();
    for (const aliases of [{}, { 'claude-opus-5-5': 'gpt-5' }]) {
      const house = await openApiHouse({ tool: bash, aliases });
      const run = await runClaudeCode(question, ['--allowedTools', 'Bash'], house, { home });
      expect(run).toMatchObject({ exitCode: 0, stdout: 'It gave: The secret word is marzipan.\n', wanted: [] });
      expect(house.exchanges).toEqual(twice(expect.stringMatching(/^200 /)));
    }
  });

  test('its tool search loads a tool that it had only named, on either wire', async () => {
    const search = { name: 'ToolSearch', input: { query: 'select:WebFetch' } };
    for (const aliases of [{}, { 'claude-opus-5-5': 'gpt-5' }]) {
      const house = await openApiHouse({ tool: search, aliases });
      const run = await runClaudeCode('Load a tool.', [], house);
      expect(run).toMatchObject({ exitCode: 0, wanted: [] });
      expect(house.exchanges).toEqual(twice(expect.stringMatching(/^200 /)));
      const last = [...house.anthropic.requests, ...house.openai.requests].at(-1);
      expect(JSON.stringify(last?.json)).toMatch(/"name":"WebFetch"/);
    }
  });

  test("its own credential goes through to the provider, beside the companion's key", async () => {
    const home = await homeWithNote();
    const house = await openApiHouse({ tool: bash });
    house.anthropic.setKey({ name: 'own', secret: 'sk-ant-api03-of-the-user-own' });
    const credential = {
      ANTHROPIC_API_KEY: 'sk-ant-api03-of-the-user-own',
      ANTHROPIC_CUSTOM_HEADERS: `x-companion-key: ${house.key}`,
    };
    const args = ['--model', 'claude-sonnet-4-5', '--allowedTools', 'Bash'];
    const run = await runClaudeCode(question, args, house, { home, credential });
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('The secret word is marzipan.') });
    expect(house.anthropic.requests.map(({ key }) => key)).toEqual(['own', 'own']);
    expect(house.anthropic.requests.filter(({ headers }) => 'x-companion-key' in headers)).toEqual([]);
  });
});

function twice<Value>(value: Value): readonly [Value, Value] {
  return [value, value];
}

async function homeWithNote(): Promise<string> {
  const home = await temporaryFolder();
  await writeFile(join(home, 'note.txt'), 'The secret word is marzipan.\n');
  return home;
}
