/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings.c - the table of settings, and what follows from a change. */
#include "core/settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/event.h"
#include "core/links.h"
#include "core/nodes.h"
#include "core/peer.h"
#include "core/portmap.h"
#include "core/post.h"
#include "core/self.h"
#include "core/store/store_self.h"
#include "core/visibility.h"
#include "net/proto.h"

static bool
fits_name (const char *value)
{
  size_t len = strlen (value);

  if (len > CF_NAME_MAX || !cf_text_is_utf8 (value, len))
    return false;
  for (size_t i = 0; i < len; i++)
    if ((unsigned char) value[i] < 0x20 || value[i] == 0x7f)
      return false;
  return true;
}

static gpg_error_t
apply_name (struct cf_core *core, const char *value)
{
  gpg_error_t err;

  (void) value; /* it is in the store */
  err = core->self ? cf_self_rename (core->self) : 0;
  if (!err)
    cf_peers_self_changed (core);
  cf_nodes_say_again (core);
  return err;
}

static gpg_error_t
set_visibility (struct cf_core *core, const char *value)
{
  enum cf_visibility visibility;

  return cf_visibility_parse (value, &visibility) ? cf_visibility_set (core, visibility, 0)
                                                  : cf_err (GPG_ERR_INV_VALUE);
}

static gpg_error_t
apply_listed (struct cf_core *core, const char *value)
{
  (void) value; /* it is in the store */
  cf_nodes_say_again (core);
  return 0;
}

static gpg_error_t
apply_pass_on (struct cf_core *core, const char *value)
{
  (void) value; /* it is in the store */
  cf_links_say_paths (core->links);
  return 0;
}

static gpg_error_t
apply_mailbox (struct cf_core *core, const char *value)
{
  (void) value; /* it is in the store */
  cf_post_look (core);
  return 0;
}

static gpg_error_t
apply_visibility (struct cf_core *core, const char *value)
{
  (void) value; /* it is in the store */
  return cf_visibility_resume (core);
}

static gpg_error_t
apply_level (struct cf_core *core, const char *value)
{
  return *value ? cf_log_level_parse (value, &core->env->log_level) : 0; /* empty: as it is */
}

static bool
fits_dir (const char *value)
{
  return !*value || *value == '/';
}

bool
cf_setting_size (const char *value, uint64_t *r_bytes)
{
  static const char units[] = "KMGT";
  size_t digits = strspn (value, "0123456789");
  const char *unit = value[digits] ? strchr (units, value[digits]) : NULL;

  if (digits < 1 || digits > 7 || (value[digits] && (!unit || value[digits + 1])))
    return false;
  *r_bytes = (uint64_t) strtoul (value, NULL, 10) << (unit ? 10 * (unit - units + 1) : 0);
  return true;
}

static bool
fits_size (const char *value)
{
  uint64_t bytes;

  return cf_setting_size (value, &bytes);
}

/* An empty log level leaves the one of the command line. */
static bool
fits_level (const char *value)
{
  enum cf_log_level level;

  return !*value || !cf_log_level_parse (value, &level);
}

#define ON_OFF "on off"

/* What only clients heed is here so that they agree. */
const struct cf_setting_def cf_settings[] = {
  { "name", "", CF_SAY_SETTING_IS_NAME, NULL, fits_name, NULL, apply_name },
  { "visibility", "everyone", CF_SAY_SETTING_IS_VISIBILITY, "everyone contacts nobody", NULL, set_visibility,
    apply_visibility },
  { "nodes", "", CF_SAY_SETTING_IS_NODES, NULL, cf_nodes_fits, NULL, cf_nodes_set },
  { "listed", "off", CF_SAY_SETTING_IS_LISTED, ON_OFF, NULL, NULL, apply_listed },
  { "pass-on", "off", CF_SAY_SETTING_IS_PASS_ON, ON_OFF, NULL, NULL, apply_pass_on },
  { "mailbox", "on", CF_SAY_SETTING_IS_MAILBOX, ON_OFF, NULL, NULL, apply_mailbox },
  { "port-mapping", "on", CF_SAY_SETTING_IS_PORT_MAPPING, ON_OFF, NULL, NULL, cf_portmap_set },
  { "receipts", "on", CF_SAY_SETTING_IS_RECEIPTS, ON_OFF, NULL, NULL, NULL },
  { "typing", "on", CF_SAY_SETTING_IS_TYPING, ON_OFF, NULL, NULL, NULL },
  { "notifications", "on", CF_SAY_SETTING_IS_NOTIFICATIONS, ON_OFF, NULL, NULL, NULL },
  { "notification-content", "show", CF_SAY_SETTING_IS_NOTIFICATION_CONTENT, "show hide", NULL, NULL, NULL },
  { "download-dir", "", CF_SAY_SETTING_IS_DOWNLOAD_DIR, NULL, fits_dir, NULL, NULL },
  { "accept-files", "0", CF_SAY_SETTING_IS_ACCEPT_FILES, NULL, fits_size, NULL, NULL },
  { "theme", "system", CF_SAY_SETTING_IS_THEME, "system light dark", NULL, NULL, NULL },
  { "send-key", "enter", CF_SAY_SETTING_IS_SEND_KEY, "enter ctrl-enter", NULL, NULL, NULL },
  { "log-level", "", CF_SAY_SETTING_IS_LOG_LEVEL, NULL, fits_level, NULL, apply_level },
  { NULL, NULL, CF_SAY_NOTHING, NULL, NULL, NULL, NULL },
};

static bool
fits (const struct cf_setting_def *def, const char *value)
{
  return def->values ? cf_text_has_word (def->values, value) : def->fits (value);
}

const struct cf_setting_def *
cf_setting_find (const char *key)
{
  for (const struct cf_setting_def *def = cf_settings; def->key; def++)
    if (!strcmp (def->key, key))
      return def;
  return NULL;
}

char *
cf_setting (struct cf_core *core, const char *key)
{
  const struct cf_setting_def *def = cf_setting_find (key);
  char *value = NULL;

  if (core->store && cf_store_setting_get (core->store, key, &value))
    value = NULL;
  if (value || !def)
    return value;
  return strdup (def->value);
}

bool
cf_setting_is (struct cf_core *core, const char *key, const char *value)
{
  char *now = cf_setting (core, key);
  bool is = now && !strcmp (now, value);

  free (now);
  return is;
}

gpg_error_t
cf_setting_set (struct cf_core *core, const struct cf_setting_def *def, const char *value)
{
  gpg_error_t err;

  if (!fits (def, value))
    return cf_err (GPG_ERR_INV_VALUE);
  if (def->set)
    return def->set (core, value);
  err = cf_store_setting_set (core->store, def->key, strcmp (value, def->value) ? value : NULL);
  if (!err && def->apply)
    err = def->apply (core, value);
  if (!err)
    err = cf_event_emit (core, "setting", false, json_pack ("{s:s, s:s}", "key", def->key, "value", value));
  return err;
}

gpg_error_t
cf_settings_apply (struct cf_core *core)
{
  gpg_error_t err = 0;

  for (const struct cf_setting_def *def = cf_settings; !err && def->key; def++) {
    char *value = cf_setting (core, def->key);

    if (!value)
      err = cf_err (GPG_ERR_ENOMEM);
    else if (def->apply && fits (def, value))
      err = def->apply (core, value);
    free (value);
  }
  return err;
}
