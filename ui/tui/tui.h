/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tui.h - the terminal client: Confab on a whole terminal. */
#ifndef CF_UI_TUI_TUI_H
#define CF_UI_TUI_TUI_H

#include "base/err.h"

/* Run until the person leaves.  HOME may be NULL.  *R_CODE is the exit code of the program.
   Errors: GPG_ERR_NOT_SUPPORTED: this terminal cannot do it, nothing was shown; use the console. */
gpg_error_t cf_tui_run (const char *home, int *r_code) CF_MUST_CHECK;

#endif
