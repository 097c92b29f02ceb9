/** What a visitor sees of their hands: a wand or joints, a ray, the teleport arc and its ring. */

import {
  AdditiveBlending, BufferGeometry, CylinderGeometry, Float32BufferAttribute, InstancedMesh, LatheGeometry, Line,
  LineBasicMaterial, Matrix4, Mesh, MeshBasicMaterial, MeshStandardMaterial, RingGeometry, SphereGeometry, Vector2, Vector3,
} from 'three';

const DOTS = 28;
const JOINTS = 25;
const WARM = 0xe9c98f;
const COLD = 0x9a938a;

/** The rounded handle that stands for a controller: one draw, 240 triangles. */
function wand() {
  const profile = [[0, -0.055], [0.016, -0.05], [0.018, 0], [0.014, 0.05], [0.01, 0.07], [0, 0.072]];
  const body = new LatheGeometry(profile.map(([r, y]) => new Vector2(r, y)), 20);
  body.rotateX(-Math.PI / 2);
  return new Mesh(body, new MeshStandardMaterial({ color: 0x2c2a27, roughness: 0.55 }));
}

export class Hand {
  /** @param {import('three').WebGLRenderer} renderer @param {number} index @param {import('three').Group} rig @param {import('three').Scene} scene */
  constructor(renderer, index, rig, scene) {
    this.ray = renderer.xr.getController(index);
    this.grip = renderer.xr.getControllerGrip(index);
    this.hand = renderer.xr.getHand(index);
    rig.add(this.ray, this.grip, this.hand);
    this.wand = wand();
    this.grip.add(this.wand);
    this.line = new Line(
      new BufferGeometry().setAttribute('position', new Float32BufferAttribute([0, 0, 0, 0, 0, -1], 3)),
      new LineBasicMaterial({ color: 0xffffff, transparent: true, opacity: 0.45 }),
    );
    this.line.frustumCulled = false;
    this.ray.add(this.line);
    this.joints = new InstancedMesh(new SphereGeometry(1, 10, 8), new MeshStandardMaterial({ color: 0xc9b8a6, roughness: 0.7 }), JOINTS);
    this.joints.frustumCulled = false;
    rig.add(this.joints);
    this.arc = new InstancedMesh(new SphereGeometry(0.012, 8, 6), new MeshBasicMaterial({ color: WARM }), DOTS);
    this.arc.frustumCulled = false;
    this.ring = new Mesh(
      new RingGeometry(0.17, 0.24, 40).rotateX(-Math.PI / 2),
      new MeshBasicMaterial({ color: WARM, transparent: true, opacity: 0.85, blending: AdditiveBlending, depthWrite: false }),
    );
    this.dot = new Mesh(new CylinderGeometry(0.008, 0.008, 0.002, 16), new MeshBasicMaterial({ color: 0xffffff }));
    scene.add(this.arc, this.ring, this.dot);
    /** @type {XRInputSource | null} */
    this.source = null;
    this.aiming = false;
    /** Where a teleport would end. @type {[number, number] | null} */
    this.target = null;
    this.turned = false;
    this.pressed = [];
    this.selecting = false;
    /** Yaw of a hand that holds a work, and how far it was pulled. @type {{yaw: number, far: number, scale: number} | null} */
    this.holding = null;
    this.hide();
  }

  hide() {
    for (const part of [this.arc, this.ring, this.dot, this.joints, this.wand, this.line]) part.visible = false;
  }

  /** The ray in the world. @returns {{from: Vector3, along: Vector3}} */
  get aim() {
    this.ray.updateWorldMatrix(true, false);
    const from = new Vector3().setFromMatrixPosition(this.ray.matrixWorld);
    return { from, along: new Vector3(0, 0, -1).transformDirection(this.ray.matrixWorld) };
  }

  /** Show wand or joints as the headset tracks them. */
  follow() {
    const tracked = Boolean(this.source) && this.ray.visible;
    const isHand = Boolean(this.source?.hand);
    this.wand.visible = tracked && !isHand;
    this.line.visible = tracked && !this.aiming;
    this.joints.visible = tracked && isHand;
    if (!this.joints.visible) return;
    const at = new Matrix4();
    let i = 0;
    for (const joint of Object.values(this.hand.joints)) {
      if (i >= JOINTS) break;
      const radius = joint.visible ? (joint.jointRadius ?? 0.008) : 0;
      this.joints.setMatrixAt(i++, at.copy(joint.matrix).scale(new Vector3(radius, radius, radius)));
    }
    this.joints.instanceMatrix.needsUpdate = true;
  }

  /** Draw the ray up to what it meets. @param {number} distance @param {boolean} onSomething */
  point(distance, onSomething) {
    this.line.scale.z = Math.min(distance, 6);
    this.dot.visible = onSomething && this.line.visible;
    if (!this.dot.visible) return;
    const { from, along } = this.aim;
    this.dot.position.copy(from).addScaledVector(along, distance - 0.01);
    this.dot.quaternion.setFromUnitVectors(new Vector3(0, 1, 0), along);
  }

  /** Draw a teleport arc, or none. @param {import('./arc.js').Arc | null} arc */
  throwing(arc) {
    this.arc.visible = Boolean(arc);
    this.ring.visible = Boolean(arc?.target);
    this.target = arc?.target ?? null;
    if (!arc) return;
    /** @type {MeshBasicMaterial} */ (this.arc.material).color.setHex(arc.target ? WARM : COLD);
    const at = new Matrix4();
    for (let i = 0; i < DOTS; i++) {
      const share = (i / (DOTS - 1)) * (arc.points.length - 1);
      const [a, b] = [arc.points[Math.floor(share)], arc.points[Math.ceil(share)]];
      const t = share % 1;
      at.makeTranslation(...a.map((part, k) => part + t * (b[k] - part)));
      this.arc.setMatrixAt(i, at);
    }
    this.arc.instanceMatrix.needsUpdate = true;
    if (arc.target) this.ring.position.set(arc.target[0], 0.02, arc.target[1]);
  }
}
