/** A stand-in for the extension's `browser` object inside a page; sent there as source, so it may use nothing from outside. */
import type { ApiQuestion, ExtensionState } from '../../../extension/state.ts';

export interface FakeBrowserSetup {
  readonly state: ExtensionState | null;
  readonly messages: Readonly<Record<string, { readonly message: string }>>;
  /** Answers of the background by request name; `null` unless given. */
  readonly answers: Readonly<Record<string, unknown>>;
  /**
   * What the companion's management routes answer, by `GET /v0/management/usage?by=model`: the query names what must be
   * in a question's own. A string is the code of a refusal. Whatever is not here cannot be reached.
   */
  readonly api: Readonly<Record<string, unknown>>;
  /** Requests that the background fails to answer, as one that is being replaced does. */
  readonly unanswered: readonly string[];
  /** Content of `storage.session`. */
  readonly stored: Readonly<Record<string, unknown>>;
  readonly grantsPermission: boolean;
}

/** What a test reaches from outside, as `window.fakeBackground`. */
export interface FakeBackground {
  /** Everything that the page asked, in order; also the permissions that it asked the browser for. */
  readonly asked: { readonly request: string; readonly input: unknown }[];
  /** What the page asked the companion's management routes, in order. */
  readonly called: ApiQuestion[];
  show(state: ExtensionState): void;
  /** Makes every text longer, to see what a language with longer words does: 0.5 = half as long again. */
  stretchWords(factor: number): void;
  /** The worker dies; the page may connect again. */
  restart(state: ExtensionState): void;
}

/* oxlint-disable unicorn/consistent-function-scoping -- everything must live inside the one function that is sent */
export function installFakeBrowser(setup: FakeBrowserSetup): void {
  type Listener = (message?: unknown) => void;
  const ports = new Set<{ readonly messages: Listener[]; readonly ends: Listener[] }>();
  const asked: { request: string; input: unknown }[] = [];
  const called: ApiQuestion[] = [];
  let current = setup.state;
  let stretch = 0;

  function stretched(message: string): string {
    if (stretch === 0) return message;
    return message.replace(/\p{L}{3,}/gu, (word) => word + word.slice(0, Math.ceil(word.length * stretch)));
  }

  function getMessage(key: string, values: readonly string[] = []): string {
    const words = setup.messages[key]?.message ?? '';
    const shown = key === 'language' ? words : stretched(words);
    return shown.replace(/\$(\d)/g, (_match, digit: string) => values[Number(digit) - 1] ?? '');
  }

  function connect() {
    const port = { messages: [] as Listener[], ends: [] as Listener[] };
    ports.add(port);
    if (current !== null) queueMicrotask(() => port.messages.forEach((listener) => listener({ state: current })));
    return {
      onMessage: { addListener: (listener: Listener) => port.messages.push(listener) },
      onDisconnect: { addListener: (listener: Listener) => port.ends.push(listener) },
    };
  }

  function note(request: string, input: unknown): void {
    asked.push({ request, input });
  }

  function fits(route: string, { method, path }: ApiQuestion): boolean {
    const [named = '', needed = ''] = route.split('?', 2);
    const [address = '', query = ''] = path.split('?', 2);
    const told = new URLSearchParams(query);
    const needs = [...new URLSearchParams(needed)];
    return named === `${method} ${address}` && needs.every(([name, value]) => (told.get(name) ?? '') === value);
  }

  function callApi(question: ApiQuestion): unknown {
    called.push(question);
    const found = Object.entries(setup.api).find(([route]) => fits(route, question));
    if (found === undefined) return { ok: false, code: 'ROUTE_NOT_FOUND', message: '', remedy: null };
    const [, answer] = found;
    if (typeof answer !== 'string') return { ok: true, body: answer };
    return { ok: false, code: answer, message: 'the words of the companion', remedy: null };
  }

  async function sendMessage({ request, input }: { request: string; input: unknown }): Promise<unknown> {
    if (request === 'call-api') return callApi(input as ApiQuestion);
    note(request, input);
    return setup.unanswered.includes(request) ? undefined : (setup.answers[request] ?? null);
  }

  const fakeBackground: FakeBackground = {
    asked,
    called,
    show(state) {
      current = state;
      for (const port of ports) for (const listener of port.messages) listener({ state });
    },
    stretchWords(factor) {
      stretch = factor;
      if (current !== null) fakeBackground.show({ ...current });
    },
    restart(state) {
      current = state;
      const ended = [...ports];
      ports.clear();
      for (const port of ended) for (const listener of port.ends) listener();
    },
  };

  const stored = new Map(Object.entries(setup.stored));
  let allowsNotices = false;
  const runtime = {
    id: 'fake',
    connect,
    sendMessage,
    getManifest: () => ({ version: '0.1.0' }),
  };
  Object.assign(globalThis, {
    fakeBackground,
    chrome: { runtime },
    browser: {
      runtime,
      i18n: { getMessage },
      tabs: {
        getCurrent: async () => ({ id: 7 }),
        remove: async (tabId: number) => note('tabs.remove', tabId),
      },
      permissions: {
        contains: async () => allowsNotices,
        request: async (permissions: { readonly permissions?: readonly string[] }) => {
          note('permissions.request', permissions);
          if (permissions.permissions?.includes('notifications') === true) allowsNotices = setup.grantsPermission;
          return setup.grantsPermission;
        },
        remove: async (permissions: { readonly permissions?: readonly string[] }) => {
          note('permissions.remove', permissions);
          if (permissions.permissions?.includes('notifications') === true) allowsNotices = false;
          return true;
        },
      },
      storage: {
        session: {
          get: async (key: string) => (stored.has(key) ? { [key]: stored.get(key) } : {}),
          remove: async (key: string) => void stored.delete(key),
        },
        onChanged: { addListener() {}, removeListener() {} },
      },
    },
  });
}
