/** Numbers and names that both ends of the link must agree on. */

export const LINK_NAME = 'ccproxy-companion';
/** Changes only when an older peer could no longer understand us. */
export const LINK_VERSION = 1;
/** The oldest version that we still speak. */
export const LINK_MIN_VERSION = 1;
export const LINK_PATH = '/link';

/** One WebSocket message, sealing included. Bodies that are larger travel in several frames. */
export const MAX_FRAME_BYTES = 256 * 1024;
/** Payload of one chunk frame: leaves room for the header and the seal. */
export const MAX_CHUNK_BYTES = 128 * 1024;
/** The longest answer of a management route: who wants more asks page by page. */
export const API_ANSWER_BYTES = 192 * 1024;
/** How far a job's sender may run ahead of its receiver. */
export const JOB_WINDOW_BYTES = 1024 * 1024;

export const HANDSHAKE_TIMEOUT_MS = 5_000;
/** An extension's worker dies after 30 s of silence; only a message (not a WebSocket ping) counts as life. */
export const PING_INTERVAL_MS = 15_000;
/** How old a pair's long-term key may grow before the two ends agree on the next one. */
export const REKEY_AFTER_MS = 30 * 24 * 60 * 60_000;
/** After this long without any message the peer is taken for gone. */
export const PEER_SILENCE_MS = 45_000;

export const closeCode = {
  badFrame: 4400,
  authentication: 4401,
  unpaired: 4403,
  handshakeTimeout: 4408,
  replaced: 4409,
  version: 4426,
  slowDown: 4429,
  goingAway: 1001,
  /** The companion's own fault (a locked vault, say); it says nothing about the pair. */
  internal: 1011,
} as const;
export type CloseCode = (typeof closeCode)[keyof typeof closeCode];
