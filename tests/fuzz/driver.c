/* SPDX-License-Identifier: GPL-3.0-or-later */
/* driver.c - the main of a fuzz target where there is no libFuzzer.
 *
 *   fuzz_NAME                 replay the seeds and the corpus, as TAP
 *   fuzz_NAME FILE...         replay these
 *   fuzz_NAME --seeds DIR     write the seeds there
 */
#include <config.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/fuzz/fuzz.h"

#define INPUT_MAX (4u << 20)

static size_t case_count;
static const char *seed_dir;

/* One case; one that fails ends the program, and its name was the last word. */
static void
replay (const char *name, const void *data, size_t len)
{
  uint8_t *copy = fuzz_copy (data, len);

  printf ("# %s\n", name);
  fflush (stdout);
  LLVMFuzzerTestOneInput (copy, len);
  free (copy);
  printf ("ok %zu - %s\n", ++case_count, name);
}

static void
replay_seed (const char *name, const void *data, size_t len)
{
  char *label = cf_sprintf ("seed %s", name);

  FUZZ_CHECK (label);
  replay (label, data, len);
  free (label);
}

static void
write_seed (const char *name, const void *data, size_t len)
{
  char *path = cf_sprintf ("%s/seed-%s", seed_dir, name);
  FILE *f;

  FUZZ_CHECK (path);
  f = fopen (path, "wb");
  FUZZ_CHECK (f && fwrite (data, 1, len, f) == len);
  FUZZ_CHECK (!fclose (f));
  free (path);
}

static void
replay_file (const char *path, const char *name)
{
  uint8_t *data = malloc (INPUT_MAX);
  FILE *f = fopen (path, "rb");
  size_t len;

  FUZZ_CHECK (data);
  if (!f) {
    fprintf (stderr, "%s: cannot be read\n", path);
    exit (2);
  }
  len = fread (data, 1, INPUT_MAX, f);
  fclose (f);
  replay (name, data, len);
  free (data);
}

static int
is_file (const struct dirent *e)
{
  return e->d_name[0] != '.';
}

static void
replay_corpus (const char *dir)
{
  struct dirent **names = NULL;
  int n = scandir (dir, &names, is_file, alphasort);

  for (int i = 0; i < n; i++) {
    char *path = cf_sprintf ("%s/%s", dir, names[i]->d_name);

    FUZZ_CHECK (path);
    replay_file (path, names[i]->d_name);
    free (path);
    free (names[i]);
  }
  free (names);
}

int
main (int argc, char **argv)
{
  const char *name = strrchr (argv[0], '/'), *source = getenv ("CF_SRCDIR");
  char *dir;

  LLVMFuzzerInitialize (&argc, &argv);
  if (argc == 3 && !strcmp (argv[1], "--seeds")) {
    seed_dir = argv[2];
    fuzz_seeds (write_seed);
    return 0;
  }
  if (argc > 1) {
    for (int i = 1; i < argc; i++)
      replay_file (argv[i], argv[i]);
    return 0;
  }
  name = name ? name + 1 : argv[0];
  name += strncmp (name, "fuzz_", 5) ? 0 : 5;
  dir = cf_sprintf ("%s/tests/fuzz/corpus/%s", source ? source : ".", name);
  FUZZ_CHECK (dir);
  fuzz_seeds (replay_seed);
  replay_corpus (dir);
  free (dir);
  printf ("1..%zu\n", case_count);
  return 0;
}
