# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings, preferences and panels."""
