/**
 * Pictures of the page in real Chromium: a hall, a room, a work with its panel, a telephone, and what
 * an emulated headset shows: the tray and the reading panel.
 *
 * Usage: node pictures.mjs CHROMIUM URL FOLDER [WORK [BODY [X Z DEGREES]]]
 * WORK hangs, BODY stands; the last three say from where the room is seen.
 */

import { frames, launch, openPage, ready, settled } from './browser.mjs';

const [executable, url, folder, work, body, ...place] = process.argv.slice(2);
const WIDE = { viewport: { width: 1200, height: 750 } };
const PHONE = { viewport: { width: 390, height: 700 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const browser = await launch(executable);
try {
  const { page, context } = await openPage(browser, WIDE);
  await page.goto(url);
  await ready(page);
  await page.waitForSelector('#cover', { state: 'detached' });
  const chosen = await page.evaluate(
    ([picture, solid]) => {
      const { house } = vernissage;
      const first = (kinds) => house.order.find((id) => kinds.includes(house.entriesOf.get(id)[0].kind));
      return {
        work: (picture && house.slotOf.get(picture)) ?? first(['painting', 'still']),
        body: (solid && house.slotOf.get(solid)) ?? first(['sculpture', 'prop', 'character']),
      };
    },
    [work, body].map((one) => one || null),
  );
  await shoot(page, 'page-hall');
  await stand(page);
  await shoot(page, 'page-room');
  await at(page, chosen.work);
  await shoot(page, 'page-work');
  await at(page, chosen.body);
  await shoot(page, 'page-body');
  await page.evaluate(() => vernissage.visit.close());

  await page.click('#vr');
  await page.waitForFunction(() => vernissage.rig.presenting && vernissage.headset.session, null, { timeout: 30_000 });
  await frames(page, 3);
  await page.evaluate((slot) => {
    const { house, rig, visit } = vernissage;
    const { stand, position } = house.slots.get(slot);
    rig.place(...stand);
    rig.turn(Math.atan2(position[0] - stand[0], position[2] - stand[1]) - rig.heading);
    visit.open(slot);
  }, chosen.work);
  await settled(page);
  await frames(page, 4);
  await page.evaluate(() => window.device.quaternion.set(0, Math.sin(-0.14), 0, Math.cos(-0.14)));
  await frames(page, 4);
  await shoot(page, 'vr-reader');
  await page.evaluate(() => window.device.quaternion.set(Math.sin(-0.45), 0, 0, Math.cos(-0.45)));
  await frames(page, 6);
  await shoot(page, 'vr-tray');
  await context.close();

  const phone = await openPage(browser, { headset: false, ...PHONE });
  await phone.page.goto(url);
  await ready(phone.page);
  await phone.page.waitForSelector('#cover', { state: 'detached' });
  await stand(phone.page);
  await shoot(phone.page, 'page-phone');
} finally {
  await browser.close();
}

/** Where the room is to be seen from; without a place, in the second room. */
async function stand(page) {
  await page.evaluate(async ([x, z, degrees]) => {
    const { house, rig, stage } = vernissage;
    if (x === undefined) return vernissage.jump([...house.rooms.keys()].slice(0, 2).at(-1));
    rig.place(x, z);
    rig.look((degrees * Math.PI) / 180, 0);
    return stage.invalidate();
  }, place.map(Number));
  await frames(page, 2);
  await settled(page);
}

async function at(page, slot) {
  await page.evaluate((id) => vernissage.visit.open(id), slot);
  await settled(page);
  await page.waitForFunction((id) => vernissage.works.hung.get(id), slot);
}

async function shoot(page, name) {
  await frames(page, 3);
  await settled(page).catch(() => {});
  await page.screenshot({ path: `${folder}/${name}.png`, timeout: 180_000 });
}
