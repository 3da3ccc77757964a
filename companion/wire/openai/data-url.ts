/** `data:` URLs of images and files. */

export interface DataUrl {
  /** Lower case, without parameters. */
  readonly mediaType: string;
  /** Standard base64 without line breaks. */
  readonly base64: string;
}

/** What a `data:` URL holds, or nothing if it is malformed or empty. */
export function parseDataUrl(url: string): DataUrl | undefined {
  const comma = url.indexOf(',');
  if (!/^data:/i.test(url) || comma < 0) return undefined;
  const [type = '', ...parameters] = url.slice('data:'.length, comma).split(';');
  const isBase64 = parameters.some((parameter) => parameter.trim().toLowerCase() === 'base64');
  const payload = url.slice(comma + 1);
  const base64 = isBase64 ? cleanBase64(payload) : encodePercent(payload);
  if (base64 === undefined || base64 === '') return undefined;
  return { mediaType: type.trim().toLowerCase(), base64 };
}

/** The text of base64 bytes, or nothing if they are not UTF-8. */
export function decodeText(base64: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}

function cleanBase64(payload: string): string | undefined {
  const text = /\s|%/.test(payload) ? payload.replaceAll('%3D', '=').replaceAll(/\s/g, '') : payload;
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? text : undefined;
}

function encodePercent(payload: string): string | undefined {
  try {
    return Buffer.from(decodeURIComponent(payload), 'utf8').toString('base64');
  } catch {
    return undefined;
  }
}
