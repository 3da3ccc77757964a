/** AWS event-stream messages, made by hand, so that whoever reads them is not checked against itself. */
import { crc32 } from 'node:zlib';

export type Headers = Readonly<Record<string, string>>;

const STRING = 7;

/** `[total][headers][crc of both][headers][payload][crc of all]`, big-endian. */
export function message(headers: Headers, payload: string | Buffer): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const body = Buffer.from(payload);
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(head.length + body.length + 16, 0);
  prelude.writeUInt32BE(head.length, 4);
  const before = Buffer.concat([prelude, checksum(prelude), head, body]);
  return Buffer.concat([before, checksum(before)]);
}

export function event(type: string, payload: object): Buffer {
  return message(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify(payload),
  );
}

export function exception(type: string, payload: object): Buffer {
  return message(
    { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    JSON.stringify(payload),
  );
}

export function errorMessage(code: string, text: string): Buffer {
  return message({ ':error-code': code, ':error-message': text, ':message-type': 'error' }, '');
}

/** The same message with one bit of its payload turned over. */
export function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.length - 6;
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

function header(name: string, value: string): Buffer {
  const text = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  return Buffer.concat([
    Buffer.from([Buffer.byteLength(name)]),
    Buffer.from(name),
    Buffer.from([STRING]),
    length,
    text,
  ]);
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}
