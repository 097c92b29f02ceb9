/**
 * One visit with fingers on a telephone's screen: what a thumb, a tap and two fingers do.
 * Prints one JSON object; what must hold is said in test_touch.py.
 *
 * Usage: node touch.mjs CHROMIUM URL [FOLDER]     with a folder, pictures are left there
 */

import { frames, launch, openPage, ready, settled, still } from './browser.mjs';

const [executable, url, folder] = process.argv.slice(2);
const PHONE = { viewport: { width: 390, height: 700 }, hasTouch: true, isMobile: true, deviceScaleFactor: 1 };
const told = {};
const browser = await launch(executable);
try {
  const { page, context, said } = await openPage(browser, { headset: false, ...PHONE });
  const cdp = await context.newCDPSession(page);
  const touch = (type, points) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  await page.goto(url);
  await ready(page);
  await shoot('touch-hall');

  told.pad = await page.evaluate(() => document.querySelector('#pad').hidden === false);
  const pad = await middle('#pad');
  told.began = await state();
  await touch('touchStart', [pad]);
  await touch('touchMove', [[pad[0], pad[1] - 40]]);
  await page.waitForFunction(([x, z]) => Math.hypot(vernissage.rig.head[0] - x, vernissage.rig.head[2] - z) > 0.3, [told.began.x, told.began.z], { timeout: 30_000 });
  await touch('touchEnd', []);
  await frames(page, 2);
  told.walked = await state();
  await page.waitForTimeout(150);
  told.rested = await state();

  await drag([300, 200], [200, 200]);
  told.looked = await state();

  await page.evaluate(() => {
    const { rig, house, stage } = vernissage;
    const [one] = house.data.spawns;
    rig.place(...one.position);
    rig.look((one.yaw * Math.PI) / 180, 0);
    stage.invalidate();
  });
  await frames(page, 2);
  told.spawn = await state();
  const floor = await page.evaluate(() => {
    const { walk, barriers } = vernissage;
    const free = (y) => barriers.standable(...(walk.under(195, y)?.floor ?? [NaN, NaN]));
    return [600, 620, 640, 580, 560].find(free);
  });
  await tap([195, floor]);
  await settled(page);
  told.floor = await state();

  const slot = await page.evaluate(() => {
    const { house, rig, stage } = vernissage;
    const versions = (id) => house.entriesOf.get(id).length;
    const id = house.order.filter((name) => house.entriesOf.get(name)[0].kind === 'painting').sort((a, b) => versions(b) - versions(a))[0];
    const { stand, position } = house.slots.get(id);
    rig.place(...stand);
    rig.look(Math.atan2(position[0] - stand[0], position[2] - stand[1]), 0);
    stage.invalidate();
    return id;
  });
  await frames(page, 2);
  await tap([195, 345]);
  await settled(page);
  told.work = slot;
  told.opened = await state();
  told.panel = await page.evaluate(() => {
    const { left, top, right, bottom } = document.querySelector('#panel').getBoundingClientRect();
    return { left, top, right, bottom, width: innerWidth, height: innerHeight };
  });
  // Where the middle of the work is, in the window: the panel must not hide it.
  told.seen = await page.evaluate((id) => {
    const { rig, house } = vernissage;
    rig.group.updateMatrixWorld(true);
    const [x, y, z] = house.slots.get(id).position;
    const at = rig.camera.position.clone().set(x, y, z).project(rig.camera);
    return { x: ((at.x + 1) / 2) * innerWidth, y: ((1 - at.y) / 2) * innerHeight };
  }, slot);
  await shoot('touch-work');

  // One finger keeps still while the other draws away: closer, and neither has tapped.
  await touch('touchStart', [[195, 200]]);
  await touch('touchStart', [[195, 200], [205, 210]]);
  for (let i = 1; i <= 4; i++) await touch('touchMove', [[195, 200], [205 + 12 * i, 210 + 12 * i]]);
  await touch('touchEnd', [[195, 200]]);
  await touch('touchEnd', []);
  await frames(page, 2);
  told.pinched = await state();
  const before = await page.evaluate(() => vernissage.rig.yaw);
  await drag([250, 200], [180, 200]);
  told.panned = (await page.evaluate(() => vernissage.rig.yaw)) - before;

  await press('#version-1', () => vernissage.visit.entry?.id.endsWith('-v1'));
  await settled(page);
  told.switched = await state();
  await press('#panel-heart', () => document.querySelector('#panel-heart').getAttribute('aria-pressed') === 'true');
  told.liked = await page.evaluate(() => document.querySelector('#panel-heart').getAttribute('aria-pressed'));
  await press('#panel-next', (work) => vernissage.visit.slot !== work);
  await settled(page);
  told.next = await state();
  await press('#panel-close', () => !vernissage.visit.slot);
  await settled(page);
  told.closed = await state();
  told.small = await page.evaluate(() =>
    [...document.querySelectorAll('#bar button, #bar a')]
      .filter((one) => one.offsetParent)
      .map((one) => one.getBoundingClientRect())
      .filter(({ width, height }) => width < 40 || height < 40).length,
  );
  told.wide = await page.evaluate(() => document.documentElement.scrollWidth);
  told.said = said;

  function state() {
    return page.evaluate(() => {
      const { rig, visit, inspect } = vernissage;
      const [x, , z] = rig.head;
      return { x, z, heading: rig.heading, slot: visit.slot, entry: visit.entry?.id ?? null, zoom: inspect.zoom };
    });
  }

  async function middle(selector) {
    await still(page);
    return page.evaluate((one) => {
      const { left, top, width, height } = document.querySelector(one).getBoundingClientRect();
      return [left + width / 2, top + height / 2];
    }, selector);
  }

  async function tap(at) {
    await touch('touchStart', [at]);
    await touch('touchMove', [[at[0] + 2, at[1] + 1]]); // no finger is still
    await touch('touchEnd', []);
  }

  /** Tap a button and wait for what it does: the click follows the finger, on a slow machine much later. */
  async function press(selector, done) {
    await tap(await middle(selector));
    await page.waitForFunction(done, told.work, { timeout: 20_000 }).catch(() => {}); // the test says what is missing
  }

  async function drag(from, to) {
    await touch('touchStart', [from]);
    for (let i = 1; i <= 4; i++) {
      await touch('touchMove', [from.map((part, axis) => part + ((to[axis] - part) * i) / 4)]);
    }
    await touch('touchEnd', []);
    await frames(page, 2);
  }

  async function shoot(name) {
    if (folder) await page.screenshot({ path: `${folder}/${name}.png`, timeout: 180_000 });
  }
} catch (error) {
  console.error(error.stack, JSON.stringify(told));
  process.exitCode = 1;
} finally {
  await browser.close();
}
console.log(JSON.stringify(told));
