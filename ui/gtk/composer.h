/* SPDX-License-Identifier: GPL-3.0-or-later */
/* composer.h - where one writes: text, emoji, files beside it, what it answers or changes.  It sends nothing itself.
 *
 * Signals: "send" (the text is to be sent as mode and target say), "typed" (the reader's own change of the text),
 * "edit-last" (Up, in an empty composer), "left" (reply or edit was left).
 */
#ifndef CF_UI_GTK_COMPOSER_H
#define CF_UI_GTK_COMPOSER_H

#include <gtk/gtk.h>
#include <stdbool.h>

#include "ui/gtk/app.h"
#include "ui/gtk/attach_strip.h"

#define CF_TYPE_COMPOSER (cf_composer_get_type ())
G_DECLARE_FINAL_TYPE (CfComposer, cf_composer, CF, COMPOSER, GtkBox)

enum cf_composer_mode { CF_WRITE, CF_REPLY, CF_EDIT };

#define CF_COMPOSER_TEXT_MAX (256 * 1024) /* bytes that the daemon takes */

GtkWidget *cf_composer_new (CfApp *app);
/* To whom one writes, for who cannot see it. */
void cf_composer_set_peer (CfComposer *composer, const char *name);
/* "enter" or "ctrl-enter", as the setting send-key. */
void cf_composer_set_send_key (CfComposer *composer, const char *key);

/* Answer MESSAGE, of which is shown AUTHOR and TEXT. */
void cf_composer_reply (CfComposer *composer, const char *message, const char *author, const char *text);
/* Change MESSAGE: TEXT takes the place of what was being written, until that is left. */
void cf_composer_edit (CfComposer *composer, const char *message, const char *text);
/* Back to CF_WRITE, with the text that was there before an edit. */
void cf_composer_leave (CfComposer *composer);
enum cf_composer_mode cf_composer_mode (CfComposer *composer);
const char *cf_composer_target (CfComposer *composer); /* a message; NULL in CF_WRITE */

char *cf_composer_text (CfComposer *composer);  /* caller frees */
char *cf_composer_draft (CfComposer *composer); /* what is being written beside an edit; caller frees */
/* No "typed" follows. */
void cf_composer_set_text (CfComposer *composer, const char *text);

/* At the cursor, as if it were typed. */
void cf_composer_insert (CfComposer *composer, const char *text);
/* Files that go with it; of no account in CF_EDIT. */
CfAttachStrip *cf_composer_strip (CfComposer *composer);

void cf_composer_focus (CfComposer *composer);
/* A key that was pressed elsewhere in the window; false: it writes nothing. */
bool cf_composer_type (CfComposer *composer, GdkEventKey *event);

#endif
