/**
 * The real Codex against the companion, with tool round trips: through OpenAI's wire, where its bytes pass as they are, and
 * through Anthropic's.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { openApiHouse } from './support/api-house.ts';
import { runCodex } from './support/codex.ts';
import { haveParts } from './support/installed.ts';
import { person } from './support/player.ts';

const wires = [
  { wire: 'OpenAI', exchange: '200 /v1/responses', aliases: {} },
  {
    wire: 'Anthropic',
    exchange: '200 /v1/messages',
    aliases: { 'gpt-5': 'claude-sonnet-4-5', 'gpt-5.5': 'claude-sonnet-4-5' },
  },
] as const;
const command = { name: 'exec_command', input: { cmd: 'cat note.txt' } };
const patch = ['*** Begin Patch', '*** Add File: made.txt', '+made by a patch', '*** End Patch'].join('\n');

describe.runIf(haveParts('test/clients/codex.test.ts', 'programs')).each(wires)(
  'Codex with $wire',
  ({ exchange, aliases }) => {
    test('runs a command and tells what it printed', async () => {
      const home = await homeWithNote();
      const house = await openApiHouse({ tool: command, aliases });
      const run = await runCodex('What does note.txt say?', house, { home, model: 'gpt-5' });
      expect(run).toMatchObject({ exitCode: 0, wanted: [] });
      expect(run.items).toContainEqual(
        expect.objectContaining({ type: 'command_execution', aggregated_output: 'The secret word is marzipan.\n' }),
      );
      expect(run.items.at(-1)).toMatchObject({
        type: 'agent_message',
        text: expect.stringContaining('The secret word is marzipan.'),
      });
      expect(house.exchanges).toEqual(twice(exchange));
      expect(await house.findLeaks(run)).toEqual([]);
    });

    test('changes a file with its free-form patch tool', async () => {
      const home = await homeWithNote();
      const house = await openApiHouse({ tool: { name: 'apply_patch', input: { input: patch } }, aliases });
      const run = await runCodex('Make made.txt.', house, { home, model: 'gpt-5.5' });
      expect(run).toMatchObject({ exitCode: 0, wanted: [] });
      expect(house.exchanges).toEqual(twice(exchange));
      expect(await readFile(join(home, 'made.txt'), 'utf8')).toBe('made by a patch\n');
      expect(run.items.at(-1)).toMatchObject({ type: 'agent_message', text: expect.stringContaining('Success.') });
    });

    test('gets an answer in the form that its schema asks for', async () => {
      const home = await temporaryFolder();
      const schema = {
        type: 'object',
        properties: { name: { type: 'string' }, age: { type: 'integer' } },
        required: ['name', 'age'],
        additionalProperties: false,
      };
      await writeFile(join(home, 'schema.json'), JSON.stringify(schema));
      const house = await openApiHouse({ aliases });
      const args = ['--output-schema', 'schema.json'];
      const run = await runCodex('Who is it?', house, { home, model: 'gpt-5', args });
      expect(run).toMatchObject({ exitCode: 0, wanted: [] });
      expect(JSON.parse(String(run.items.at(-1)?.['text']))).toEqual(person);
    });
  },
);

function twice<Value>(value: Value): readonly [Value, Value] {
  return [value, value];
}

async function homeWithNote(): Promise<string> {
  const home = await temporaryFolder();
  await writeFile(join(home, 'note.txt'), 'The secret word is marzipan.\n');
  return home;
}
