/* SPDX-License-Identifier: GPL-3.0-or-later */
/* app.h - the desktop client as one thing: its one instance, its model, its window.
 *
 * Widgets take the CfApp that made them, read its model, and tell it what went
 * wrong; none of them holds a connection or state of the messenger's own.
 */
#ifndef CF_UI_GTK_APP_H
#define CF_UI_GTK_APP_H

#include <gtk/gtk.h>

#include "ui/client/client.h"

G_BEGIN_DECLS

#define CF_TYPE_APP (cf_app_get_type ())
G_DECLARE_FINAL_TYPE (CfApp, cf_app, CF, APP, GtkApplication)

struct cf_model;
struct cf_pasted;
struct cf_thumbnails;

CfApp *cf_app_new (void);

/* The mirror of the daemon's lists; there from startup on, the app's own. */
struct cf_model *cf_app_model (CfApp *app);

/* As --home said; NULL: it was not given. */
const char *cf_app_home (CfApp *app);

/* Pictures that were pasted, and small ones of files: pasted.h, thumbnail.h. */
struct cf_pasted *cf_app_pasted (CfApp *app);
struct cf_thumbnails *cf_app_thumbnails (CfApp *app);

/* Tell the person of ERROR, with its hint, in the window; nothing to be clicked away first. */
void cf_app_report (CfApp *app, const struct cf_client_error *error);

/* Have VERB done with WORDS (until NULL) by the daemon, for who only needs to hear of a failure: it is reported. */
void cf_app_call (CfApp *app, const char *verb, const char *const *words);

/* With CONFAB_GTK_TRACE in the environment: how long after its start the program came to WHAT; each is told once. */
void cf_app_trace (CfApp *app, const char *what);

/* Bring the window to the front with CONVERSATION, at MESSAGE unless that is NULL. */
void cf_app_show_conversation (CfApp *app, const char *conversation, const char *message);

G_END_DECLS

#endif
