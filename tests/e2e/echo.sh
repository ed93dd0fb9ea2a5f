#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# One person and an echo: see echo.py.
exec python3 "${CF_SRCDIR:-$(dirname "$0")/../..}/tests/e2e/echo.py"
