import { array, assert, constantFrom, dictionary, property, string, uint8Array } from 'fast-check';
import { expect, it } from 'vitest';
import {
  carryExtra,
  createTargetIds,
  newHubId,
  splitExtra,
} from '../../../../../companion/wire/openai/target-tool-id.ts';
import { hello } from '../../openai/upstream-support.ts';
import { DONE, bodyOf, calls, completion, decodeBody, quirksOf, readData, results } from './support.ts';

const gemini = { quirks: quirksOf('gemini') };
const extra = { google: { thought_signature: 'CsYB+a/b==' } };
const call = {
  index: 0,
  id: 'function-call-1',
  type: 'function',
  function: { name: 'look', arguments: '{}' },
  extra_content: extra,
};

function history(id: string): Parameters<typeof bodyOf>[0] {
  return {
    messages: [
      hello,
      { role: 'assistant', content: [{ type: 'tool_use', id, name: 'look', input: {} }] },
      { role: 'user', content: results([id, 'ok']) },
    ],
  };
}

it.each(['whole', 'streamed'])(
  'brings a thought signature back to Gemini through a client that keeps ids alone, %s',
  async (way) => {
    const start = (await readData([calls(call), DONE], gemini))[1];
    const block = way === 'whole' ? decodeBody(completion({ tool_calls: [call] }), gemini).content[0] : undefined;
    const id = block?.type === 'tool_use' ? block.id : (start as { content_block: { id: string } }).content_block.id;
    expect(id).toMatch(/^[a-zA-Z0-9_-]+$/);
    const [, assistant, result] = bodyOf(history(id), gemini).messages;
    expect(assistant).toMatchObject({ tool_calls: [{ id: 'function-call-1', extra_content: extra }] });
    expect(result).toMatchObject({ tool_call_id: 'function-call-1' });
  },
);

it('shows nothing of it to another server', () => {
  const body = bodyOf(history(carryExtra('function-call-1', extra)));
  expect(body.messages[1]).toMatchObject({ tool_calls: [{ id: 'function-call-1' }] });
  expect(JSON.stringify(body)).not.toMatch(/extra_content|CsYB|__with_/);
});

it('carries nothing for a server that does not ask for it', () => {
  expect(decodeBody(completion({ tool_calls: [call] })).content).toMatchObject([{ id: 'function-call-1' }]);
});

it('carries any opaque fields in letters that an id may have', () => {
  const signature = uint8Array({ minLength: 1 }).map((bytes) => ({
    google: { thought_signature: Buffer.from(bytes).toString('base64') },
  }));
  for (const values of [signature, dictionary(string(), string(), { minKeys: 1 })]) {
    assert(
      property(values, (fields) => {
        const id = carryExtra('call_1', fields);
        expect(id).toMatch(/^[a-zA-Z0-9_-]+$/);
        expect(splitExtra(id)).toEqual({ id: 'call_1', extra: JSON.parse(JSON.stringify(fields)) });
      }),
    );
  }
});

it.each([undefined, null, 'text', {}])('adds nothing to an id for %j', (fields) => {
  expect(carryExtra('call_1', fields)).toBe('call_1');
});

it('leaves an id that only looks as if it carried something as it is', () => {
  expect(splitExtra('call__with_jAAAA')).toEqual({ id: 'call__with_jAAAA', extra: undefined });
});

it.each([
  ['any', /^[a-zA-Z0-9_-]{1,40}$/],
  ['nine-alphanumerics', /^[a-zA-Z0-9]{9}$/],
] as const)('fits ids into the form %s: allowed, told apart, and the same again', (form, allowed) => {
  const ids = array(
    constantFrom('a', 'toolu_1', 'abc123XYZ', 'a_2', 'x'.repeat(60), `${'x'.repeat(60)}y`, carryExtra('a', extra)),
  );
  assert(
    property(ids, (list) => {
      const [one, other] = [createTargetIds(form), createTargetIds(form)];
      const first = list.map(one);
      expect(first.every((id) => allowed.test(id))).toBe(true);
      expect(new Set(first).size).toBe(new Set(list).size);
      expect(list.map(one)).toEqual(first);
      expect([...list, 'later'].map(other).slice(0, list.length)).toEqual(first);
    }),
  );
});

it('keeps ids that fit', () => {
  expect(createTargetIds('any')('toolu_01')).toBe('toolu_01');
  expect(createTargetIds('nine-alphanumerics')('abc123XYZ')).toBe('abc123XYZ');
});

it('gives a new call an id that was not there before', () => {
  const fresh = { id: 'call_0', extra: undefined, position: 1 };
  expect(newHubId(fresh, new Set(), 'stamp')).toBe('call_0');
  expect(newHubId(fresh, new Set(['call_0']), 'stamp')).toBe('call_0_stamp_1');
  expect(newHubId({ ...fresh, id: '' }, new Set(), 'stamp')).toBe('call_stamp_1');
});
