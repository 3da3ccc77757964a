/** `network`: the way out. */
import { z } from 'zod';
import { boolean, booleanWords, directHosts, proxyUrl, proxyWords, text } from '../form.ts';
import { setting } from '../setting.ts';

export const networkSettings = z.strictObject({
  proxy: setting(proxyUrl.optional(), {
    description: 'the HTTP proxy on the way out, with its password if it wants one; `direct` for none',
    allowed: proxyWords,
    isSecret: true,
    staysLocalInDotEnv: true,
    generalEnvironment: ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'],
  }),
  no_proxy: setting(directHosts.default([]), {
    description: 'hosts that are reached without it; this computer always is',
    allowed: 'a list of hosts that are reached without the proxy',
    generalEnvironment: ['no_proxy', 'NO_PROXY'],
  }),
  ca_file: setting(text.optional(), {
    description: 'a PEM file with certificates to trust besides the usual ones',
    allowed: 'the path of a file',
    isPath: true,
    neverInDotEnv: true,
  }),
  use_system_ca: setting(boolean.default(false), {
    description: 'trust what this computer trusts, as browsers do',
    allowed: booleanWords,
  }),
});
