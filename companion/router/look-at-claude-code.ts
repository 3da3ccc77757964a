/** May the person's own Claude Code serve a request? Only where it is asked for, or where nothing else is left. */
import { followExact } from './locate.ts';
import type { Location } from './locate.ts';
import { nameOfClaudeCode } from './describe.ts';
import type { Able, Look } from './look.ts';
import { unsuited } from './look.ts';
import type { ClaudeCodeCandidate, ClaudeCodeUse, RouteFacts, RouteRequest } from './plan.ts';
import { refuseClaudeCode } from './refuse.ts';

type ClaudeCodeAble = Able & { readonly candidate: ClaudeCodeCandidate };

const prefix = 'claude-code/';

/** By `x-proxy-mode: claude-code`, or a model named `claude-code/...`, be it through an alias. */
export function isForClaudeCode({ mode, model }: RouteRequest, aliases: RouteFacts['aliases']): boolean {
  if (mode !== undefined || model === undefined) return mode === 'claude-code';
  return followExact(model, aliases).startsWith(prefix);
}

/** What the client's own name became through aliases, and how Claude Code is asked for it. */
export function nameForClaudeCode({ model = '' }: RouteRequest, aliases: RouteFacts['aliases']) {
  const name = followExact(model, aliases);
  return { name, wanted: name.startsWith(prefix) ? name.slice(prefix.length) : name };
}

/** Throws `NOT_AVAILABLE_IN_MODE` where it is turned off, or where it cannot be what is meant. */
export function lookAtWantedClaudeCode(request: RouteRequest, facts: RouteFacts): ClaudeCodeAble {
  const { mode } = request;
  if (facts.claudeCode === 'off')
    throw refuseClaudeCode('`claude_code.mode` is off', { mode }, 'Set it to `on-request`.');
  if (request.ownKey !== undefined) throw refuseClaudeCode('the client sent its own credential along', request);
  if (!request.isTranslatable || request.onlyProvider !== undefined)
    throw refuseClaudeCode('it has no such route', request);
  const { wanted } = nameForClaudeCode(request, facts.aliases);
  const candidate: ClaudeCodeCandidate = { kind: 'claude-code', model: wanted };
  const reason = mode === undefined ? 'the name of the model asks for it' : 'the mode claude-code is wanted';
  return { kind: 'able', who: nameOfClaudeCode, candidate, reason };
}

/** The last resort for Claude's models, where the person turned that on. Nothing is said of it where it was not. */
export function lookAtClaudeCode(request: RouteRequest, location: Location, use: ClaudeCodeUse): readonly Look[] {
  const { mode, ownKey, isTranslatable, onlyProvider, account } = request;
  if (
    account !== undefined ||
    use !== 'auto' ||
    mode !== undefined ||
    ownKey !== undefined ||
    onlyProvider !== undefined
  )
    return [];
  if (!isTranslatable) return [unsuited(nameOfClaudeCode, 'it has no such route')];
  const model = location.webName;
  if (model?.startsWith('claude') !== true) return [unsuited(nameOfClaudeCode, 'Claude is not meant')];
  return [
    {
      kind: 'able',
      who: nameOfClaudeCode,
      candidate: { kind: 'claude-code', model },
      reason: 'when nothing else can',
    },
  ];
}
