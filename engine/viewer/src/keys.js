/** The keyboard: everything the page does, without a pointer. */

/**
 * @param {any} app visit, walk, inspect, screens, map, actions
 * @param {HTMLElement} canvas Tab and letters act while it, or nothing, has the focus
 */
export function keys(app, canvas) {
  const { visit, walk, inspect, screens, actions } = app;
  /** Slot that Tab has reached: Enter looks at it. */
  let reached = null;

  const onCanvas = {
    Tab: (event) => {
      const { order } = app.house;
      const at = reached ? order.indexOf(reached) : order.indexOf(visit.last ?? '');
      const next = at + (event.shiftKey ? -1 : 1);
      // Past the last work, or before the first, Tab leaves the view as it would anything else.
      if (next < 0 || next >= order.length) {
        reached = null;
        return false;
      }
      reached = order[next];
      actions.announceWork(reached);
      return true;
    },
    Enter: () => {
      const slot = reached ?? visit.last ?? app.house.order[0];
      reached = null;
      if (slot) visit.open(slot);
      return true;
    },
  };
  const anywhere = {
    KeyN: () => visit.step(1),
    KeyP: () => visit.step(-1),
    KeyM: () => actions.map(),
    KeyH: () => actions.help(),
    KeyF: () => visit.favourite(),
    KeyV: (event) => visit.switchBy(event.shiftKey ? -1 : 1),
    KeyR: () => (inspect.spinning = inspect.turns && !inspect.spinning),
    KeyC: () => actions.captions(),
    KeyL: () => actions.textSize(),
    KeyT: () => actions.tour(),
    KeyU: () => actions.sound(),
    Escape: () => actions.back(),
    Space: () => visit.slot && screens.toggle(visit.slot),
    Equal: () => inspect.zoomBy(1.4),
    NumpadAdd: () => inspect.zoomBy(1.4),
    Minus: () => inspect.zoomBy(1 / 1.4),
    NumpadSubtract: () => inspect.zoomBy(1 / 1.4),
  };

  // The view shows its focus to those who came by keys, not to fingers that touched it.
  const { dataset } = document.documentElement;
  window.addEventListener('keydown', () => (dataset.keys = ''), true);
  window.addEventListener('pointerdown', () => delete dataset.keys, true);

  window.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
    const { target } = event;
    const free = target === canvas || target === document.body;
    if (target instanceof HTMLInputElement) return;
    if (!free && (event.code === 'Space' || event.code === 'Enter' || event.code === 'Tab')) return;
    if (free && onCanvas[event.code]) {
      // From the body, Tab reaches the skip link and the view as usual.
      if (event.code === 'Tab' && target !== canvas) return;
      if (onCanvas[event.code](event)) event.preventDefault();
      return;
    }
    if (walk.key(event.code, true)) {
      event.preventDefault();
      reached = null;
      return;
    }
    const act = anywhere[event.code];
    if (!act) return;
    event.preventDefault();
    act(event);
  });
  window.addEventListener('keyup', (event) => walk.key(event.code, false));
  visit.addEventListener('open', () => (reached = null));
}
