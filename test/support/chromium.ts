import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, type LaunchOptions, launch } from 'puppeteer-core';

export interface Chromium {
  readonly browser: Browser;
  /** Ends the browser and removes its files. */
  close(): Promise<void>;
}

/**
 * A headless Chromium. On Linux on x86-64 it comes from an npm package, with the libraries and fonts that it needs, so
 * nothing has to be installed; elsewhere an installed Chrome is used, and without one it is an error.
 */
export async function startChromium(): Promise<Chromium> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-chromium-'));
  const remove = (): Promise<void> =>
    rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  try {
    const packaged = process.platform === 'linux' && process.arch === 'x64';
    const browser = await launch({
      ...(packaged ? await unpack(folder) : { channel: 'chrome' }),
      userDataDir: join(folder, 'profile'),
      // Chromium's sandbox refuses to work for root.
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--no-proxy-server'],
    });
    const close = async (): Promise<void> => {
      await browser.close();
      await remove();
    };
    return { browser, close };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * Unpacks the browser into the folder. The package always uses the temporary folder, with fixed names that other runs
 * share, and adds the libraries only in AWS Lambda. So it runs in a process of its own, whose environment says both.
 */
async function unpack(folder: string): Promise<LaunchOptions> {
  const script = `import chromium from '@sparticuz/chromium';
    chromium.setGraphicsMode = false;
    process.stdout.write(await chromium.executablePath());`;
  const { stdout: executablePath } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', script],
    { cwd: import.meta.dirname, env: { TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' } },
  );
  // The package's own file looks for fonts where AWS Lambda has them, and without any, pages crash.
  const fonts = join(folder, 'fonts.conf');
  await writeFile(
    fonts,
    `<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>`,
  );
  return {
    executablePath,
    headless: 'shell',
    env: {
      HOME: folder,
      TMPDIR: folder,
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      FONTCONFIG_FILE: fonts,
    },
  };
}
