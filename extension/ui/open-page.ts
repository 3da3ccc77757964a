import browser from 'webextension-polyfill';

/** Opens a page of the companion in a tab; an address anywhere else is none of its pages, and opens nothing. */
export async function openOwnPage(address: string, companionUrl: string): Promise<void> {
  if (!URL.canParse(address) || new URL(address).origin !== new URL(companionUrl).origin) {
    throw new Error('the address is no page of the companion');
  }
  await browser.tabs.create({ url: address });
}
