/** Serves the pages of logins by code to anybody on this computer: they hold nothing, and their calls are guarded. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { deviceLoginProviderIdSchema } from '../../../shared/credential.ts';
import type { RouteConfig } from '../client-server.ts';
import { loginPage, loginStyles } from './login-page.ts';
import { loginScript } from './login-script.ts';

const config: RouteConfig = { access: 'public' };

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

export function addLoginPages(app: FastifyInstance): void {
  for (const provider of deviceLoginProviderIdSchema.options) {
    app.get(`/v0/oauth/${provider}`, { config }, (_request, reply) => send(reply, 'text/html', loginPage(provider)));
  }
  app.get('/v0/oauth/login.js', { config }, (_request, reply) => send(reply, 'text/javascript', loginScript));
  app.get('/v0/oauth/login.css', { config }, (_request, reply) => send(reply, 'text/css', loginStyles));
}

function send(reply: FastifyReply, type: string, body: string): FastifyReply {
  return reply.headers(securityHeaders).type(`${type}; charset=utf-8`).send(body);
}
