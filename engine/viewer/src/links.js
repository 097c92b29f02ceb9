/** Deep links: #work=id opens a work, #room=id a room; the address follows what is looked at. */

/** @returns {{work?: string, room?: string}} */
export function readLink() {
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}

/** @param {string | null} work id, or null where nothing is looked at */
export function writeLink(work) {
  const { pathname, search } = location;
  history.replaceState(null, '', pathname + search + (work ? `#work=${encodeURIComponent(work)}` : ''));
}
