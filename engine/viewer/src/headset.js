/**
 * In a headset: teleport and snap turns, rays, hands, holding a work, one hand for everything.
 * Time runs by frames, so a slow machine does the same as a fast one.
 */

import { Euler, Quaternion } from 'three';
import { throwArc } from './arc.js';
import { Hand } from './hands.js';
import { pick } from './pick.js';
import { Reader } from './reader.js';
import { Tray } from './tray.js';

const SNAP = Math.PI / 6;
const PACE = 1.6; // metres a second, gliding
const FEATURES = ['local-floor', 'hand-tracking', 'layers'];
const [STICK_X, STICK_Y, BUTTON_A, BUTTON_B] = [2, 3, 4, 5];
const LARGEST = 3;

/** Whether a headset, or an emulated one, is there. */
export async function hasHeadset() {
  try {
    return Boolean(await navigator.xr?.isSessionSupported('immersive-vr'));
  } catch {
    return false;
  }
}

export class Headset {
  /** @param {any} parts of the app: stage, rig, house, barriers, visit, works, comfort, settings, seen() */
  constructor(parts) {
    Object.assign(this, parts);
    const { renderer, scene } = this.stage;
    this.session = null;
    this.tray = new Tray(this.rig, (name) => this.press(name));
    this.reader = new Reader(this.rig, scene, this.visit, this.house, this.barriers);
    this.hands = [0, 1].map((index) => {
      const hand = new Hand(renderer, index, this.rig.group, scene);
      hand.ray.addEventListener('connected', ({ data }) => (hand.source = data));
      hand.ray.addEventListener('disconnected', () => {
        hand.source = null;
        hand.hide();
      });
      hand.ray.addEventListener('selectstart', () => this.#selectStart(hand));
      hand.ray.addEventListener('selectend', () => this.#selectEnd(hand));
      hand.ray.addEventListener('squeezestart', () => this.#take(hand));
      hand.ray.addEventListener('squeezeend', () => (hand.holding = null));
      return hand;
    });
    this.visit.addEventListener('close', ({ detail }) => this.works.hung.get(detail.slot).group.scale.setScalar(1));
    /** Told when a session begins or ends. @type {(on: boolean) => void} */
    this.onChange = () => {};
  }

  async enter() {
    const { renderer } = this.stage;
    const session = await navigator.xr.requestSession('immersive-vr', { optionalFeatures: FEATURES });
    session.addEventListener('end', () => this.#left());
    renderer.xr.setReferenceSpaceType('local-floor');
    renderer.xr.setFoveation(1);
    this.visit.close();
    this.rig.enter();
    await renderer.xr.setSession(session);
    this.session = session;
    this.seatOnceTracked = this.settings.seated;
    this.onChange(true);
  }

  leave() {
    return this.session?.end();
  }

  #left() {
    this.session = null;
    for (const hand of this.hands) {
      Object.assign(hand, { aiming: false, selecting: false, holding: null, turned: false });
      hand.hide();
    }
    this.tray.board.mesh.visible = false;
    this.reader.hide();
    this.visit.close();
    this.rig.leave();
    this.stage.resize();
    this.onChange(false);
  }

  /** One frame in the headset. @param {number} seconds */
  update(seconds) {
    if (this.seatOnceTracked) {
      this.rig.seat(true);
      this.seatOnceTracked = false;
    }
    this.tray.update();
    this.reader.update();
    let gliding = false;
    let over = null;
    for (const hand of this.hands) {
      hand.follow();
      if (!hand.source) continue;
      gliding = this.#sticks(hand, seconds) || gliding;
      this.#buttons(hand);
      if (hand.holding) this.#hold(hand);
      hand.throwing(hand.aiming ? this.#arc(hand) : null);
      over = this.#pointed(hand) ?? over;
    }
    this.tray.hover(over);
    this.comfort.gliding(gliding);
  }

  /** Something on the tray, or its like on a controller. @param {string} name */
  press(name) {
    const { visit } = this;
    const acts = {
      left: () => this.turn(1),
      right: () => this.turn(-1),
      next: () => visit.step(1),
      previous: () => visit.step(-1),
      version: () => visit.switchBy(1),
      turn: () => visit.slot && this.works.bodies.turn(visit.slot, SNAP),
      favourite: () => visit.favourite(),
      seated: () => this.seat(!this.settings.seated),
      leave: () => this.leave(),
    };
    acts[name]?.();
  }

  seat(seated) {
    this.settings.set('seated', seated);
    this.rig.seat(seated);
  }

  /** A snap turn; 1 is to the left. */
  turn(way) {
    this.rig.turn(way * SNAP);
  }

  #arc(hand) {
    const { from, along } = hand.aim;
    return throwArc(this.barriers, from.toArray(), along.toArray(), this.rig.head);
  }

  /** Where a hand points: sets its ray, returns the button of the tray under it. */
  #pointed(hand) {
    const { from, along } = hand.aim;
    const button = this.tray.hit(from, along);
    const meets = button ?? pick(this.barriers, this.seen(), from.toArray(), along.toArray());
    hand.over = { button: button?.name ?? null, slot: meets?.slot ?? null };
    hand.point(meets?.distance ?? 6, Boolean(button || meets?.slot));
    return button?.name ?? null;
  }

  #selectStart(hand) {
    if (!this.session) return;
    this.#pointed(hand);
    hand.selecting = true;
    hand.began = { ...hand.over };
    hand.aiming = !hand.over.button && !hand.over.slot;
  }

  #selectEnd(hand) {
    if (!this.session || !hand.selecting) return;
    hand.selecting = false;
    if (hand.aiming) {
      hand.aiming = false;
      this.#teleport(this.#arc(hand).target);
    } else if (hand.began.button) {
      this.press(hand.began.button);
    } else if (hand.began.slot) {
      this.visit.open(hand.began.slot);
    }
  }

  #teleport(target) {
    if (!target) return;
    this.comfort.blink(() => this.rig.place(...target));
    this.visit.close();
  }

  /** @returns {boolean} whether the visitor glides */
  #sticks(hand, seconds) {
    const axes = hand.source.gamepad?.axes ?? [];
    const [x, y] = [axes[STICK_X] ?? 0, axes[STICK_Y] ?? 0];
    if (Math.abs(x) > 0.7 && !hand.turned && !hand.aiming) {
      hand.turned = true;
      this.turn(-Math.sign(x));
    } else if (Math.abs(x) < 0.3) {
      hand.turned = false;
    }
    if (this.settings.slide && Math.abs(x) < 0.7) {
      if (Math.abs(y) < 0.3) return false;
      const [px, , pz] = this.rig.head;
      const reach = -y * PACE * seconds;
      const { heading } = this.rig;
      this.rig.place(...this.barriers.slide(px, pz, px + Math.sin(heading) * reach, pz + Math.cos(heading) * reach));
      return true;
    }
    if (y < -0.7 && !hand.selecting) {
      hand.aiming = hand.byStick = true;
    } else if (y > -0.3 && hand.aiming && hand.byStick) {
      hand.aiming = hand.byStick = false;
      this.#teleport(this.#arc(hand).target);
    }
    return false;
  }

  #buttons(hand) {
    const buttons = hand.source.gamepad?.buttons ?? [];
    const acts = { [BUTTON_A]: () => this.visit.switchBy(1), [BUTTON_B]: () => this.visit.close() };
    for (const [index, act] of Object.entries(acts)) {
      const down = Boolean(buttons[index]?.pressed);
      if (down && !hand.pressed[index]) act();
      hand.pressed[index] = down;
    }
  }

  #take(hand) {
    if (!this.visit.slot) return;
    const { group } = this.works.hung.get(this.visit.slot);
    hand.holding = { yaw: yawOf(hand), far: this.#pull(hand), scale: group.scale.x };
  }

  /** A held work turns with the hand, and grows as the hand is pulled back. */
  #hold(hand) {
    const { slot } = this.visit;
    if (!slot) return;
    const yaw = yawOf(hand);
    this.works.bodies.turn(slot, yaw - hand.holding.yaw);
    hand.holding.yaw = yaw;
    const pulled = hand.holding.far - this.#pull(hand);
    const scale = Math.min(LARGEST, Math.max(1, hand.holding.scale * Math.exp(pulled * 4)));
    this.works.hung.get(slot).group.scale.setScalar(scale);
  }

  /** Metres from the head to a hand on the ground. */
  #pull(hand) {
    const { from } = hand.aim;
    const [x, , z] = this.rig.head;
    return Math.hypot(from.x - x, from.z - z);
  }
}

const turned = new Quaternion();
const angles = new Euler();

/** How far a hand is turned: its yaw, and its roll, which the wrist does more easily. */
function yawOf(hand) {
  angles.setFromQuaternion(hand.ray.getWorldQuaternion(turned), 'YXZ');
  return angles.y - angles.z;
}
