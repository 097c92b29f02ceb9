/** Chromium with software rendering and an emulated Quest 3, and what its pages said and asked for. */

import { createRequire } from 'node:module';

// The driver and the headset lie in tests/node, beside the glTF validator.
const require = createRequire(new URL('../node/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const FLAGS = [
  '--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
];

/** @param {string} executable path of Chromium */
export function launch(executable) {
  return chromium.launch({ executablePath: executable, args: FLAGS });
}

/** A page that notes its console, its failures and its requests. */
export async function openPage(browser, { headset = true, script = null, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 480, height: 320 }, ...options });
  const page = await context.newPage();
  const said = [];
  const asked = [];
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => said.push(`error: ${error.stack}`));
  page.on('request', (request) => asked.push(request.url()));
  if (headset) {
    await page.addInitScript({ path: require.resolve('iwer/build/iwer.min.js') });
    await page.addInitScript(() => {
      const device = new window.IWER.XRDevice(window.IWER.metaQuest3);
      device.installRuntime({ forceInstall: true });
      window.device = device;
      // Turn a controller or hand towards a place in the world, from where it is held.
      window.point = (input, place, rig) => {
        const turn = rig.group.rotation.y;
        const [dx, dz] = [place[0] - rig.group.position.x, place[2] - rig.group.position.z];
        const to = [dx * Math.cos(turn) - dz * Math.sin(turn), place[1] - rig.group.position.y, dx * Math.sin(turn) + dz * Math.cos(turn)];
        const head = device.position;
        input.position.set(head.x + 0.05, head.y - 0.3, head.z - 0.1);
        const way = to.map((part, i) => part - [head.x + 0.05, head.y - 0.3, head.z - 0.1][i]);
        const yaw = Math.atan2(-way[0], -way[2]);
        const pitch = Math.atan2(way[1], Math.hypot(way[0], way[2]));
        const [sy, cy, sp, cp] = [Math.sin(yaw / 2), Math.cos(yaw / 2), Math.sin(pitch / 2), Math.cos(pitch / 2)];
        input.quaternion.set(cy * sp, sy * cp, -sy * sp, cy * cp);
      };
    });
  }
  if (script) await page.addInitScript(script);
  return { context, page, said, asked };
}

/** Wait until the first frame is drawn, and all that is in sight is loaded. */
export async function ready(page) {
  await page.waitForFunction(() => window.vernissage?.firstFrame > 0, null, { timeout: 300_000 });
  await settled(page);
}

/** Nothing loads, walks or fades any more. */
export async function settled(page) {
  await frames(page, 1); // what was just asked for begins with the next frame
  await page.waitForFunction(
    () => {
      const { queue, stroll, comfort } = vernissage;
      return queue.idle && !stroll.walk && comfort.wanted === 0 && comfort.dark === 0 && !comfort.waiting.length;
    },
    null,
    { timeout: 300_000, polling: 50 },
  );
  await still(page);
}

/** Nothing slides on the page: what is measured now stays where it is. */
export function still(page) {
  return page.evaluate(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)));
}

/** Wait for frames, not for time: a slow machine is as right as a fast one. */
export function frames(page, count) {
  return page.evaluate(
    (wanted) =>
      new Promise((done) => {
        const from = vernissage.frames;
        const look = () => (vernissage.frames - from >= wanted ? done() : setTimeout(look, 4));
        look();
      }),
    count,
  );
}
