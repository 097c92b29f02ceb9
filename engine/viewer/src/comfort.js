/** What spares the stomach: a blink where the view jumps, a dark edge where it glides. */

import { BackSide, Mesh, ShaderMaterial, SphereGeometry } from 'three';

const BLINK = 0.13; // seconds to shut, and to open

export class Comfort {
  /** @param {import('./rig.js').Rig} rig @param {HTMLElement} veil covers the flat page */
  constructor(rig, veil) {
    this.rig = rig;
    this.veil = veil;
    this.shade = shade();
    rig.camera.add(this.shade);
    this.dark = 0;
    this.wanted = 0;
    this.edge = 0;
    this.edgeWanted = 0;
    /** @type {(() => void)[]} */
    this.waiting = [];
  }

  /** Shut the eyes or open them; settles when that is done. @param {boolean} dark */
  fade(dark) {
    this.wanted = dark ? 1 : 0;
    return new Promise((done) => {
      this.waiting.push(() => done(undefined));
    });
  }

  /** Do something while the eyes are shut. @param {() => void} act */
  async blink(act) {
    await this.fade(true);
    act();
    await this.fade(false);
  }

  /** Darken the edge of the view while one glides in a headset. */
  gliding(on) {
    this.edgeWanted = on ? 1 : 0;
  }

  /** @param {number} seconds @returns {boolean} whether the picture changed */
  update(seconds) {
    const before = this.dark + this.edge;
    this.dark = towards(this.dark, this.wanted, seconds / BLINK);
    this.edge = towards(this.edge, this.edgeWanted, seconds / 0.2);
    if (this.dark === this.wanted && this.waiting.length) {
      const told = this.waiting;
      this.waiting = [];
      for (const done of told) done();
    }
    const { presenting } = this.rig;
    this.shade.visible = presenting && this.dark + this.edge > 0;
    this.shade.material.uniforms.dark.value = this.dark;
    this.shade.material.uniforms.edge.value = this.edge;
    this.veil.style.opacity = presenting ? '0' : String(this.dark);
    return before !== this.dark + this.edge || this.waiting.length > 0;
  }
}

function towards(value, wanted, step) {
  return wanted > value ? Math.min(wanted, value + step) : Math.max(wanted, value - step);
}

/** A ball around the eyes: dark all over when shut, at its rim when gliding. */
function shade() {
  const material = new ShaderMaterial({
    side: BackSide,
    transparent: true,
    depthTest: false,
    depthWrite: false,
    uniforms: { dark: { value: 0 }, edge: { value: 0 } },
    vertexShader: `
      varying vec3 way;
      void main() {
        way = position;
        gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
      }`,
    fragmentShader: `
      varying vec3 way;
      uniform float dark, edge;
      void main() {
        float off = acos(clamp(-normalize(way).z, -1.0, 1.0));
        gl_FragColor = vec4(0.0, 0.0, 0.0, max(dark, edge * smoothstep(0.42, 0.7, off)));
      }`,
  });
  const ball = new Mesh(new SphereGeometry(0.4, 24, 16), material);
  ball.renderOrder = 1000;
  ball.frustumCulled = false;
  ball.visible = false;
  ball.name = 'shade';
  return ball;
}
