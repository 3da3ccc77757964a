/** `server`: where the companion listens, by what names it may be called, and how it ends. */
import { z } from 'zod';
import { host, hostList, wholeNumber } from '../form.ts';
import { setting } from '../setting.ts';

export const serverSettings = z.strictObject({
  host: setting(host.default('127.0.0.1'), {
    description: 'address to listen on; anything but this computer needs the client key',
    allowed: 'an IP address or a host name',
    environment: ['CCPROXY_HOST', 'CCPROXY_SERVER_HOST', 'SERVER__HOST'],
    flag: '--host',
    staysLocalInDotEnv: true,
  }),
  port: setting(wholeNumber(0, 65_535).default(8000), {
    description: 'port to listen on; 0 picks a free one at each start',
    allowed: 'a whole number from 0 to 65535 (0: any free port)',
    environment: ['CCPROXY_PORT', 'CCPROXY_SERVER_PORT', 'SERVER__PORT'],
    flag: '--port',
  }),
  allowed_hosts: setting(hostList.default([]), {
    description: 'further names that clients may call the companion by, each with its port if it is another one',
    reloads: true,
    allowed: 'a list of host names, each with its port if it is not the default one',
    neverInDotEnv: true,
  }),
  mode: setting(z.enum(['both', 'api', 'web']).default('both'), {
    description: 'what all clients may use: `api` (keys and logins), `web` (claude.ai) or `both`, Claude Code included',
    reloads: true,
    allowed: 'both, api or web',
  }),
  drain_seconds: setting(wholeNumber(0, 600).default(10), {
    description: 'how long open answers may go on when the companion is stopped',
    reloads: true,
    allowed: 'a whole number of seconds from 0 to 600',
  }),
});
