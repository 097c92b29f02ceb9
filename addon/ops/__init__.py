# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators: what a button, a key or a script can do."""
