/** A stick for the thumb, shown where the first pointer is a finger. */

const REACH = 44; // pixels

/** @param {HTMLElement} pad @param {(right: number, forward: number) => void} onPush */
export function stick(pad, onPush) {
  const knob = /** @type {HTMLElement} */ (pad.firstElementChild);
  let origin = null;
  const rest = () => {
    origin = null;
    knob.style.transform = '';
    onPush(0, 0);
  };
  pad.addEventListener('pointerdown', (event) => {
    pad.setPointerCapture(event.pointerId);
    const box = pad.getBoundingClientRect();
    origin = [box.left + box.width / 2, box.top + box.height / 2];
    push(event);
  });
  pad.addEventListener('pointermove', push);
  for (const end of ['pointerup', 'pointercancel']) pad.addEventListener(end, rest);

  function push(event) {
    if (!origin) return;
    let [x, y] = [event.clientX - origin[0], event.clientY - origin[1]];
    const length = Math.max(1, Math.hypot(x, y) / REACH);
    [x, y] = [x / length, y / length];
    knob.style.transform = `translate(${x}px, ${y}px)`;
    onPush(x / REACH, -y / REACH);
  }
}
