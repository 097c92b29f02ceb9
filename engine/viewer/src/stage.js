/** The renderer, the sky, and the light on what is not baked: exposure, colour spaces, size. */

import {
  BackSide, Color, DirectionalLight, HemisphereLight, Mesh, NeutralToneMapping, PMREMGenerator,
  Scene, ShaderMaterial, SphereGeometry, SRGBColorSpace, WebGLRenderer,
} from 'three';
import { RoomEnvironment } from 'three/addons/environments/RoomEnvironment.js';

const EXPOSURE = 1.3; // houses are lit so that a white wall beside a work is 0.6 of white
const SHARPEST = 2; // device pixels for a CSS pixel, at most

/** Whether this browser draws WebGL 2 at all. */
export function canDraw() {
  try {
    return Boolean(document.createElement('canvas').getContext('webgl2'));
  } catch {
    return false;
  }
}

export class Stage {
  /** @param {HTMLCanvasElement} canvas @param {any} style museum.json's style @param {import('./rig.js').Rig} rig */
  constructor(canvas, style, rig) {
    this.rig = rig;
    this.canvas = canvas;
    this.renderer = new WebGLRenderer({ canvas, antialias: true, powerPreference: 'high-performance' });
    this.renderer.outputColorSpace = SRGBColorSpace;
    this.renderer.toneMapping = NeutralToneMapping;
    this.renderer.toneMappingExposure = EXPOSURE;
    this.renderer.xr.enabled = true;
    this.renderer.info.autoReset = false;
    this.scene = new Scene();
    // Seen where a row of doors is longer than what is drawn: half-dark rather than sky.
    this.scene.background = new Color(style.door?.colour ?? '#8c7d6c').multiplyScalar(0.18);
    this.scene.add(rig.group);
    this.sky = sky(style.sky);
    this.scene.add(this.sky);
    this.sun = new DirectionalLight(kelvin(style.kelvin), 1.9);
    this.sun.position.set(0.4, 1, 0.55);
    this.fill = new HemisphereLight(0xffffff, 0x8c7d6c, 1.1);
    this.scene.add(this.sun, this.fill);
    this.dirty = true;
    this.resize();
    window.addEventListener('resize', () => this.resize());
  }

  /** Draw again: something has changed. */
  invalidate() {
    this.dirty = true;
  }

  resize() {
    if (this.renderer.xr.isPresenting) return;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio, SHARPEST));
    this.renderer.setSize(width, height, false);
    const { camera } = this.rig;
    camera.aspect = width / Math.max(height, 1);
    // A tall phone sees as wide as a door and its frame; a wide screen is not drawn at its edges.
    camera.fov = camera.aspect < 1 ? 74 : 58;
    camera.updateProjectionMatrix();
    this.invalidate();
  }

  /** Half of the horizontal angle of view in radians, wider where one looks up or down. */
  get half() {
    if (this.renderer.xr.isPresenting) return Math.abs(this.rig.gaze[1]) > 0.5 ? Math.PI : 1.15;
    const { camera } = this.rig;
    const flat = Math.atan(Math.tan((camera.fov * Math.PI) / 360) * camera.aspect);
    const steep = Math.abs(this.rig.pitch) + (camera.fov * Math.PI) / 360;
    return steep > 1.2 ? Math.PI : Math.min(Math.PI, Math.atan(Math.tan(flat) / Math.cos(steep)) + 0.04);
  }

  /** Soft surroundings for bodies to mirror; made once the first frame is shown. */
  surround() {
    const generator = new PMREMGenerator(this.renderer);
    const room = new RoomEnvironment();
    this.scene.environment = generator.fromScene(room, 0.04).texture;
    this.scene.environmentIntensity = 0.45;
    this.fill.intensity = 0.55;
    room.dispose();
    generator.dispose();
    this.invalidate();
  }

  draw() {
    this.renderer.info.reset();
    this.renderer.render(this.scene, this.rig.camera);
  }
}

/** A dome from the colour of the horizon to that of the zenith, always around the visitor. */
function sky([horizon, zenith]) {
  const material = new ShaderMaterial({
    side: BackSide,
    depthWrite: false,
    uniforms: { horizon: { value: new Color(horizon) }, zenith: { value: new Color(zenith) } },
    vertexShader: `
      varying vec3 way;
      void main() {
        way = position;
        gl_Position = (projectionMatrix * mat4(mat3(modelViewMatrix)) * vec4(position, 1.0)).xyww;
      }`,
    fragmentShader: `
      varying vec3 way;
      uniform vec3 horizon, zenith;
      void main() {
        gl_FragColor = vec4(mix(horizon, zenith, pow(max(normalize(way).y, 0.0), 0.6)), 1.0);
        #include <colorspace_fragment>
      }`,
  });
  const dome = new Mesh(new SphereGeometry(100, 24, 12), material);
  dome.frustumCulled = false;
  dome.renderOrder = -1;
  dome.name = 'sky';
  return dome;
}

/** Colour of a black body's light, by the common fit of Planck's curve (Tanner Helland, 2012). */
export function kelvin(temperature) {
  const t = temperature / 100;
  const clamp = (v) => Math.min(255, Math.max(0, v)) / 255;
  const red = t <= 66 ? 255 : 329.7 * (t - 60) ** -0.1332;
  const green = t <= 66 ? 99.47 * Math.log(t) - 161.1 : 288.1 * (t - 60) ** -0.0755;
  const blue = t >= 66 ? 255 : t <= 19 ? 0 : 138.5 * Math.log(t - 10) - 305;
  return new Color().setRGB(clamp(red), clamp(green), clamp(blue), SRGBColorSpace);
}
