/** Serves routes: reads their input by their schemas, and sends nothing that the schema of the answer does not name. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CompanionError } from '../../base/error.ts';
import type { RouteConfig } from '../client-server.ts';
import { abortWhenGone } from '../client-signal.ts';
import type { Route, RouteInput } from './route.ts';

/**
 * `network`: for the port, where a key is asked for. `trusted`: for callers who have proved themselves otherwise (the
 * control socket, whose file only its owner can open, and paired browsers).
 */
export type Door = 'network' | 'trusted';

export function addRoutes(app: FastifyInstance, routes: readonly Route[], door: Door): void {
  for (const route of routes) {
    const config: RouteConfig = {
      access: door === 'trusted' ? 'public' : route.access,
      ...(route.isForLoginPage === true && { isForLoginPage: true }),
    };
    app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      config,
      handler: (request, reply) => serve(route, request, reply),
    });
  }
}

async function serve(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const input = readInput(route, request);
  const answer = route.answer.safeParse(await route.handle(input, abortWhenGone(reply.raw).signal));
  if (!answer.success) {
    const message = `The answer of ${route.method} ${route.path} is not what it should be.`;
    throw new CompanionError('INTERNAL', message, { cause: answer.error });
  }
  return reply
    .code(route.status ?? 200)
    .header('cache-control', 'no-store')
    .send(answer.data);
}

function readInput({ params, query, body }: Route, request: FastifyRequest): RouteInput {
  return {
    params: params && read(params, request.params, 'the path'),
    query: query && read(query, request.query, 'the query'),
    body: body && read(body, bodyOf(request), 'the body'),
  };
}

/** The server for clients keeps bodies as bytes; the control socket's has parsed them. */
function bodyOf({ body }: FastifyRequest): unknown {
  if (body === undefined || body === null) return undefined;
  if (!Buffer.isBuffer(body)) return body;
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new CompanionError('INVALID_REQUEST', 'The body is not valid JSON.');
  }
}

function read<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  const problem = issue === undefined ? 'it cannot be read' : problemOf(issue, schema);
  const message = field === '' ? `In ${what}: ${problem}.` : `In ${what}, \`${field}\`: ${problem}.`;
  throw new CompanionError('INVALID_REQUEST', message, field === '' ? {} : { details: { field } });
}

/** What came in is never quoted, not even as a name: a secret may stand where it should not. */
function problemOf(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  if (issue.code === 'unrecognized_keys') return `it has a field that is not known${knownFields(issue, schema)}`;
  if (issue.code === 'invalid_value')
    return `must be ${issue.values
      .map(String)
      .join(', ')
      .replace(/, ([^,]*)$/, ' or $1')}`;
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input')) return wantedType(issue);
  return issue.message.replace(/\.$/, '').replace(/^Too (?:small|big): expected /, 'expected ');
}

/** Of the outermost object only: those are the ones that are mistyped. */
function knownFields(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  if (issue.path.length > 0 || !(schema instanceof z.ZodObject)) return '';
  return `; it may have ${Object.keys(schema.shape).join(', ')}`;
}

function wantedType(issue: z.core.$ZodIssueInvalidType): string {
  const isMissing = issue.message.endsWith('received undefined');
  const subject = isMissing && issue.path.length === 0 ? 'there is none; it ' : isMissing ? 'it is missing; it ' : '';
  return `${subject}must be ${typeWords[issue.expected] ?? issue.expected}`;
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a JSON object',
  array: 'a list',
};
