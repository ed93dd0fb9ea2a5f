/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_file_source.c - what is sent: read whole, and looked at while others change it. */
#include "tests/unit/core/file_unit.h"

#include "core/file/manifest.h"
#include "core/file/source.h"

#define KIB 1024
#define MIB (1024 * 1024)

static struct cf_file_source *
open_source (const char *path)
{
  struct cf_file_source *s = NULL;
  gpg_error_t err = cf_file_source_open (path, &s);

  if (err)
    fail_msg ("%s: %s", path, gpg_strerror (err));
  return s;
}

static gpg_err_code_t
open_error (const char *path)
{
  struct cf_file_source *s = NULL;
  gpg_err_code_t err = gpg_err_code (cf_file_source_open (path, &s));

  assert_null (s);
  return err;
}

static struct cf_file_offer
describe (const struct cf_file_source *s, size_t *r_skipped, uint8_t r_hash[32])
{
  struct cf_file_offer o;
  uint8_t hash[32];
  size_t skipped;

  memset (&o, 9, sizeof o);
  cf_file_source_describe (s, &o, &skipped, hash);
  assert_int_equal (o.key[0], 9); /* not ours to say */
  if (r_skipped)
    *r_skipped = skipped;
  if (r_hash)
    memcpy (r_hash, hash, sizeof hash);
  return o;
}

/* All of the stream; the caller frees. */
static uint8_t *
read_all (struct cf_file_source *s, size_t *r_len)
{
  struct cf_file_offer o = describe (s, NULL, NULL);
  uint64_t len = cf_file_stream_len (&o), blocks = cf_file_block_count (len);
  uint8_t *all = malloc ((size_t) len + CF_FILE_BLOCK);
  size_t n, at_byte = 0;
  bool changed = true;

  for (uint64_t i = 0; i < blocks; i++) {
    assert_int_equal (cf_file_source_read (s, i, all + at_byte, &n, &changed), 0);
    assert_false (changed);
    assert_int_equal (n, cf_file_block_len (len, i));
    at_byte += n;
  }
  assert_int_equal (gpg_err_code (cf_file_source_read (s, blocks, all, &n, &changed)), GPG_ERR_INV_VALUE);
  *r_len = at_byte;
  return all;
}

static void
test_file (void **state)
{
  static const size_t sizes[] = { 0, 1, CF_FILE_BLOCK - 1, CF_FILE_BLOCK, CF_FILE_BLOCK + 1, 3 * CF_FILE_BLOCK + 77 };

  (void) state;
  for (size_t i = 0; i < COUNT (sizes); i++) {
    struct cf_file_source *s;
    struct cf_file_offer o;
    uint8_t *all, *wanted;
    size_t len, skipped;

    write_pattern (at ("a photo.PNG"), sizes[i], 5);
    set_times (at ("a photo.PNG"), 1763765246, 123999999);
    s = open_source (at ("a photo.PNG"));
    o = describe (s, &skipped, NULL);
    assert_int_equal (o.size, sizes[i]);
    assert_int_equal (o.files, 1);
    assert_int_equal (o.manifest_len, 0);
    assert_int_equal (o.modified_utc_ms, 1763765246123);
    assert_string_equal (o.media_type, "image/png");
    assert_int_equal (o.name_len, 11);
    assert_memory_equal (o.name, "a photo.PNG", 11);
    assert_int_equal (skipped, 0);
    all = read_all (s, &len);
    wanted = read_bytes (at ("a photo.PNG"), &len);
    assert_int_equal (len, sizes[i]);
    assert_memory_equal (all, wanted, len);
    free (all);
    free (wanted);
    cf_file_source_free (s);
  }
}

static void
test_what_cannot_be_sent (void **state)
{
  (void) state;
  assert_int_equal (open_error ("relative"), GPG_ERR_INV_VALUE);
  assert_int_equal (open_error (at ("nothing")), GPG_ERR_ENOENT);
  assert_int_equal (open_error ("/dev/null"), GPG_ERR_INV_VALUE);
  assert_int_equal (open_error ("/"), GPG_ERR_INV_VALUE);
  assert_int_equal (mkfifo (at ("pipe"), 0600), 0);
  assert_int_equal (open_error (at ("pipe")), GPG_ERR_INV_VALUE);
  assert_int_equal (symlink (at ("loop"), at ("loop")), 0);
  assert_int_equal (open_error (at ("loop")), GPG_ERR_ELOOP);
  write_bytes (at ("secret"), "x", 1);
  assert_int_equal (chmod (at ("secret"), 0), 0);
  if (geteuid () != 0)
    assert_int_equal (open_error (at ("secret")), GPG_ERR_EACCES);
}

/* The person named the link: what it leads to goes, under its name. */
static void
test_link (void **state)
{
  struct cf_file_source *s;
  struct cf_file_offer o;
  uint8_t *all;
  size_t len;

  (void) state;
  write_bytes (at ("file"), "hello", 5);
  assert_int_equal (symlink ("file", at ("link.txt")), 0);
  s = open_source (at ("link.txt"));
  o = describe (s, NULL, NULL);
  assert_int_equal (o.name_len, 8);
  assert_memory_equal (o.name, "link.txt", 8);
  all = read_all (s, &len);
  assert_int_equal (len, 5);
  assert_memory_equal (all, "hello", 5);
  free (all);
  cf_file_source_free (s);
  assert_int_equal (mkdir (at ("d"), 0700), 0);
  s = open_source (at ("d/../d/."));
  o = describe (s, NULL, NULL);
  assert_memory_equal (o.name, "d", 1);
  assert_int_equal (o.manifest_len, 0);
  assert_int_equal (o.files, 0);
  assert_true (cf_file_offer_is_directory (&o));
  cf_file_source_free (s);
}

/* Names in any bytes, files of all sizes, what is left out. */
static void
make_tree (void)
{
  assert_int_equal (mkdir (at ("t"), 0755), 0);
  assert_int_equal (mkdir (at ("t/sub"), 0700), 0);
  assert_int_equal (mkdir (at ("t/sub/empty"), 0755), 0);
  write_pattern (at ("t/a"), 10, 1);
  write_pattern (at ("t/nothing"), 0, 1);
  write_pattern (at ("t/sub/big"), CF_FILE_BLOCK + 5, 2);
  write_pattern (at ("t/sub/\xff\x01%\n"), 100, 3);
  write_pattern (at ("t/z"), 3, 4);
  assert_int_equal (chmod (at ("t/z"), 0751), 0);
  set_times (at ("t/z"), -5, 7);
  assert_int_equal (symlink ("a", at ("t/link")), 0);
  assert_int_equal (symlink ("/etc", at ("t/dirlink")), 0);
  assert_int_equal (mkfifo (at ("t/pipe"), 0600), 0);
}

static void
test_directory (void **state)
{
  static const struct {
    const char *path;
    size_t size;
  } wanted[] = { { "a", 10 },        { "nothing", 0 },   { "sub", 0 }, { "sub/big", CF_FILE_BLOCK + 5 },
                 { "sub/empty", 0 }, { "sub/\xff\x01%\n", 100 }, { "z", 3 } };
  struct cf_file_source *s;
  struct cf_manifest *m = NULL;
  struct cf_file_offer o;
  size_t len, skipped, i;
  uint8_t *all;

  (void) state;
  make_tree ();
  s = open_source (at ("t/"));
  o = describe (s, &skipped, NULL);
  assert_int_equal (skipped, 3);
  assert_int_equal (o.files, 5);
  assert_int_equal (o.size, 10 + CF_FILE_BLOCK + 5 + 100 + 3);
  assert_memory_equal (o.name, "t", 1);
  assert_int_equal (o.name_len, 1);
  all = read_all (s, &len);
  assert_int_equal (cf_manifest_parse (all, o.manifest_len, o.size, o.files, &m), 0);
  assert_int_equal (m->count, COUNT (wanted));
  for (i = 0; i < m->count; i++) {
    const struct cf_manifest_entry *e = &m->entries[i];
    char path[300];

    assert_string_equal (e->path, wanted[i].path);
    assert_int_equal (e->size, wanted[i].size);
    if (e->directory)
      continue;
    snprintf (path, sizeof path, "t/%s", e->path);
    uint8_t *data = read_bytes (at (path), &len);
    assert_int_equal (len, e->size);
    assert_memory_equal (data, all + e->offset, len);
    free (data);
  }
  assert_int_equal (m->entries[6].mode, 0751);
  assert_int_equal (m->entries[6].mtime_s, -5);
  assert_int_equal (m->entries[6].mtime_ns, 7);
  cf_manifest_free (m);
  free (all);
  cf_file_source_free (s);
}

/* The same tree says the same after a restart, and any touch says something else. */
static void
test_stat_hash (void **state)
{
  uint8_t first[32], again[32], touched[32];
  struct cf_file_source *s;

  (void) state;
  make_tree ();
  s = open_source (at ("t"));
  describe (s, NULL, first);
  cf_file_source_free (s);
  s = open_source (at ("t"));
  describe (s, NULL, again);
  cf_file_source_free (s);
  assert_memory_equal (first, again, 32);
  set_times (at ("t/sub/big"), 1000, 0);
  s = open_source (at ("t"));
  describe (s, NULL, touched);
  cf_file_source_free (s);
  assert_memory_not_equal (first, touched, 32);
}

static void
test_case_clash (void **state)
{
  (void) state;
  assert_int_equal (mkdir (at ("d"), 0755), 0);
  write_bytes (at ("d/Makefile"), "x", 1);
  write_bytes (at ("d/makefile"), "x", 1);
  assert_int_equal (open_error (at ("d")), GPG_ERR_AMBIGUOUS_NAME);
}

static void
test_too_deep (void **state)
{
  char path[400] = "deep";

  (void) state;
  for (int i = 0; i < 66; i++) {
    assert_int_equal (mkdir (at (path), 0700), 0);
    strcat (path, "/d");
  }
  assert_int_equal (open_error (at ("deep")), GPG_ERR_TOO_LARGE);
}

/* --- what others do meanwhile --- */

static uint8_t block[CF_FILE_BLOCK];

static gpg_err_code_t
read_block (struct cf_file_source *s, uint64_t index, bool *r_changed)
{
  size_t len;

  *r_changed = false;
  return gpg_err_code (cf_file_source_read (s, index, block, &len, r_changed));
}

static void
test_changes (void **state)
{
  struct cf_file_source *s;
  bool changed;
  int fd;

  (void) state;
  write_pattern (at ("f"), 2 * CF_FILE_BLOCK, 1);
  set_times (at ("f"), 1000, 0);
  s = open_source (at ("f"));
  assert_int_equal (read_block (s, 0, &changed), 0);
  assert_false (changed);
  /* Touched, or written to in place: told once. */
  set_times (at ("f"), 2000, 0);
  assert_int_equal (read_block (s, 1, &changed), 0);
  assert_true (changed);
  assert_int_equal (read_block (s, 1, &changed), 0);
  assert_false (changed);
  /* Another file of the same size in its place, as editors do. */
  write_pattern (at ("g"), 2 * CF_FILE_BLOCK, 2);
  assert_int_equal (rename (at ("g"), at ("f")), 0);
  assert_int_equal (cf_file_source_hole (s, 0, 2), 0); /* does not swallow what reading is to tell */
  assert_int_equal (read_block (s, 0, &changed), 0);
  assert_true (changed);
  pattern (block, 16, 0, 2);
  /* Growing, shrinking. */
  fd = open (at ("f"), O_WRONLY | O_APPEND | O_CLOEXEC);
  assert_int_equal (write (fd, "x", 1), 1);
  assert_int_equal (read_block (s, 0, &changed), GPG_ERR_CONFLICT);
  assert_int_equal (ftruncate (fd, CF_FILE_BLOCK), 0);
  assert_int_equal (read_block (s, 0, &changed), GPG_ERR_CONFLICT);
  close (fd);
  /* Gone, and another thing in its place. */
  assert_int_equal (unlink (at ("f")), 0);
  assert_int_equal (read_block (s, 0, &changed), GPG_ERR_ENOENT);
  assert_int_equal (symlink ("/etc/passwd", at ("f")), 0);
  assert_int_equal (read_block (s, 0, &changed), GPG_ERR_CONFLICT);
  assert_int_equal (unlink (at ("f")), 0);
  assert_int_equal (mkfifo (at ("f"), 0600), 0);
  assert_int_equal (read_block (s, 0, &changed), GPG_ERR_CONFLICT);
  assert_int_equal (unlink (at ("f")), 0);
  assert_int_equal (mkdir (at ("f"), 0700), 0);
  assert_int_equal (read_block (s, 0, &changed), GPG_ERR_CONFLICT);
  cf_file_source_free (s);
}

/* A directory that becomes a link leads nowhere. */
static void
test_link_raced_in (void **state)
{
  struct cf_file_source *s;
  bool changed;

  (void) state;
  assert_int_equal (mkdir (at ("d"), 0700), 0);
  assert_int_equal (mkdir (at ("d/e"), 0700), 0);
  assert_int_equal (mkdir (at ("x"), 0700), 0);
  write_bytes (at ("d/e/f"), "mine", 4);
  write_bytes (at ("x/f"), "NOT!", 4);
  s = open_source (at ("d"));
  assert_int_equal (rename (at ("d/e"), at ("old")), 0);
  assert_int_equal (symlink (at ("x"), at ("d/e")), 0);
  assert_int_not_equal (read_block (s, 0, &changed), 0);
  assert_null (memmem (block, sizeof block, "NOT!", 4));
  cf_file_source_free (s);
}

/* Holes are told, up to the last whole block. */
static void
test_holes (void **state)
{
  struct cf_file_source *s;
  struct cf_file_offer o;
  bool changed;
  int fd;

  (void) state;
  fd = open (at ("sparse"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  assert_true (fd >= 0);
  assert_int_equal (ftruncate (fd, 100LL * CF_FILE_BLOCK + 5), 0);
  memset (block, 1, sizeof block);
  assert_int_equal (pwrite (fd, block, sizeof block, 40LL * CF_FILE_BLOCK), sizeof block);
  s = open_source (at ("sparse"));
  o = describe (s, NULL, NULL);
  assert_true (o.data >= CF_FILE_BLOCK && o.data < 2 * CF_FILE_BLOCK);
  assert_int_equal (cf_file_source_hole (s, 0, 1000), 40);
  assert_int_equal (cf_file_source_hole (s, 0, 7), 7);
  assert_int_equal (cf_file_source_hole (s, 39, 1000), 1);
  assert_int_equal (cf_file_source_hole (s, 40, 1000), 0);
  assert_int_equal (cf_file_source_hole (s, 41, 1000), 59);
  assert_int_equal (cf_file_source_hole (s, 100, 1000), 0);
  assert_int_equal (cf_file_source_hole (s, UINT64_MAX, 1000), 0);
  assert_int_equal (read_block (s, 100, &changed), 0);
  close (fd);
  cf_file_source_free (s);
}

/* 64 GiB that are not there cost neither memory nor time. */
static void
test_huge_hole (void **state)
{
  struct cf_file_source *s;
  struct cf_file_offer o;
  int fd;

  (void) state;
  fd = open (at ("huge"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  assert_int_equal (ftruncate (fd, 64LL << 30), 0);
  close (fd);
  s = open_source (at ("huge"));
  o = describe (s, NULL, NULL);
  assert_int_equal (o.data, 0);
  assert_int_equal (cf_file_source_hole (s, 0, UINT64_MAX), (64ull << 30) / CF_FILE_BLOCK);
  cf_file_source_free (s);
}

/* Many small files share blocks. */
static void
test_many (void **state)
{
  const int count = getenv ("CF_MANY") ? atoi (getenv ("CF_MANY")) : 2000;
  struct cf_file_source *s;
  struct cf_manifest *m = NULL;
  struct cf_file_offer o;
  struct timespec t[3];
  uint8_t *all;
  size_t len;

  (void) state;
  assert_int_equal (mkdir (at ("many"), 0700), 0);
  for (int i = 0; i < count; i++) {
    char name[40];

    if (i % 1000 == 0) {
      snprintf (name, sizeof name, "many/%d", i / 1000);
      assert_int_equal (mkdir (at (name), 0700), 0);
    }
    snprintf (name, sizeof name, "many/%d/%d", i / 1000, i);
    write_pattern (at (name), (size_t) (i % 200), (uint32_t) i);
  }
  clock_gettime (CLOCK_MONOTONIC, &t[0]);
  s = open_source (at ("many"));
  clock_gettime (CLOCK_MONOTONIC, &t[1]);
  o = describe (s, NULL, NULL);
  assert_int_equal (o.files, count);
  all = read_all (s, &len);
  clock_gettime (CLOCK_MONOTONIC, &t[2]);
  assert_int_equal (cf_manifest_parse (all, o.manifest_len, o.size, o.files, &m), 0);
  for (size_t i = 0; i < m->count; i++) {
    const struct cf_manifest_entry *e = &m->entries[i];
    uint8_t wanted[200];

    if (e->directory)
      continue;
    pattern (wanted, e->size, 0, (uint32_t) atoi (strchr (e->path, '/') + 1));
    assert_memory_equal (all + e->offset, wanted, e->size);
  }
  print_message ("# %d files: looked at in %.2f s, read in %.2f s\n", count,
                 (double) (t[1].tv_sec - t[0].tv_sec) + (double) (t[1].tv_nsec - t[0].tv_nsec) / 1e9,
                 (double) (t[2].tv_sec - t[1].tv_sec) + (double) (t[2].tv_nsec - t[1].tv_nsec) / 1e9);
  cf_manifest_free (m);
  free (all);
  cf_file_source_free (s);
}

#define T(name) cmocka_unit_test_setup_teardown (name, unit_setup, unit_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (test_file),     T (test_what_cannot_be_sent), T (test_link),     T (test_directory),
    T (test_stat_hash), T (test_case_clash),         T (test_too_deep), T (test_changes),
    T (test_link_raced_in), T (test_holes),          T (test_huge_hole), T (test_many),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
