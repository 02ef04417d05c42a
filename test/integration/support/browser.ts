import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';

/** Where distributions put it; CHROMIUM names another. */
const places = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

export interface View {
  /** CSS pixels. */
  readonly widthPx: number;
  readonly scheme: 'light' | 'dark';
}

/** An open page, and what it did that it should not. */
export interface OpenPage {
  readonly page: Page;
  /** Errors and warnings in its console, and exceptions. */
  readonly complaints: string[];
  /** Requested addresses, besides the page's own and data within it. */
  readonly requests: string[];
}

/**
 * A real Chromium.
 *
 * @returns its path, or undefined after printing why there is none; then skip the test
 * @throws an Error instead of that where `CI` is set: there nothing is skipped in silence
 */
export function findChromium(): string | undefined {
  const found = places.find((path) => path !== '' && existsSync(path));
  if (found !== undefined) return found;
  const reason =
    'no Chromium here; on Debian it needs: sudo apt-get install --no-install-recommends chromium';
  if ((process.env.CI ?? '') !== '') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return undefined;
}

/** Opens a file in a browser of its own, without any state, and ends that browser afterwards. */
export async function withPage(
  chromiumPath: string,
  file: string,
  view: View,
  look: (open: OpenPage) => Promise<void>,
): Promise<void> {
  const profile = mkdtempSync(join(tmpdir(), 'report-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath,
    headless: true,
    colorScheme: view.scheme,
    viewport: { width: view.widthPx, height: 900 },
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
  try {
    const page = await context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) requests.push(request.url());
    });
    await page.goto(`file://${file}`);
    await page.waitForSelector('html[data-drawn="true"]');
    await look({ page, complaints, requests });
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}
