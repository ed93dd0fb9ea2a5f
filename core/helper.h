/* SPDX-License-Identifier: GPL-3.0-or-later */
/* helper.h - a program that does for us what we would not do ourselves, and speaks lines.
 *
 * Injected like the environment: confabd's is a process (core/daemon/helper.c), a test's whatever it likes.  What a
 * helper says is hostile: it is apart because of what it reads.
 */
#ifndef CF_CORE_HELPER_H
#define CF_CORE_HELPER_H

#include "base/err.h"

#define CF_HELPER_LINE_MAX 512 /* with its end; who says more at once is ended */

/* Never called from inside start, say or stop. */
struct cf_helper_handler {
  void (*line) (void *arg, const char *line); /* without its end; may stop it */
  void (*ended) (void *arg, gpg_error_t err); /* by itself; it may be started again */
};

struct cf_helper {
  /* Errors: ENOENT (it is not installed), those of the system. */
  gpg_error_t (*start) (struct cf_helper *helper, const struct cf_helper_handler *handler, void *arg);
  /* LINE has its end.  Errors: EPIPE (it does not run, or does not read). */
  gpg_error_t (*say) (struct cf_helper *helper, const char *line);
  /* It may finish what it does, but nobody hears of it.  Harmless when it does not run. */
  void (*stop) (struct cf_helper *helper);
};

#endif
