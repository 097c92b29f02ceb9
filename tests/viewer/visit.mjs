/**
 * One visit to a museum in real Chromium: on foot, by keyboard, in an emulated headset.
 * Prints one JSON object; what must hold is said in test_page.py.
 *
 * Usage: node visit.mjs CHROMIUM URL
 */

import { frames, launch, openPage, ready, settled } from './browser.mjs';

const [executable, url] = process.argv.slice(2);
const told = {};
const browser = await launch(executable);
const opened = await openPage(browser);
try {
  const { page, context, said, asked } = opened;
  await page.goto(url);
  await ready(page);
  told.firstFrame = await page.evaluate(() => vernissage.firstFrame);
  // Nothing here looks at pixels, and a software renderer's time goes with them.
  await page.evaluate(() => vernissage.stage.renderer.setPixelRatio(1 / 8));
  told.title = await page.title();
  told.focus = await keyboardStart(page);
  told.walked = await onFoot(page);
  told.rooms = await everyRoom(page);
  told.works = await atWorks(page);
  told.screen = await atScreen(page);
  told.map = await byMap(page);
  told.keys = await byKeys(page);
  told.headset = await inHeadset(page);
  told.scan = await scan(page);
  told.said = said;
  told.asked = [...new Set(asked)];
  await context.close();
  told.plain = await withoutWebgl(browser);
  told.linked = await byLink(browser);
} catch (error) {
  console.error(error.stack, JSON.stringify(told), opened.said);
  console.error(await state(opened.page).catch(() => 'the page is gone'));
  process.exitCode = 1;
} finally {
  await browser.close();
}
console.log(JSON.stringify(told));

function state(page) {
  return page.evaluate(() => {
    const { rig, visit, inspect } = vernissage;
    const [x, y, z] = rig.head;
    return { x, y, z, heading: rig.heading, room: visit.room, slot: visit.slot, entry: visit.entry?.id ?? null, zoom: inspect.zoom };
  });
}

/** Tab from the address bar: first the skip link, then the view. */
async function keyboardStart(page) {
  const seen = [];
  for (let i = 0; i < 2; i++) {
    await page.keyboard.press('Tab');
    seen.push(await page.evaluate(() => document.activeElement.id || document.activeElement.className));
  }
  const skip = await page.evaluate(() => document.querySelector('.skip').href);
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  return { seen, skip, ring };
}

/** Keys walk, a wall stops, dragging looks, a click on the floor walks there. */
async function onFoot(page) {
  const began = await state(page);
  await page.keyboard.down('w');
  await frames(page, 6);
  await page.keyboard.up('w');
  const forward = await state(page);
  await page.keyboard.down('a');
  let [before, after] = [null, await state(page)];
  while (!before || Math.hypot(after.x - before.x, after.z - before.z) > 0.01) {
    before = after;
    await frames(page, 8);
    after = await state(page);
  }
  await page.keyboard.up('a');
  const stopped = await state(page);
  const onFloor = await page.evaluate(([x, z]) => vernissage.barriers.standable(x, z, 0.24), [stopped.x, stopped.z]);
  await page.mouse.move(180, 60);
  await page.mouse.down();
  await page.mouse.move(240, 60, { steps: 4 });
  await page.mouse.up();
  const turned = await state(page);
  const spawn = await page.evaluate(() => {
    const { rig, house, stage } = vernissage;
    const [one] = house.data.spawns;
    rig.place(...one.position);
    rig.look((one.yaw * Math.PI) / 180, 0);
    stage.invalidate();
    return one.position;
  });
  await frames(page, 2);
  await page.mouse.click(300, 245);
  await settled(page);
  const clicked = await state(page);
  return { began, forward, stopped, onFloor, turned, spawn, clicked };
}

/** Along the tour, step by step, with walls in the way: every room is entered on foot. */
function everyRoom(page) {
  return page.evaluate(() => {
    const { house, barriers, rig, visit } = vernissage;
    rig.place(...house.data.spawns[0].position);
    const entered = new Set();
    let worst = 0;
    for (const { path } of house.tour) {
      for (const [x, z] of path) {
        const [hx, , hz] = rig.head;
        rig.place(...barriers.slide(hx, hz, x, z, 0.2));
        const [nx, , nz] = rig.head;
        worst = Math.max(worst, Math.hypot(nx - x, nz - z));
        entered.add(barriers.room(nx, nz));
      }
    }
    rig.place(...house.data.spawns[0].position);
    vernissage.stage.invalidate();
    return { entered: [...entered].sort(), all: [...house.rooms.keys()].sort(), worst, room: visit.room };
  });
}

/** Open works by clicking them; zoom, turn, switch; read the panel. */
async function atWorks(page) {
  const find = (kind) =>
    page.evaluate((wanted) => {
      const { house } = vernissage;
      const versions = (id) => house.entriesOf.get(id).length;
      const slots = house.order.filter((id) => house.entriesOf.get(id)[0].kind === wanted);
      return slots.sort((a, b) => versions(b) - versions(a))[0];
    }, kind);
  const stand = (slot) =>
    page.evaluate((id) => {
      const { house, rig, stage, visit } = vernissage;
      const { stand: at, position } = house.slots.get(id);
      visit.close();
      rig.place(...at);
      rig.look(Math.atan2(position[0] - at[0], position[2] - at[1]), 0);
      stage.invalidate();
    }, slot);
  const painting = await find('painting');
  await stand(painting);
  await frames(page, 2);
  await page.mouse.click(240, 168);
  await settled(page);
  const opened = await state(page);
  const panel = await page.evaluate(() => document.querySelector('#panel').innerText);
  const link = await page.evaluate(() => location.hash);
  await page.keyboard.press('+');
  await page.mouse.move(120, 120);
  await page.mouse.wheel(0, -400);
  await page.waitForFunction(() => vernissage.inspect.zoom > 1.6);
  const zoomed = await state(page);
  await page.keyboard.press('v');
  await page.waitForFunction((slot) => vernissage.works.hung.get(slot).size > 0, painting);
  const switched = await state(page);
  await page.keyboard.press('f');
  const liked = await page.evaluate(() => JSON.parse(localStorage.getItem('vernissage-favourites')));
  const live = await page.evaluate(() => document.querySelector('#live').textContent);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  const closed = await state(page);
  const body = await find('sculpture');
  await page.evaluate((slot) => vernissage.visit.open(slot), body);
  await settled(page);
  const angle = () => page.evaluate((slot) => vernissage.works.bodies.tables.get(slot).rotation.y, body);
  const before = await angle();
  await page.mouse.move(100, 120);
  await page.mouse.down();
  await page.mouse.move(180, 120, { steps: 4 });
  await page.mouse.up();
  const after = await angle();
  await page.keyboard.press('Escape');
  return { painting, opened, panel, link, zoomed, switched, liked, live, closed, turned: after - before };
}

/** A film plays, silent; it stops and goes on; sound brings its caption. */
async function atScreen(page) {
  const slot = await page.evaluate(() => {
    const { house } = vernissage;
    return house.order.find((id) => house.entriesOf.get(id)[0].kind === 'video');
  });
  await page.evaluate((id) => vernissage.visit.open(id), slot);
  await settled(page);
  await page.waitForFunction((id) => vernissage.screens.lit.get(id)?.film.currentTime > 0.2, slot, { timeout: 300_000 });
  const film = () =>
    page.evaluate((id) => {
      const { film: it } = vernissage.screens.lit.get(id);
      return { muted: it.muted, paused: it.paused, width: it.videoWidth };
    }, slot);
  const playing = await film();
  await page.keyboard.press('Space');
  const paused = await film();
  await page.keyboard.press('Space');
  await page.keyboard.press('u');
  await frames(page, 3);
  const heard = await film();
  const caption = await page.evaluate(() => document.querySelector('#caption').textContent);
  const count = await page.evaluate(() => vernissage.screens.lit.size);
  await page.keyboard.press('u');
  await page.keyboard.press('Escape');
  return { playing, paused, heard, caption, count };
}

/** The map opens by its key and jumps. */
async function byMap(page) {
  await page.keyboard.press('m');
  const open = await page.evaluate(() => document.querySelector('#map').open);
  const last = await page.evaluate(() => [...vernissage.house.rooms.keys()].at(-1));
  await page.evaluate((room) => document.querySelector(`#map [data-room="${room}"]`).click(), last);
  await settled(page);
  await frames(page, 2);
  return { open, last, at: (await state(page)).room };
}

/** The whole tour by keys alone. */
async function byKeys(page) {
  await page.evaluate(() => {
    vernissage.visit.last = null;
    document.querySelector('#view').focus();
    vernissage.stroll.still = true; // as if motion were unwanted: quicker, and the other branch
  });
  const order = await page.evaluate(() => vernissage.house.order);
  const seen = [];
  for (let i = 0; i < order.length; i++) {
    await page.keyboard.press('n');
    await settled(page);
    seen.push((await state(page)).slot);
  }
  await page.keyboard.press('p');
  await settled(page);
  const back = (await state(page)).slot;
  await page.keyboard.press('Escape');
  await page.evaluate(() => (vernissage.visit.last = null));
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  const said = await page.evaluate(() => document.querySelector('#live').textContent);
  await page.keyboard.press('Enter');
  await settled(page);
  const entered = (await state(page)).slot;
  await page.keyboard.press('Escape');
  return { order, seen, back, said, entered };
}

/** Enter VR, teleport, not through a wall, turn, select, switch, hands, leave, enter again. */
async function inHeadset(page) {
  await page.evaluate(() => {
    const { house, rig, stage, visit } = vernissage;
    visit.close();
    rig.place(...house.data.spawns[0].position);
    rig.look((house.data.spawns[0].yaw * Math.PI) / 180, 0);
    stage.invalidate();
  });
  const began = await state(page);
  await enter(page);
  const entered = await state(page);

  // Forward stick, hand level, to the side where nothing stands: the arc lands ahead.
  let target = null;
  for (const angle of [0.4, -0.4, 0, 0.8, -0.8]) {
    await hand(page, 'right', angle);
    await stickTo(page, 'right', 0, -1);
    target = await page.evaluate(() => vernissage.headset.hands.find((h) => h.target)?.target ?? null);
    if (target) break;
  }
  await stickTo(page, 'right', 0, 0);
  await settled(page);
  const teleported = await state(page);

  // Close to a wall and facing it: nothing to land on, nothing happens.
  const wall = await page.evaluate(() => {
    const { house, rig, barriers } = vernissage;
    const at = rig.head;
    const face = (angle) => [at[0] + 40 * Math.sin(angle), at[1], at[2] + 40 * Math.cos(angle)];
    const share = barriers.blocked(at, face(rig.heading + Math.PI / 2));
    const near = 40 * share - 0.6;
    rig.place(at[0] + near * Math.sin(rig.heading + Math.PI / 2), at[2] + near * Math.cos(rig.heading + Math.PI / 2));
    rig.turn(Math.PI / 2);
    return house.rooms.size;
  });
  const beforeWall = await state(page);
  await stickTo(page, 'right', 0, -1);
  const through = await page.evaluate(() => vernissage.headset.hands.some((h) => h.target));
  await stickTo(page, 'right', 0, 0);
  await settled(page);
  const afterWall = await state(page);

  await stickTo(page, 'right', 1, 0);
  await stickTo(page, 'right', 0, 0);
  const snapped = await state(page);

  // One hand alone, the left: point at a work and pull the trigger.
  const slot = await page.evaluate(() => {
    const { house, rig } = vernissage;
    const id = house.order.find((name) => house.entriesOf.get(name).length > 1);
    const { stand, position } = house.slots.get(id);
    rig.place(...stand);
    rig.turn(Math.atan2(position[0] - stand[0], position[2] - stand[1]) - rig.heading);
    return id;
  });
  await frames(page, 2);
  await aimAt(page, 'left', slot);
  await trigger(page, 'left');
  await settled(page);
  const selected = await state(page);
  const reader = await page.evaluate(() => vernissage.headset.reader.board.mesh.visible);
  await button(page, 'left', 'x-button');
  await settled(page);
  const switched = await state(page);

  // Seated and looking down: the tray comes up, and one pinch of a hand presses it.
  await page.evaluate(() => window.device.position.set(0, 1.1, 0));
  await frames(page, 3);
  await page.evaluate(() => vernissage.headset.seat(true));
  await frames(page, 2);
  const seated = await state(page);
  await page.evaluate(() => {
    window.device.primaryInputMode = 'hand';
    window.device.quaternion.set(Math.sin(-0.45), 0, 0, Math.cos(-0.45));
  });
  await frames(page, 4);
  const tray = await page.evaluate(() => vernissage.headset.tray.visible);
  const hands = await page.evaluate(() => vernissage.headset.hands.filter((h) => h.joints.visible).length);
  const beforePinch = await state(page);
  await aimAtTray(page, 'right', 'left');
  await pinch(page, 'right');
  const pinched = await state(page);
  const measured = await page.evaluate(() => {
    const { render } = vernissage.stage.renderer.info;
    return { calls: render.calls, triangles: render.triangles };
  });
  await page.evaluate(() => {
    window.device.primaryInputMode = 'controller';
    window.device.quaternion.set(0, 0, 0, 1);
    window.device.position.set(0, 1.6, 0);
    vernissage.headset.seat(false);
  });

  await leave(page);
  const left = await state(page);
  await enter(page);
  const again = await state(page);
  await leave(page);
  await settled(page);
  return {
    began, entered, target, teleported, wall, beforeWall, through, afterWall, snapped, slot, selected,
    reader, switched, seated, tray, hands, beforePinch, pinched, measured, left, again,
  };
}

async function enter(page) {
  await page.click('#vr');
  await page.waitForFunction(() => vernissage.rig.presenting && vernissage.headset.session, null, { timeout: 300_000 });
  await frames(page, 3);
}

/** The emulator lays its own canvas over the page, so the button is pressed by script. */
async function leave(page) {
  await page.evaluate(() => document.querySelector('#vr').click());
  await page.waitForFunction(() => !vernissage.rig.presenting, null, { timeout: 300_000 });
  await frames(page, 2);
}

/** Hold a controller at the hip, level, turned by an angle. */
async function hand(page, side, angle) {
  await page.evaluate(([which, yaw]) => {
    const it = window.device.controllers[which];
    it.position.set(which === 'left' ? -0.2 : 0.2, 1.3, -0.3);
    it.quaternion.set(0, Math.sin(yaw / 2), 0, Math.cos(yaw / 2));
  }, [side, angle]);
  await frames(page, 2);
}

async function stickTo(page, side, x, y) {
  await page.evaluate(([which, ...axes]) => window.device.controllers[which].updateAxes('thumbstick', ...axes), [side, x, y]);
  await frames(page, 3);
}

async function button(page, side, name) {
  for (const value of [1, 0]) {
    await page.evaluate(([which, id, v]) => window.device.controllers[which].updateButtonValue(id, v), [side, name, value]);
    await frames(page, 3);
  }
}

function trigger(page, side) {
  return button(page, side, 'trigger');
}

async function pinch(page, side) {
  for (const value of [1, 0]) {
    await page.evaluate(([which, v]) => window.device.hands[which].updatePinchValue(v), [side, value]);
    await frames(page, 3);
  }
}

/** Point a controller at a work: the way there, turned into the rig's frame. */
async function aimAt(page, side, slot) {
  await page.evaluate(([which, id]) => {
    const { house, rig } = vernissage;
    const { position } = house.slots.get(id);
    window.point(window.device.controllers[which], position, rig);
  }, [side, slot]);
  await frames(page, 3);
}

async function aimAtTray(page, side, name) {
  await page.evaluate(([which, id]) => {
    const { rig, headset } = vernissage;
    window.point(window.device.hands[which], headset.tray.place(id).toArray(), rig);
  }, [side, name]);
  await frames(page, 3);
}

/** What one eye needs at every standing point and eight headings; drawn for good at the worst of them. */
async function scan(page) {
  const found = await page.evaluate(() => {
    const { house, rig, stage, visit } = vernissage;
    visit.close();
    const { camera } = rig;
    camera.fov = 96;
    camera.aspect = 1;
    camera.updateProjectionMatrix();
    const views = [];
    for (const { stand } of house.slots.values()) {
      for (let i = 0; i < 8; i++) {
        rig.place(...stand);
        rig.look((i * Math.PI) / 4, 0);
        vernissage.look();
        const [x, , z] = rig.head;
        views.push({ room: visit.room, x, z, heading: rig.heading, half: stage.half, draws: vernissage.draws });
      }
    }
    return views;
  });
  const worst = found.reduce((most, view) => (view.draws > most.draws ? view : most));
  await page.evaluate(({ x, z, heading }) => {
    const { rig, stage } = vernissage;
    rig.place(x, z);
    rig.look(heading, 0);
    stage.invalidate();
  }, worst);
  await settled(page);
  await frames(page, 2);
  const drawn = await page.evaluate(() => {
    const { stage, draws, budget } = vernissage;
    stage.draw();
    const { calls, triangles } = stage.renderer.info.render;
    return { calls, triangles, draws, mib: budget.worst / 2 ** 20 };
  });
  return { views: found, worst, ...drawn };
}

/** A browser without WebGL is led to the catalogue. */
async function withoutWebgl(from) {
  const { page, context } = await openPage(from, {
    headset: false,
    script: () => {
      HTMLCanvasElement.prototype.getContext = () => null;
    },
  });
  await page.goto(url);
  await page.waitForURL(/catalogue\.html$/);
  const address = page.url();
  await context.close();
  return address;
}

/** A link leads before a work; motion is unwanted, so nothing glides. */
async function byLink(from) {
  const { page, context, said } = await openPage(from, { headset: false, reducedMotion: 'reduce' });
  await page.goto(`${url}#work=${told.works.switched.entry}`);
  await ready(page);
  const at = await state(page);
  const still = await page.evaluate(() => vernissage.stroll.still);
  await context.close();
  return { ...at, still, said };
}
