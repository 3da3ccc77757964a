/** Hosts of AWS, which are named after their region. */

export const defaultRegion = 'us-east-1';
export const defaultOidcUrl = `https://oidc.${defaultRegion}.amazonaws.com`;
export const defaultKiroUrl = `https://q.${defaultRegion}.amazonaws.com`;

export const regionPattern = /^[a-z]{2,3}(?:-[a-z]{2,10}){1,3}-\d{1,2}$/;
export const regionWords = 'a region of AWS such as us-east-1';

/** `url` in another region than the preset one; an address that somebody chose stays as it is, whatever the region. */
export function inRegion(url: string, region: string = defaultRegion): string {
  const isPreset = url === defaultOidcUrl || url === defaultKiroUrl;
  return isPreset ? url.replace(`.${defaultRegion}.`, `.${region}.`) : url;
}

/** A profile lies in a region, which need not be the one of the directory (`region`) that its owner signed in at. */
export function kiroApiUrl(url: string, profileArn: string | null, region?: string): string {
  const [, ofProfile] = /^arn:[^:]*:[^:]*:([a-z0-9-]+):/.exec(profileArn ?? '') ?? [];
  return inRegion(url, ofProfile ?? region);
}
