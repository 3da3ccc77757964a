import { expect, it } from 'vitest';
import { encodeModel, encodeModels } from '../../../../companion/wire/openai-chat/encode-models.ts';

it('lists models in OpenAI’s shape, their date in seconds', () => {
  expect(encodeModels([{ id: 'claude-opus-5', name: 'Opus 5', owner: 'anthropic' }], 1_700_000_000_999)).toEqual({
    object: 'list',
    data: [{ id: 'claude-opus-5', object: 'model', created: 1_700_000_000, owned_by: 'anthropic' }],
  });
});

it('gives one model alone, without a date when none is known', () => {
  expect(encodeModel({ id: 'm', name: 'M', owner: 'anthropic' })).toEqual({
    id: 'm',
    object: 'model',
    created: 0,
    owned_by: 'anthropic',
  });
});
