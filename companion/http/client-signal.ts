import type { ServerResponse } from 'node:http';
import { CompanionError } from '../base/error.ts';

/** Aborted when the client hangs up before its answer is complete. The response's `close` tells; the request's does not. */
export function abortWhenGone(response: ServerResponse): AbortController {
  const abort = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) abort.abort(new CompanionError('CLIENT_GONE', 'The client hung up.'));
  });
  return abort;
}
