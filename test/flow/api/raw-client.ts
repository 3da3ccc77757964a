/** HTTP as a program without an SDK sees it: raw headers, raw bytes, and whether the end was a proper one. */
import { request as httpRequest } from 'node:http';
import type { Agent } from 'node:http';

export interface RawQuestion {
  /** POST where there is a body, else GET. */
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object goes as JSON. */
  readonly body?: object | Buffer;
  readonly agent?: Agent;
}

export interface RawAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly rawHeaders: readonly string[];
  readonly bytes: Buffer;
  readonly text: string;
  /** Parsed when asked for. */
  readonly json: JsonValue;
  /** The connection was cut before the body ended. */
  readonly isCut: boolean;
  readonly firstByteMs: number;
}

/** Tests look into answers as they please: what is not there fails them. */
// oxlint-disable-next-line typescript/no-explicit-any
export type JsonValue = any;

/** Resolves with whatever came, rejects when no head did. */
export function askRaw(origin: string, question: RawQuestion): Promise<RawAnswer> {
  const { path, headers = {}, body, agent } = question;
  const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const method = question.method ?? (body === undefined ? 'GET' : 'POST');
  const isJson = body !== undefined && !('content-type' in headers);
  const length = bytes === undefined ? {} : { 'content-length': String(bytes.length) };
  const sentAtMs = performance.now();
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      origin + path,
      {
        method,
        headers: { ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers, ...length },
        agent: agent ?? false,
        maxHeaderSize: 1 << 20,
      },
      (response) => {
        const firstByteMs = performance.now() - sentAtMs;
        const chunks: Buffer[] = [];
        const done = (isCut: boolean) => {
          const whole = Buffer.concat(chunks);
          const { statusCode: status = 0, rawHeaders } = response;
          const lowerCase = response.headers as Readonly<Record<string, string | undefined>>;
          resolve({
            status,
            headers: lowerCase,
            rawHeaders,
            bytes: whole,
            isCut,
            firstByteMs,
            get text() {
              return whole.toString('utf8');
            },
            get json() {
              return JSON.parse(whole.toString('utf8')) as JsonValue;
            },
          });
        };
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => done(false));
        response.on('error', () => done(true));
      },
    );
    sent.on('error', reject).end(bytes);
  });
}
