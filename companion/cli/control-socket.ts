/**
 * One question to the companion that runs. Written on the bare socket, as HTTP/1.0, whose answer ends with the connection:
 * loading `node:http` would double the time that `companion status` takes.
 */
import { connect } from 'node:net';
import { CompanionError } from '../base/error.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface ControlAnswer {
  readonly status: number;
  /** Parsed JSON. */
  readonly body: unknown;
}

const patienceMs = 30_000;

/** `undefined` when nobody listens on the socket. Errors: `CONTROL_REFUSED` if it is another user's. */
export async function askSocket(
  path: string,
  method: Method,
  route: string,
  body?: object,
): Promise<ControlAnswer | undefined> {
  try {
    return parseAnswer(await exchange(path, formatRequest(method, route, body)));
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return undefined;
    if (code === 'EACCES') {
      throw new CompanionError('CONTROL_REFUSED', `You may not open ${path}: it belongs to another user.`, {
        remedy: 'Set CCPROXY_HOME to a folder of your own, or run the command as that user.',
      });
    }
    throw thrown;
  }
}

function formatRequest(method: Method, route: string, body: object | undefined): string {
  const payload = body === undefined ? '' : JSON.stringify(body);
  const describesBody = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(payload)}\r\n`;
  return `${method} ${route} HTTP/1.0\r\n${payload === '' ? '' : describesBody}\r\n${payload}`;
}

function exchange(path: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(path, () => socket.write(request));
    socket.setEncoding('utf8').setTimeout(patienceMs);
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('timeout', () => socket.destroy(new CompanionError('INTERNAL', 'The companion does not answer.')));
    socket.on('error', reject);
    socket.on('end', () => resolve(text));
  });
}

/** An answer that was cut off, because the companion went away, fails here: its JSON does not end. */
function parseAnswer(text: string): ControlAnswer {
  const endOfHead = text.indexOf('\r\n\r\n');
  try {
    return { status: Number(text.slice(9, 12)), body: JSON.parse(text.slice(endOfHead + 4)) };
  } catch (cause) {
    throw new CompanionError('INTERNAL', 'The companion went away while it answered.', { cause });
  }
}
