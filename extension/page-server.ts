import { z } from 'zod';
import { redirectLoginProviderIdSchema } from '../shared/credential.ts';
import { choicesSchema } from './choices.ts';
import type { PageRequest } from './page-request.ts';
import type { MessagePort } from './ports.ts';
import type { ExtensionState, PageRequestName, PageRequests } from './state.ts';

/** One variant per request, so that a `switch` on `request` knows the input. */
export type AnyPageRequest = { [Name in PageRequestName]: PageRequest<Name> }[PageRequestName];
export type PageAnswer = PageRequests[PageRequestName]['answer'];

const nothing = z.strictObject({});
const byId = z.strictObject({ id: z.string().min(1).max(300) });
const inputSchemas: Readonly<Record<PageRequestName, z.ZodType>> = {
  pair: z.strictObject({ token: z.string().max(2000) }),
  sync: nothing,
  unsync: nothing,
  unpair: nothing,
  choose: choicesSchema.partial(),
  'try-now': nothing,
  'stop-job': z.strictObject({ id: z.string().min(1).max(100) }),
  'client-settings': nothing,
  'begin-login': z.strictObject({ provider: redirectLoginProviderIdSchema }),
  'open-login': byId,
  'cancel-login': byId,
  'refresh-login': byId,
  'remove-login': byId,
  'call-api': z.strictObject({
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    path: z.string().startsWith('/').max(2000),
    body: z.unknown().optional(),
  }),
};
const envelopeSchema = z.strictObject({ request: z.string(), input: z.unknown() });

/** `undefined` for anything that is not a well-formed request of a page. */
export function parsePageRequest(message: unknown): AnyPageRequest | undefined {
  const envelope = envelopeSchema.safeParse(message);
  if (!envelope.success || !isRequestName(envelope.data.request)) return undefined;
  const { request } = envelope.data;
  const input = inputSchemas[request].safeParse(envelope.data.input);
  // The schema of each name was just applied; its input's type cannot be followed through the table.
  return input.success ? ({ request, input: input.data } as AnyPageRequest) : undefined;
}

function isRequestName(name: string): name is PageRequestName {
  return Object.hasOwn(inputSchemas, name);
}

/** The pages that are open right now; each has the newest snapshot. */
export class PageAudience {
  readonly #ports = new Set<MessagePort>();

  add(port: MessagePort, state: ExtensionState): void {
    this.#ports.add(port);
    port.onDisconnect(() => this.#ports.delete(port));
    this.#tell(port, state);
  }

  publish(state: ExtensionState): void {
    for (const port of this.#ports) this.#tell(port, state);
  }

  /** A page may be gone before its `onDisconnect` is heard; posting then throws. */
  #tell(port: MessagePort, state: ExtensionState): void {
    try {
      port.post({ state });
    } catch {
      this.#ports.delete(port);
    }
  }
}
