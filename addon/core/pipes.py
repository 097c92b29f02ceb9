# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and writing pipes without ever waiting, on POSIX and on Windows, without threads."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

CHUNK = 64 * 1024

Peek = Callable[[int], int]
"""Bytes that wait in a pipe; raises BrokenPipeError when its other end is closed."""


def peek_windows(descriptor: int) -> int:
    """Ask Windows how many bytes wait in the pipe behind `descriptor`.

    Raises:
        BrokenPipeError: the other end is closed and everything has been read.
    """
    import ctypes
    import msvcrt
    from ctypes import wintypes

    waiting = wintypes.DWORD()
    handle = msvcrt.get_osfhandle(descriptor)  # type: ignore[attr-defined,unused-ignore]
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    if not kernel.PeekNamedPipe(handle, None, 0, None, ctypes.byref(waiting), None):
        raise BrokenPipeError
    return int(waiting.value)


class Source:
    """The reading end of a pipe."""

    def __init__(self, descriptor: int, peek: Peek | None = None) -> None:
        self._descriptor = descriptor
        self._peek = peek or (peek_windows if sys.platform == "win32" else None)
        if self._peek is None:
            os.set_blocking(descriptor, False)

    def read(self) -> bytes | None:
        """At most `CHUNK` bytes; b"" when nothing waits; None when the other end is closed."""
        try:
            if self._peek is not None:
                waiting = self._peek(self._descriptor)
                if waiting == 0:
                    return b""
                return os.read(self._descriptor, min(waiting, CHUNK)) or None
            return os.read(self._descriptor, CHUNK) or None
        except BlockingIOError:
            return b""
        except OSError:
            return None


class Sink:
    """The writing end of a pipe. What does not fit at once is kept and sent later."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting = bytearray()
        # Windows pipes cannot be told so before Python 3.12; our lines are far below their size.
        if sys.platform != "win32":
            os.set_blocking(descriptor, False)

    def write(self, data: bytes = b"") -> bool:
        """Send what waits and then `data`, as far as it fits. False when nobody reads any more."""
        self._waiting += data
        try:
            while self._waiting:
                sent = os.write(self._descriptor, self._waiting[:CHUNK])
                del self._waiting[:sent]
        except BlockingIOError:
            return True
        except OSError:
            self._waiting.clear()
            return False
        return True
