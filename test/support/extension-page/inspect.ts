/** What can be checked on any page: names for assistive technology, room, sizes, contrast as the browser computed it. */
import type { Page } from 'playwright-core';

const namedRoles: ReadonlySet<string> = new Set([
  'button',
  'link',
  'textbox',
  'checkbox',
  'radio',
  'combobox',
  'meter',
  'img',
]);

/** Controls that a screen reader could not name, by their role. */
export async function findUnnamedControls(page: Page): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  return nodes
    .filter((node) => !node.ignored && namedRoles.has(String(node.role?.value)))
    .filter((node) => String(node.name?.value ?? '').trim() === '')
    .map((node) => String(node.role?.value));
}

/** Elements that stick out of the page sideways, unless they stand in a frame that scrolls or cuts. */
export function findOverflow(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    return [...document.querySelectorAll<HTMLElement>('body *')]
      .filter((element) => element.closest('.table-frame, .plot-canvas, .unseen') === null)
      .filter((element) => {
        const box = element.getBoundingClientRect();
        return box.width > 0 && (box.right > width + 0.5 || box.left < -0.5);
      })
      .map((element) => `${element.tagName.toLowerCase()}.${element.className}`);
  });
}

/** Elements with text of their own that is smaller than `minimumPx`. */
export function findSmallText(page: Page, minimumPx: number): Promise<readonly string[]> {
  return page.evaluate((minimum) => {
    const hasText = (element: Element) =>
      [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '');
    return [...document.querySelectorAll('body *')]
      .filter((element) => hasText(element) && Number.parseFloat(getComputedStyle(element).fontSize) < minimum)
      .map((element) => `${element.className}: ${element.textContent}`);
  }, minimumPx);
}

/** Texts with less contrast than `minimum` to the colour behind them. */
export function findLowContrast(page: Page, minimum: number): Promise<readonly string[]> {
  return page.evaluate((least) => {
    const channels = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (colour: string) => {
      const [red = 0, green = 0, blue = 0] = channels(colour).map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const groundBehind = (element: Element | null): string => {
      if (element === null) return 'rgb(255, 255, 255)';
      const colour = getComputedStyle(element).backgroundColor;
      return (channels(colour)[3] ?? 1) === 1 ? colour : groundBehind(element.parentElement);
    };
    const contrast = (element: Element) => {
      const pair = [luminance(getComputedStyle(element).color), luminance(groundBehind(element))];
      return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    };
    const hasText = (element: Element) =>
      [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '');
    return [...document.querySelectorAll('body *')]
      .filter((element) => hasText(element) && element.getClientRects().length > 0 && contrast(element) < least)
      .map((element) => `${contrast(element).toFixed(2)} ${element.className}: ${element.textContent}`);
  }, minimum);
}

/** Placeholders that nobody filled, and ids that stand twice. */
export function findSlips(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    const unfilled = document.body.innerText.match(/\$\d|undefined|NaN|\[object/g) ?? [];
    return [...unfilled, ...ids.filter((id, index) => ids.indexOf(id) !== index)];
  });
}
