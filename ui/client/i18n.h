/* SPDX-License-Identifier: GPL-3.0-or-later */
/* i18n.h - the reader's language.
 *
 * A sentence that people read is a whole one, in English, inside _(); never
 * put together from pieces.  Translators' comments begin with "Translators:".
 */
#ifndef CF_UI_CLIENT_I18N_H
#define CF_UI_CLIENT_I18N_H

#include <libintl.h>

#define _(text) gettext (text)
#define N_(text) text /* marked; translated where it is used */

/* Once, before anything is said: the locale of the environment, and the translations for it.  They are looked for in
   the directory that CONFAB_LOCALEDIR names (tests: the build tree), else where they were installed. */
void cf_i18n_start (void);

#endif
