# Copyright (C) 2026 the ltc authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A Tryton module that gives documents a unique key of ltc's; its classes are registered by tryton.cfg."""
