/**
 * undici's own entry loads its fetch, WebSocket, caches and mocks at once. The bundle gets an entry with what the companion
 * imports; a name that is missing here fails the build.
 */
import type { Plugin } from 'rolldown';

const entry = `
import * as api from 'undici/lib/api/index.js';
import * as errors from 'undici/lib/core/errors.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import buildConnector from 'undici/lib/core/connect.js';
import { parseCookie } from 'undici/lib/web/cookies/index.js';

Object.assign(Dispatcher.prototype, api.default);

/** Only with a dispatcher of one's own and an address that is complete: all that the companion asks for. */
function request(address, { dispatcher, ...options }) {
  const url = new URL(address);
  const method = options.method ?? (options.body ? 'PUT' : 'GET');
  return dispatcher.request({ ...options, method, origin: url.origin, path: url.pathname + url.search });
}

export { Agent, buildConnector, Dispatcher, errors, parseCookie, request };
`;

/** What undici loads when a body is a form, which no body of the companion is. */
const formParts = /[/\\]undici[/\\]lib[/\\]web[/\\]fetch[/\\](body|formdata)\.js$/;

export const leanUndici: Plugin = {
  name: 'lean-undici',
  resolveId: (source) => (source === 'undici' ? 'lean:undici' : null),
  load(id) {
    if (id === 'lean:undici') return entry;
    return formParts.test(id) ? "throw new Error('forms are not in this bundle');" : null;
  },
};
