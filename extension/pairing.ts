import { parsePairingToken, pairingId } from '../shared/link/pairing-token.ts';
import type { PairingToken } from '../shared/link/pairing-token.ts';
import { HANDSHAKE_TIMEOUT_MS } from '../shared/link/protocol.ts';
import { connectLink } from './link-connection.ts';
import type { LinkConnection, LinkSurroundings } from './link-connection.ts';
import { LinkError } from './link-end.ts';
import type { LinkEnd } from './link-end.ts';
import type { PairStore } from './pair-store.ts';
import type { PairAnswer, PairFailure } from './state.ts';

export interface PairingOptions extends LinkSurroundings {
  readonly pairs: PairStore;
  /** Ends the link of the pair that was and connects as the store now says; resolves when the outcome is known. */
  readonly reconnect: () => Promise<void>;
}

/**
 * Pairs with the companion that issued `text`: a token, or a link that carries one. Two phases: the pair is stored as
 * pending before `pair.commit` is sent, and becomes the current one when the companion has confirmed it, or when a
 * session with it succeeds. The pair that was before stays in use until then. Rejects only when nothing can be stored.
 */
export async function pair(text: string, options: PairingOptions): Promise<PairAnswer> {
  const token = parsePairingToken(text);
  if (token === undefined) return { ok: false, reason: 'not-a-token' };
  try {
    const connection = await openPairing(token, options);
    return await commitPair(token, connection, options).finally(() => connection.close(1000));
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    return { ok: false, reason: pairFailureOf(error.end) };
  }
}

async function openPairing(token: PairingToken, surroundings: LinkSurroundings): Promise<LinkConnection> {
  return connectLink(surroundings, {
    port: token.port,
    mode: 'pair',
    id: await pairingId(token.secret),
    preSharedKey: token.secret,
    pinnedKey: undefined,
  });
}

async function commitPair(
  token: PairingToken,
  connection: LinkConnection,
  options: PairingOptions,
): Promise<PairAnswer> {
  const { pairId, seatId } = connection.ready;
  const { longTermKey, fingerprint, hello } = connection;
  if (pairId === undefined || longTermKey === undefined) return { ok: false, reason: 'refused' };
  const facts = { port: token.port, pairId, seatId, companionKey: hello.pk, fingerprint };
  let isConfirmed = false;
  try {
    await options.pairs.keepPending({ ...facts, longTermKey, pairedAtMs: options.clock.now() });
    await connection.send({ t: 'pair.commit' });
    isConfirmed = await isCommitted(connection, options);
    if (isConfirmed) await options.pairs.promote(pairId, options.clock.now());
  } finally {
    options.pairs.endCeremony();
  }
  // Without a confirmation the session handshake decides: the companion may have kept the pair just before it went away.
  await options.reconnect();
  const isKept = (await options.pairs.load()).current?.pairId === pairId;
  return isKept ? { ok: true, fingerprint } : { ok: false, reason: 'timeout' };
}

/** `false` when the link broke or the time was up before the companion confirmed. */
async function isCommitted(connection: LinkConnection, { clock }: PairingOptions): Promise<boolean> {
  const cancelTimeout = clock.after(HANDSHAKE_TIMEOUT_MS, () => connection.close(1000));
  try {
    for (;;) if ((await connection.receive()).frame.t === 'pair.committed') return true;
  } catch {
    return false;
  } finally {
    cancelTimeout();
  }
}

function pairFailureOf(end: LinkEnd): PairFailure {
  switch (end.kind) {
    case 'version':
      return 'version';
    case 'timeout':
      return 'timeout';
    case 'nobody':
      return 'nobody-there';
    case 'refused':
    case 'impostor':
    case 'unpaired':
    case 'replaced':
    case 'slow-down':
      return 'refused';
  }
}
