/* SPDX-License-Identifier: GPL-3.0-or-later */
/* homes.c - the GnuPG homes: where they are, and how ours are set up.
 *
 * Their configuration is ours alone and is written at every start, so that
 * nothing a user or an older Confab left there relaxes a check.  The people
 * home begins empty, and is gone at the end.
 */
#include "gpg/homes.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/paths.h"
#include "base/text.h"

extern char **environ;

/* Longer homes leave no room for the agent's socket, "S.gpg-agent.browser" and
   its lock, in the 108 bytes of a socket path. */
#define HOME_LEN_MAX 80

#define TRUST_DB "trustdb.gpg"
#define TRUST_DB_MAX (64 * 1024) /* one without entries has 1,200 bytes */

static const char gpg_conf[] =
  "# Written by confabd at every start: changes are lost.\n"
  "no-greeting\n"
  "no-tty\n"
  "batch\n"
  /* Authenticity is the fingerprint that Confab expects, not the web of trust. */
  "trust-model always\n"
  "no-auto-check-trustdb\n"
  /* Nothing that a peer sends may reach for the network. */
  "no-auto-key-retrieve\n"
  "no-auto-key-locate\n"
  "disable-dirmngr\n"
  /* Certifications by others are of no use here, and are what floods keys. */
  "import-options self-sigs-only\n"
  /* Peers' clocks differ: a key made "in the future" is used none the less. */
  "ignore-time-conflict\n"
  "ignore-valid-from\n"
  /* Not the preferences in a peer's key: what we choose. */
  "cipher-algo AES256\n"
  "digest-algo SHA512\n"
  "compress-algo none\n"
  "no-comments\n"
  "no-emit-version\n"
  "no-symkey-cache\n"
  /* The seed file is a lock that parallel runs wait for. */
  "no-random-seed-file\n"
  "max-output 1114112\n";

/* Of the people home, behind gpg_conf: no secret key will ever be there. */
static const char people_conf[] = "no-autostart\n";

static const char agent_conf[] =
  "# Written by confabd at every start: changes are lost.\n"
  /* Passphrases here are 256 random bits, and need no stretching. */
  "s2k-count 65536\n"
  "allow-loopback-pinentry\n"
  "default-cache-ttl 0\n"
  /* Nothing is cached but what making a key keeps between its steps, under a
     nonce that only its gpg knows.  0 would drop that whenever the clock's
     second changes meanwhile: "No pinentry".  No key takes longer than a job. */
  "max-cache-ttl 60\n"
  "no-allow-external-cache\n"
  /* No question can ever come from this home. */
  "pinentry-program /dev/null\n"
  "disable-scdaemon\n"
  "extra-socket none\n"
  "browser-socket none\n";

/* Write FILE unless it holds TEXT already. */
static gpg_error_t
write_config (const char *dir, const char *file, const char *text)
{
  char *path = cf_paths_join (dir, file), *old = NULL;
  size_t len = strlen (text), old_len = 0;
  gpg_error_t err;

  if (!path)
    return cf_err (GPG_ERR_ENOMEM);
  err = cf_file_read (path, len, &old, &old_len);
  if (!err && old_len == len && !memcmp (old, text, len))
    goto leave;
  err = cf_file_write (path, text, len);

leave:
  free (old);
  free (path);
  return err;
}

/* Does LINK lead to TARGET? */
static bool
leads_to (const char *link, const char *target)
{
  struct stat a, b;

  return !stat (link, &a) && !stat (target, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* A short name for a home whose path is too long for sockets: a link named by
   a hash of the path, in a directory that is ours alone. */
static gpg_error_t
make_short_name (const char *home, char **r_link)
{
  const char *runtime = getenv ("XDG_RUNTIME_DIR");
  char *dir = NULL, *link = NULL, name[2 * CF_HASH_LEN + 1];
  uint8_t digest[CF_HASH_LEN];
  struct cf_hash hash;
  gpg_error_t err;

  dir = runtime && *runtime == '/' && strlen (runtime) < 40 ? cf_sprintf ("%s/confab", runtime)
                                                            : cf_sprintf ("/tmp/confab-%lu", (unsigned long) getuid ());
  if (!dir)
    return cf_err (GPG_ERR_ENOMEM);
  err = cf_paths_private_dir (dir);
  if (err)
    goto leave;
  cf_hash_init (&hash, NULL, "gpg home");
  cf_hash_add (&hash, home, strlen (home));
  cf_hash_final (&hash, digest);
  cf_hex (digest, 8, name);
  link = cf_sprintf ("%s/g-%s", dir, name);
  if (!link) {
    err = cf_err (GPG_ERR_ENOMEM);
    goto leave;
  }
  if (!leads_to (link, home)) {
    (void) unlink (link); /* one that leads elsewhere */
    if (symlink (home, link)) {
      err = cf_err_errno ();
      goto leave;
    }
  }
  *r_link = link;
  link = NULL;

leave:
  free (link);
  free (dir);
  return err;
}

/* Run one of GnuPG's programs (NAME as gpgme_get_dirinfo knows it) on HOME with
   ARGV, which ends with NULL, silently, and wait for it.  Did it end well?
   Only for what happens once, at start, at the end or after a failure. */
static bool
run (const char *name, const char *home, const char *const argv[])
{
  const char *program = gpgme_get_dirinfo (name);
  posix_spawn_file_actions_t actions;
  char *args[10] = { NULL };
  size_t n = 0, i;
  bool spawned = false;
  int status = -1;
  pid_t pid;

  if (!program || posix_spawn_file_actions_init (&actions))
    return false;
  args[n++] = strdup (program);
  if (home) {
    args[n++] = strdup ("--homedir");
    args[n++] = strdup (home);
  }
  for (i = 0; argv[i] && n < 9; i++)
    args[n++] = strdup (argv[i]);
  for (i = 0; i < n && args[i]; i++)
    ;
  if (i == n && !posix_spawn_file_actions_addopen (&actions, 0, "/dev/null", O_RDONLY, 0)
      && !posix_spawn_file_actions_addopen (&actions, 1, "/dev/null", O_WRONLY, 0)
      && !posix_spawn_file_actions_addopen (&actions, 2, "/dev/null", O_WRONLY, 0))
    spawned = !posix_spawn (&pid, args[0], &actions, NULL, args, environ);
  while (spawned && waitpid (pid, &status, 0) < 0)
    if (errno != EINTR)
      break;
  for (i = 0; i < n; i++)
    free (args[i]);
  posix_spawn_file_actions_destroy (&actions);
  return spawned && WIFEXITED (status) && !WEXITSTATUS (status);
}

/* gpg wants to read a trust database, even where the trust model asks nothing
   of it, and makes none under that model: listing an expired key would fail. */
static gpg_error_t
make_trust_db (const char *home)
{
  static const char *const argv[]
    = { "--batch", "--no-tty", "--quiet", "--trust-model", "pgp", "--import-ownertrust", NULL };
  char *path = cf_paths_join (home, TRUST_DB);
  gpg_error_t err = 0;

  if (!path)
    return cf_err (GPG_ERR_ENOMEM);
  if (access (path, F_OK) && (!run ("gpg-name", home, argv) || access (path, F_OK)))
    err = cf_err (GPG_ERR_INV_ENGINE);
  free (path);
  return err;
}

gpg_error_t
cf_homes_blame (struct cf_gpg *gpg, gpg_error_t err)
{
  static const char *const argv[] = { "--launch", "gpg-agent", NULL };
  gpg_err_code_t code = gpg_err_code (err);

  if (code != GPG_ERR_NO_SECKEY && code != GPG_ERR_UNUSABLE_SECKEY)
    return err;
  if (run ("gpgconf-name", gpg->home[CF_HOME_IDENTITY], argv))
    return err;
  return gpg_err_make (GPG_ERR_SOURCE_GPG, GPG_ERR_NO_AGENT);
}

/* The agent is waited for: its sockets are gone when this returns, and the
   home may be moved or deleted. */
static void
kill_agent (const char *home)
{
  static const char *const argv[] = { "--kill", "all", NULL };

  (void) run ("gpgconf-name", home, argv);
}

/* ---- the conversation home ---- */

static gpg_error_t
open_conversation (struct cf_gpg *gpg, const char *own)
{
  gpg_error_t err;

  err = cf_paths_private_dir (own);
  if (!err)
    err = write_config (own, "gpg.conf", gpg_conf);
  if (!err)
    err = write_config (own, "gpg-agent.conf", agent_conf);
  if (!err && strlen (own) > HOME_LEN_MAX)
    err = make_short_name (own, &gpg->home_link);
  if (err)
    return err;
  gpg->home[CF_HOME_CONVERSATION] = strdup (gpg->home_link ? gpg->home_link : own);
  if (!gpg->home[CF_HOME_CONVERSATION])
    return cf_err (GPG_ERR_ENOMEM);
  return make_trust_db (gpg->home[CF_HOME_CONVERSATION]);
}

uint64_t
cf_homes_stamp (const struct cf_gpg *gpg)
{
  /* Keys of GnuPG 2.1 and later, of those before, of keyboxd; what the user has disabled. */
  static const char *const files[] = { "pubring.kbx", "pubring.gpg", "public-keys.d/pubring.db", "trustdb.gpg" };
  const char *home = gpg->home[CF_HOME_IDENTITY] ? gpg->home[CF_HOME_IDENTITY] : gpgme_get_dirinfo ("homedir");
  uint64_t stamp = 0;

  for (size_t i = 0; home && i < sizeof files / sizeof *files; i++) {
    char *path = cf_paths_join (home, files[i]);
    struct stat st;

    if (path && !stat (path, &st))
      stamp = stamp * 1000003 + (uint64_t) st.st_mtim.tv_sec * 1000000007 + (uint64_t) st.st_mtim.tv_nsec
              + (uint64_t) st.st_size + (uint64_t) st.st_ino;
    free (path);
  }
  return stamp;
}

/* ---- the people home ---- */

static int
remove_entry (const char *path, const struct stat *st, int type, struct FTW *where)
{
  (void) st;
  (void) type;
  (void) where;
  return remove (path) && errno != ENOENT;
}

/* Nothing is below it that we or gpg have not put there. */
static void
remove_people (const char *dir)
{
  (void) nftw (dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* The same as the conversation home's, without another run of gpg: no entry is ever made in it. */
static gpg_error_t
copy_trust_db (const char *from, const char *to)
{
  char *source = cf_paths_join (from, TRUST_DB), *target = cf_paths_join (to, TRUST_DB), *data = NULL;
  gpg_error_t err = source && target ? 0 : cf_err (GPG_ERR_ENOMEM);
  size_t len;

  if (!err)
    err = cf_file_read (source, TRUST_DB_MAX, &data, &len);
  if (!err)
    err = cf_file_write (target, data, len);
  free (data);
  free (target);
  free (source);
  return err;
}

static gpg_error_t
open_people (struct cf_gpg *gpg, const char *dir)
{
  char *conf = cf_sprintf ("%s%s", gpg_conf, people_conf);
  gpg_error_t err = conf ? 0 : cf_err (GPG_ERR_ENOMEM);

  if (!err)
    err = cf_paths_private_dir (dir);
  if (err)
    goto leave;
  remove_people (dir); /* of a daemon that was killed */
  err = cf_paths_private_dir (dir);
  if (!err)
    err = write_config (dir, "gpg.conf", conf);
  if (!err)
    err = copy_trust_db (gpg->home[CF_HOME_CONVERSATION], dir);
  if (!err && !(gpg->home[CF_HOME_PEOPLE] = strdup (dir)))
    err = cf_err (GPG_ERR_ENOMEM);

leave:
  free (conf);
  return err;
}

gpg_error_t
cf_homes_open (struct cf_gpg *gpg, const struct cf_gpg_config *config)
{
  char *below = NULL;
  gpg_error_t err;

  if (!config->conversation_home || *config->conversation_home != '/')
    return cf_err (GPG_ERR_INV_ARG);
  if (config->identity_home && !(gpg->home[CF_HOME_IDENTITY] = strdup (config->identity_home)))
    return cf_err (GPG_ERR_ENOMEM);
  err = open_conversation (gpg, config->conversation_home);
  if (!err && !config->people_home && !(below = cf_paths_join (gpg->home[CF_HOME_CONVERSATION], "people")))
    err = cf_err (GPG_ERR_ENOMEM);
  if (!err)
    err = open_people (gpg, below ? below : config->people_home);
  free (below);
  return err;
}

void
cf_homes_close (struct cf_gpg *gpg)
{
  if (gpg->home[CF_HOME_CONVERSATION])
    kill_agent (gpg->home[CF_HOME_CONVERSATION]);
  if (gpg->home_link)
    (void) unlink (gpg->home_link);
  if (gpg->home[CF_HOME_PEOPLE])
    remove_people (gpg->home[CF_HOME_PEOPLE]);
  free (gpg->home_link);
  for (int i = 0; i < CF_HOMES; i++)
    free (gpg->home[i]);
}
