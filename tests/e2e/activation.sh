#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The daemon started by who listens in its place: see activation.py.
exec python3 "${CF_SRCDIR:-$(dirname "$0")/../..}/tests/e2e/activation.py"
