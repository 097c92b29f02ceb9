/**
 * The visitor: a group that carries the camera. Everything moves the group, never the reference
 * space, so a headset's own tracking stays untouched, and turns go about the head.
 */

import { Group, PerspectiveCamera, Vector3 } from 'three';

const TALLEST = Math.PI / 2 - 0.08;

export class Rig {
  /** @param {number} eye height of the eyes in metres */
  constructor(eye) {
    this.eye = eye;
    this.group = new Group();
    this.group.name = 'visitor';
    this.camera = new PerspectiveCamera(58, 1, 0.05, 250);
    this.camera.position.y = eye;
    this.camera.rotation.order = 'YXZ';
    this.group.add(this.camera);
    /** Heading of the flat camera: 0 looks along +Z. */
    this.yaw = 0;
    this.pitch = 0;
    this.presenting = false;
    /** Metres that a seated visitor is raised by, so that works are seen as if standing. */
    this.lift = 0;
    this.#head = new Vector3();
    this.#gaze = new Vector3();
  }

  #head;
  #gaze;

  /** Where the head is: [x, y, z]. @returns {[number, number, number]} */
  get head() {
    this.group.updateMatrixWorld();
    this.#head.setFromMatrixPosition(this.camera.matrixWorld);
    return [this.#head.x, this.#head.y, this.#head.z];
  }

  /** Unit vector of the gaze. @returns {[number, number, number]} */
  get gaze() {
    this.group.updateMatrixWorld();
    this.#gaze.set(0, 0, -1).transformDirection(this.camera.matrixWorld);
    return [this.#gaze.x, this.#gaze.y, this.#gaze.z];
  }

  /** Heading of the head in radians, 0 looks along +Z. */
  get heading() {
    const [x, , z] = this.gaze;
    return Math.atan2(x, z);
  }

  /** Set the heading and pitch of the flat camera. */
  look(yaw, pitch) {
    this.yaw = yaw;
    this.pitch = Math.min(TALLEST, Math.max(-TALLEST, pitch));
    if (!this.presenting) this.camera.rotation.set(this.pitch, this.yaw + Math.PI, 0);
  }

  /** Bring the head above a place on the ground; feet stay on the floor. */
  place(x, z) {
    const [hx, , hz] = this.head;
    this.group.position.x += x - hx;
    this.group.position.z += z - hz;
    this.group.position.y = this.lift;
    this.group.updateMatrixWorld();
  }

  /** Turn the whole visitor about the head, so that nothing but the view turns. */
  turn(angle) {
    const [hx, , hz] = this.head;
    this.group.rotation.y += angle;
    this.place(hx, hz);
  }

  /** Face a heading: the flat camera by itself, in a headset by turning the rig. */
  face(heading) {
    if (this.presenting) this.turn(heading - this.heading);
    else this.look(heading, 0);
  }

  /** The headset takes over, keeping place and heading. */
  enter() {
    const [x, , z] = this.head;
    const { yaw } = this;
    this.presenting = true;
    this.camera.clearViewOffset();
    this.camera.zoom = 1;
    this.camera.position.set(0, this.eye, 0);
    this.camera.rotation.set(0, 0, 0);
    this.group.rotation.y = yaw + Math.PI;
    this.group.position.set(x, this.lift, z);
  }

  /** Back to the flat page, where the headset left. */
  leave() {
    const [x, , z] = this.head;
    const { heading } = this;
    this.presenting = false;
    this.lift = 0;
    this.group.rotation.y = 0;
    this.group.position.set(x, 0, z);
    this.camera.position.set(0, this.eye, 0);
    this.look(heading, 0);
  }

  /** Raise a seated visitor to standing eyes, or lower again. */
  seat(seated) {
    const height = this.head[1] - this.group.position.y;
    this.lift = seated ? Math.max(0, this.eye - height) : 0;
    this.group.position.y = this.lift;
  }
}
