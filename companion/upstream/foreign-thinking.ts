/**
 * Thinking that a provider cannot read, since another account or another provider gave it: it refuses the whole
 * conversation then, which must not end because it moved.
 */
import type { ProviderWire } from '../../shared/api-provider.ts';
import type { Warning } from '../wire/codec.ts';
import { withoutReasoning } from '../wire/openai-responses/upstream/fit-body.ts';
import { withoutOpenAiThinking } from '../wire/openai-responses/upstream/signature.ts';
import { bufferReply } from './buffered-reply.ts';
import type { RawReply, RawRequest } from './raw-transport.ts';

export interface SentRequest {
  readonly reply: RawReply;
  /** What had to be left out. */
  readonly warnings: readonly Warning[];
}

interface Remedy {
  /** A word of the refusal that tells what it is about. */
  readonly sign: string;
  readonly field: string;
  /** `undefined` where there is nothing to leave out. */
  readonly without: (body: Buffer) => Buffer | undefined;
}

const remedies: Readonly<Partial<Record<ProviderWire, Remedy>>> = {
  anthropic: { sign: 'signature', field: 'messages[].content[].thinking', without: withoutOpenAiThinking },
  codex: { sign: 'invalid_encrypted_content', field: 'input[].reasoning', without: withoutReasoning },
};

/** Sends `request`, and once more without such thinking if that is why it was refused. Errors: those of `send`. */
export async function sendReadable(
  wire: ProviderWire,
  request: RawRequest,
  send: (request: RawRequest) => Promise<RawReply>,
): Promise<SentRequest> {
  const reply = await send(request);
  const remedy = remedies[wire];
  if (reply.status !== 400 || remedy === undefined || !Buffer.isBuffer(request.body)) return { reply, warnings: [] };
  const refusal = await bufferReply(reply);
  const body = refusal.text().includes(remedy.sign) ? remedy.without(request.body) : undefined;
  if (body === undefined) return { reply: refusal, warnings: [] };
  const warning = { field: remedy.field, reason: 'given by another account or provider and left out' };
  return { reply: await send({ ...request, body }), warnings: [warning] };
}
