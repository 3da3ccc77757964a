/** An answer whose body was put together here, under the head of the one that came. */
import type { RawReply } from './raw-transport.ts';

/** They spoke of the body that came, or of the way in which it came. */
const ofBody: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-type',
  'transfer-encoding',
]);

/** `json` under the status and headers of `head`. */
export function madeReply({ status, headers, header }: RawReply, json: string): RawReply {
  const bytes = Buffer.from(json);
  const own: ReadonlyMap<string, string> = new Map([
    ['content-type', 'application/json'],
    ['content-length', String(bytes.length)],
  ]);
  const kept = headers.filter((_, at) => !ofBody.has(headers[at - (at % 2)] as string));
  return {
    status,
    headers: [...kept, ...[...own].flat()],
    header: (name) => (ofBody.has(name) ? own.get(name) : header(name)),
    pour: async (sink) => void sink.write(bytes),
    read: async () => bytes,
    chunks: async function* () {
      yield bytes;
    },
    discard: () => undefined,
  };
}
