/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_file_sink.c - what is received: whole, under its name, never outside, never over what is there. */
#include "tests/unit/core/file_unit.h"

#include <signal.h>
#include <sys/resource.h>

#include "base/paths.h"
#include "core/file/block.h"
#include "core/file/manifest.h"
#include "core/file/sink.h"
#include "core/file/source.h"

static const uint8_t transfer[16] = { 0xab, 0xcd, 0xef, 0x01, 5 };
#define PART ".confab-abcdef01.part"

static struct cf_file_offer
offer (uint64_t size)
{
  struct cf_file_offer o;

  memset (&o, 0, sizeof o);
  o.size = o.data = size;
  o.files = 1;
  o.modified_utc_ms = 1763765246123;
  strcpy (o.media_type, "image/png");
  return o;
}

static struct cf_file_offer
directory_offer (const char *manifest, uint64_t size, uint64_t files)
{
  struct cf_file_offer o = offer (size);

  o.manifest_len = strlen (manifest);
  o.files = files;
  strcpy (o.media_type, CF_FILE_DIRECTORY_TYPE);
  return o;
}

static struct cf_file_sink *
open_sink (const struct cf_file_offer *o, const struct cf_file_map *have)
{
  struct cf_file_sink *s = NULL;
  gpg_error_t err = cf_file_sink_open (at ("dl"), transfer, o, have, &s);

  if (err)
    fail_msg ("open: %s", gpg_strerror (err));
  return s;
}

static gpg_err_code_t
open_error (const struct cf_file_offer *o, const struct cf_file_map *have)
{
  struct cf_file_sink *s = NULL;
  gpg_err_code_t err = gpg_err_code (cf_file_sink_open (at ("dl"), transfer, o, have, &s));

  assert_null (s);
  return err;
}

static char *
finish (struct cf_file_sink *s, const char *name)
{
  char *path = NULL;
  gpg_error_t err = cf_file_sink_finish (s, name, strlen (name), &path);

  if (err)
    fail_msg ("finish: %s", gpg_strerror (err));
  cf_file_sink_discard (s); /* the rest of a directory's part */
  return path;
}

static bool
exists (const char *name)
{
  struct stat st;

  return !lstat (at (name), &st);
}

static size_t
count_in (const char *name)
{
  char command[300];
  size_t n = 0;
  FILE *f;

  snprintf (command, sizeof command, "ls -A '%s' | wc -l", at (name));
  f = popen (command, "r");
  assert_non_null (f);
  assert_int_equal (fscanf (f, "%zu", &n), 1);
  pclose (f);
  return n;
}

static struct cf_file_map *
whole_map (uint64_t blocks)
{
  static const uint8_t leaf[32] = { 1 };
  struct cf_file_map *m = NULL;

  assert_int_equal (cf_file_map_new (blocks, &m), 0);
  for (uint64_t i = 0; i < blocks; i++)
    assert_int_equal (cf_file_map_set (m, i, leaf), 0);
  return m;
}

/* --- files --- */

static void
test_file (void **state)
{
  static const size_t sizes[] = { 0, 1, CF_FILE_BLOCK, 3 * CF_FILE_BLOCK + 77 };

  (void) state;
  for (size_t k = 0; k < COUNT (sizes); k++) {
    struct cf_file_offer o = offer (sizes[k]);
    struct cf_file_sink *s = open_sink (&o, NULL);
    uint8_t *data = malloc (sizes[k] + 1), block[CF_FILE_BLOCK];
    char *path, wanted[300];
    struct stat st;
    size_t len;

    assert_true (exists ("dl/" PART));
    assert_int_equal (stat (at ("dl/" PART), &st), 0);
    assert_int_equal (st.st_mode & 0777, 0600);
    pattern (data, sizes[k], 0, 3);
    for (uint64_t i = cf_file_block_count (sizes[k]); i-- > 0;) { /* any order */
      assert_int_equal (cf_file_sink_write (s, i, data + i * CF_FILE_BLOCK, cf_file_block_len (sizes[k], i)), 0);
      assert_int_equal (cf_file_sink_read (s, i, block, &len), 0);
      assert_memory_equal (block, data + i * CF_FILE_BLOCK, len);
    }
    assert_int_equal (cf_file_sink_sync (s), 0);
    path = finish (s, "photo.png");
    cf_file_sink_free (s);
    snprintf (wanted, sizeof wanted, k ? "%s/dl/photo (%zu).png" : "%s/dl/photo.png", unit_dir, k + 1);
    assert_string_equal (path, wanted);
    assert_bytes (path, data, sizes[k]);
    assert_int_equal (stat (path, &st), 0);
    assert_int_equal (st.st_mode & 07133, 0); /* neither executable nor writable by others */
    assert_int_equal (st.st_mtim.tv_sec, 1763765246);
    assert_int_equal (st.st_mtim.tv_nsec, 123000000);
    assert_int_equal (count_in ("dl"), k + 1); /* no part is left */
    free (path);
    free (data);
  }
}

static void
test_bad_blocks (void **state)
{
  struct cf_file_offer o = offer (CF_FILE_BLOCK + 5);
  struct cf_file_sink *s = open_sink (&o, NULL);
  static uint8_t data[CF_FILE_BLOCK];
  size_t len;

  (void) state;
#define BAD(call) assert_int_equal (gpg_err_code (call), GPG_ERR_INV_VALUE)
  BAD (cf_file_sink_write (s, 0, data, 5));
  BAD (cf_file_sink_write (s, 1, data, CF_FILE_BLOCK));
  BAD (cf_file_sink_write (s, 1, data, 4));
  BAD (cf_file_sink_write (s, 2, data, 5));
  BAD (cf_file_sink_write (s, UINT64_MAX, data, 5));
  BAD (cf_file_sink_write (s, UINT64_MAX / CF_FILE_BLOCK + 1, data, CF_FILE_BLOCK));
  BAD (cf_file_sink_zeros (s, 0, 2));
  BAD (cf_file_sink_zeros (s, 1, 1));
  BAD (cf_file_sink_zeros (s, 2, 0));
  BAD (cf_file_sink_zeros (s, 1, UINT64_MAX));
  BAD (cf_file_sink_read (s, 2, data, &len));
#undef BAD
  assert_int_equal (cf_file_sink_zeros (s, 0, 1), 0);
  cf_file_sink_discard (s);
  cf_file_sink_free (s);
  assert_int_equal (count_in ("dl"), 0);
}

/* Zeroes over what was written before: a hole again. */
static void
test_zeros (void **state)
{
  struct cf_file_offer o = offer (64LL << 30);
  struct cf_file_sink *s = open_sink (&o, NULL);
  static uint8_t data[CF_FILE_BLOCK], zero[CF_FILE_BLOCK];
  struct stat st;
  char *path;
  size_t len;

  (void) state;
  memset (data, 7, sizeof data);
  assert_int_equal (cf_file_sink_write (s, 1000, data, sizeof data), 0);
  assert_int_equal (cf_file_sink_zeros (s, 0, (64ull << 30) / CF_FILE_BLOCK), 0);
  assert_int_equal (cf_file_sink_read (s, 1000, data, &len), 0);
  assert_memory_equal (data, zero, sizeof zero);
  path = finish (s, "sparse");
  cf_file_sink_free (s);
  assert_int_equal (stat (path, &st), 0);
  assert_int_equal (st.st_size, 64LL << 30);
  assert_true (st.st_blocks * 512 < CF_FILE_BLOCK);
  free (path);
}

static void
test_resume (void **state)
{
  struct cf_file_offer o = offer (2 * CF_FILE_BLOCK);
  struct cf_file_map *have = whole_map (1);
  struct cf_file_sink *s = open_sink (&o, NULL);
  static uint8_t data[CF_FILE_BLOCK], got[CF_FILE_BLOCK];
  size_t len;
  char *path;

  (void) state;
  memset (data, 7, sizeof data);
  assert_int_equal (cf_file_sink_write (s, 0, data, sizeof data), 0);
  assert_int_equal (cf_file_sink_sync (s), 0);
  cf_file_sink_free (s);
  assert_int_equal (open_error (&o, NULL), GPG_ERR_EEXIST);
  s = open_sink (&o, have);
  assert_int_equal (cf_file_sink_read (s, 0, got, &len), 0);
  assert_memory_equal (got, data, sizeof data);
  assert_int_equal (cf_file_sink_write (s, 1, data, sizeof data), 0);
  cf_file_sink_free (s);
  /* What is not what it was. */
  assert_int_equal (truncate (at ("dl/" PART), 5), 0);
  assert_int_equal (open_error (&o, have), GPG_ERR_CONFLICT);
  assert_int_equal (truncate (at ("dl/" PART), 2 * CF_FILE_BLOCK), 0);
  assert_int_equal (link (at ("dl/" PART), at ("second")), 0);
  assert_int_equal (open_error (&o, have), GPG_ERR_CONFLICT);
  assert_int_equal (unlink (at ("dl/" PART)), 0);
  assert_int_equal (symlink (at ("second"), at ("dl/" PART)), 0);
  assert_int_equal (open_error (&o, have), GPG_ERR_CONFLICT);
  assert_int_equal (open_error (&o, NULL), GPG_ERR_EEXIST);
  assert_int_equal (unlink (at ("dl/" PART)), 0);
  assert_int_equal (mkfifo (at ("dl/" PART), 0600), 0);
  assert_int_equal (open_error (&o, have), GPG_ERR_CONFLICT);
  assert_int_equal (unlink (at ("dl/" PART)), 0);
  assert_int_equal (open_error (&o, have), GPG_ERR_ENOENT);
  s = open_sink (&o, NULL);
  path = finish (s, "a");
  free (path);
  cf_file_sink_free (s);
  cf_file_map_free (have);
}

/* The part was exchanged for something else: that does not get the name. */
static void
test_part_exchanged (void **state)
{
  struct cf_file_offer o = offer (5);
  struct cf_file_sink *s = open_sink (&o, NULL);
  char *path = NULL;

  (void) state;
  write_bytes (at ("other"), "other", 5);
  assert_int_equal (cf_file_sink_write (s, 0, (const uint8_t *) "right", 5), 0);
  assert_int_equal (rename (at ("other"), at ("dl/" PART)), 0);
  assert_int_equal (gpg_err_code (cf_file_sink_finish (s, "a", 1, &path)), GPG_ERR_CONFLICT);
  assert_false (exists ("dl/a"));
  cf_file_sink_free (s);
}

/* Whatever a peer calls it, it lands in the directory, and nothing that is there is touched. */
static void
test_hostile_names (void **state)
{
  static const struct {
    const char *name, *wanted;
  } cases[] = {
    { "../../evil", "_.._evil" }, { "/etc/passwd", "_etc_passwd" }, { "..", "file" }, { ".bashrc", "bashrc" },
    { "link", "link (2)" },       { "dir", "dir (2)" },             { "taken.tar.gz", "taken.tar (2).gz" },
    { "dangling", "dangling (2)" },
  };
  struct cf_file_offer o = offer (1);

  (void) state;
  assert_int_equal (mkdir (at ("dl"), 0700), 0);
  assert_int_equal (mkdir (at ("dl/dir"), 0700), 0);
  write_bytes (at ("outside"), "mine", 4);
  write_bytes (at ("dl/taken.tar.gz"), "mine", 4);
  assert_int_equal (symlink (at ("outside"), at ("dl/link")), 0);
  assert_int_equal (symlink (at ("nowhere"), at ("dl/dangling")), 0);
  for (size_t i = 0; i < COUNT (cases); i++) {
    struct cf_file_sink *s = open_sink (&o, NULL);
    char *path, wanted[300];
    uint8_t *data;
    size_t len;

    assert_int_equal (cf_file_sink_write (s, 0, (const uint8_t *) "!", 1), 0);
    path = finish (s, cases[i].name);
    snprintf (wanted, sizeof wanted, "%s/dl/%s", unit_dir, cases[i].wanted);
    assert_string_equal (path, wanted);
    data = read_bytes (path, &len);
    assert_memory_equal (data, "!", 1);
    free (data);
    free (path);
    cf_file_sink_free (s);
    assert_bytes (at ("outside"), "mine", 4);
  }
  assert_false (exists ("nowhere"));
  assert_int_equal (count_in ("."), 2);
}

/* --- directories --- */

static void
copy_blocks (struct cf_file_source *source, struct cf_file_sink *s, uint64_t count)
{
  uint8_t block[CF_FILE_BLOCK], again[CF_FILE_BLOCK];
  size_t len, again_len;
  bool changed;

  for (uint64_t i = 0; i < count; i++) {
    if (cf_file_source_hole (source, i, 1)) {
      assert_int_equal (cf_file_sink_zeros (s, i, 1), 0);
      continue;
    }
    assert_int_equal (cf_file_source_read (source, i, block, &len, &changed), 0);
    assert_int_equal (cf_file_sink_write (s, i, block, len), 0);
    assert_int_equal (cf_file_sink_read (s, i, again, &again_len), 0);
    assert_int_equal (again_len, len);
    assert_memory_equal (again, block, len);
    assert_int_equal (cf_file_sink_sync (s), 0);
  }
}

/* Another user's tree, sent and received, is the same tree. */
static void
test_directory (void **state)
{
  struct cf_file_source *source = NULL;
  struct cf_file_sink *s;
  struct cf_file_offer o;
  uint8_t hash[32];
  size_t skipped;
  char command[700], *path;
  struct stat st;

  (void) state;
  assert_int_equal (mkdir (at ("t"), 0755), 0);
  assert_int_equal (mkdir (at ("t/sub"), 0700), 0);
  assert_int_equal (mkdir (at ("t/sub/empty"), 0711), 0);
  write_pattern (at ("t/sub/big"), 3 * CF_FILE_BLOCK + 5, 2);
  write_pattern (at ("t/sub/\xff\x01%\n"), 100, 3);
  write_pattern (at ("t/nothing"), 0, 1);
  write_pattern (at ("t/z"), 3, 4);
  assert_int_equal (chmod (at ("t/z"), 0555), 0);
  assert_int_equal (chmod (at ("t/nothing"), 0666), 0);
  assert_int_equal (chmod (at ("t/sub/empty"), 0711), 0);
  assert_int_equal (truncate (at ("t/zz"), 0), -1);
  write_pattern (at ("t/zz"), 1, 4);
  assert_int_equal (truncate (at ("t/zz"), 5 * CF_FILE_BLOCK), 0); /* a hole at its end */
  set_times (at ("t/z"), -5, 7);
  set_times (at ("t/sub/empty"), 12345, 6);
  set_times (at ("t"), 99999, 123000000);
  assert_int_equal (cf_file_source_open (at ("t"), &source), 0);
  memset (&o, 0, sizeof o);
  cf_file_source_describe (source, &o, &skipped, hash);
  s = open_sink (&o, NULL);
  copy_blocks (source, s, cf_file_block_count (cf_file_stream_len (&o)));
  path = finish (s, "t");
  cf_file_sink_free (s);
  cf_file_source_free (source);
  assert_int_equal (rename (at ("dl/t/sub/\xff_%_"), at ("dl/t/sub/\xff\x01%\n")), 0); /* nothing that is not seen */
  assert_int_equal (stat (at ("dl/t/nothing"), &st), 0);
  assert_int_equal (st.st_mode & 0777, 0644);
  snprintf (command, sizeof command, "diff -r '%s' '%s'", at ("t"), path);
  assert_int_equal (system (command), 0);
  assert_int_equal (count_in ("dl"), 1);
  assert_int_equal (stat (at ("dl/t/z"), &st), 0);
  assert_int_equal (st.st_mode & 0777, 0444);
  assert_int_equal (st.st_mtim.tv_sec, -5);
  assert_int_equal (st.st_mtim.tv_nsec, 7);
  assert_int_equal (stat (at ("dl/t/sub/empty"), &st), 0);
  assert_int_equal (st.st_mode & 0777, 0711);
  assert_int_equal (st.st_mtim.tv_sec, 12345);
  assert_int_equal (stat (path, &st), 0);
  assert_int_equal (st.st_mtim.tv_sec, 99999);
  assert_int_equal (st.st_mtim.tv_nsec, 123000000);
  free (path);
}

static void
test_empty_directory (void **state)
{
  struct cf_file_offer o = directory_offer ("", 0, 0);
  struct cf_file_sink *s = open_sink (&o, NULL);
  char *path = finish (s, "empty.d");

  (void) state;
  cf_file_sink_free (s);
  assert_int_equal (count_in ("dl/empty.d"), 0);
  s = open_sink (&o, NULL);
  free (path);
  path = finish (s, "empty.d");
  assert_non_null (strstr (path, "empty.d (2)"));
  free (path);
  cf_file_sink_free (s);
  assert_int_equal (count_in ("dl"), 2);
}

/* A stream with a manifest of several blocks; its files are of one byte.  *R_LEN, with contents. */
static char *
long_manifest (unsigned files, size_t *r_manifest_len)
{
  char *text = malloc (files * 64u + files), *out = text;

  for (unsigned i = 0; i < files; i++)
    out += sprintf (out, "f 644 1700000000.000000000 1 a-file-of-a-long-name-%06u\n", i);
  *r_manifest_len = (size_t) (out - text);
  for (unsigned i = 0; i < files; i++)
    *out++ = (char) i;
  return text;
}

static void
test_manifest_in_pieces (void **state)
{
  const unsigned files = 6000;
  size_t manifest_len;
  char *stream = long_manifest (files, &manifest_len), *text = strndup (stream, manifest_len), *path;
  struct cf_file_offer o = directory_offer (text, files, files);
  uint64_t len = cf_file_stream_len (&o);
  const uint8_t *data = (const uint8_t *) stream;
  struct cf_file_map *have = whole_map (1);
  struct cf_file_sink *s = open_sink (&o, NULL);

  (void) state;
  assert_int_equal (cf_file_block_count (len), 2);
  /* Contents before the manifest is whole. */
  assert_int_equal (gpg_err_code (cf_file_sink_write (s, 1, data + CF_FILE_BLOCK, cf_file_block_len (len, 1))),
                    GPG_ERR_INV_STATE);
  assert_int_equal (gpg_err_code (cf_file_sink_zeros (s, 0, 1)), CF_ERR_PROTOCOL);
  assert_int_equal (cf_file_sink_write (s, 0, data, CF_FILE_BLOCK), 0);
  cf_file_sink_free (s);
  s = open_sink (&o, have); /* goes on in the middle of it */
  assert_int_equal (cf_file_sink_write (s, 1, data + CF_FILE_BLOCK, cf_file_block_len (len, 1)), 0);
  /* The same again is fine, another one is not. */
  assert_int_equal (cf_file_sink_write (s, 0, data, CF_FILE_BLOCK), 0);
  stream[100] ^= 1;
  assert_int_equal (gpg_err_code (cf_file_sink_write (s, 0, data, CF_FILE_BLOCK)), CF_ERR_PROTOCOL);
  cf_file_sink_free (s);
  cf_file_map_free (have);
  have = whole_map (2);
  s = open_sink (&o, have);
  path = finish (s, "many");
  assert_int_equal (count_in ("dl/many"), files);
  free (path);
  cf_file_sink_free (s);
  cf_file_map_free (have);
  free (stream);
  free (text);
}

static void
test_hostile_manifests (void **state)
{
  static const char *const bad[] = {
    "f 644 1.000000000 1 ../evil\n", "f 644 1.000000000 1 /tmp/evil\n", "f 644 1.000000000 1 a/b\n",
    "f 644 1.000000000 2 a\n",       "nonsense\n",                      "f 644 1.000000000 1 a%2F..%2Fb\n",
  };
  uint8_t stream[200];

  (void) state;
  for (size_t i = 0; i < COUNT (bad); i++) {
    struct cf_file_offer o = directory_offer (bad[i], 1, 1);
    struct cf_file_sink *s = open_sink (&o, NULL);
    size_t len = strlen (bad[i]);

    memcpy (stream, bad[i], len + 1);
    assert_int_equal (gpg_err_code (cf_file_sink_write (s, 0, stream, len + 1)), CF_ERR_PROTOCOL);
    cf_file_sink_discard (s);
    cf_file_sink_free (s);
    assert_int_equal (count_in ("dl"), 0);
  }
}

/* Links and other things that are put into the part meanwhile lead nowhere. */
static void
test_links_raced_in (void **state)
{
  static const char manifest[] = "d 755 1.000000000 d\nf 644 1.000000000 1 d/f\nf 644 1.000000000 1 e\nf 644 1.000000000 1 g\n";
  struct cf_file_offer o = directory_offer (manifest, 3, 3);
  struct cf_file_sink *s = NULL;
  char stream[sizeof manifest + 3];
  size_t len = strlen (manifest) + 3;
  char *path = NULL;

  (void) state;
  snprintf (stream, sizeof stream, "%sXYZ", manifest);
  assert_int_equal (mkdir (at ("outside"), 0700), 0);
  write_bytes (at ("outside/victim"), "mine", 4);
  for (int what = 0; what < 6; what++) {
    static const char *const places[] = { "d", "d/f", "e" };
    char place[200];

    s = open_sink (&o, NULL);
    if (what < 3) { /* before anything is there */
      assert_int_equal (mkdir (at ("dl/" PART "/content/d"), 0700), what == 0 ? 0 : 0);
      snprintf (place, sizeof place, "dl/" PART "/content/%s", places[what]);
      if (what == 0)
        assert_int_equal (rmdir (at (place)), 0);
      assert_int_equal (symlink (what ? at ("outside/victim") : at ("outside"), at (place)), 0);
      assert_int_not_equal (cf_file_sink_write (s, 0, (const uint8_t *) stream, len), 0);
    } else { /* before the end */
      assert_int_equal (cf_file_sink_write (s, 0, (const uint8_t *) stream, len), 0);
      snprintf (place, sizeof place, "dl/" PART "/content/%s", places[what - 3]);
      assert_int_equal (rename (at (place), at ("dl/moved")), 0);
      assert_int_equal (symlink (what > 3 ? at ("outside/victim") : at ("outside"), at (place)), 0);
      assert_int_not_equal (cf_file_sink_finish (s, "x", 1, &path), 0);
      assert_int_equal (unlink (at (place)), 0);
      /* A second name for something of ours. */
      assert_int_equal (what == 3 ? 0 : link (at ("outside/victim"), at (place)), 0);
      assert_int_not_equal (cf_file_sink_finish (s, "x", 1, &path), 0);
    }
    cf_file_sink_discard (s);
    cf_file_sink_free (s);
    cf_file_part_remove (at ("dl"), transfer);
    assert_false (exists ("dl/" PART));
    nftw (at ("dl/moved"), unit_remove, 8, FTW_DEPTH | FTW_PHYS);
    assert_bytes (at ("outside/victim"), "mine", 4);
    assert_int_equal (count_in ("outside"), 1);
  }
}

/* File systems that cannot rename without replacing, or not at all. */
static int rename_errno; /* 0: they can */

int __real_renameat2 (int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_renameat2 (int from_dir, const char *from, int to_dir, const char *to, unsigned flags);

int
__wrap_renameat2 (int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
  if (!rename_errno)
    return __real_renameat2 (from_dir, from, to_dir, to, flags);
  errno = rename_errno;
  return -1;
}

/* The name for the result, a directory or a file, is taken by somebody else at the last moment. */
static void
check_names (bool directory)
{
  struct cf_file_offer o = directory ? directory_offer ("", 0, 0) : offer (1);
  struct cf_file_sink *s = open_sink (&o, NULL);
  char *path;

  if (!directory)
    assert_int_equal (cf_file_sink_write (s, 0, (const uint8_t *) "b", 1), 0);
  write_bytes (at ("dl/x"), "mine", 4);
  assert_int_equal (mkdir (at ("dl/x (2)"), 0700), 0); /* empty: rename () alone would replace it */
  path = finish (s, "x");
  assert_non_null (strstr (path, "/x (3)"));
  assert_int_equal (count_in ("dl"), 3); /* and no part */
  free (path);
  cf_file_sink_free (s);
  assert_int_equal (rmdir (at ("dl/x (2)")), 0);
  assert_int_equal (remove (at ("dl/x (3)")), 0);
  assert_int_equal (remove (at ("dl/x")), 0);
}

static void
test_nothing_is_overwritten (void **state)
{
  static const int errnums[] = { 0, EINVAL, ENOSYS };

  (void) state;
  for (size_t i = 0; i < COUNT (errnums); i++) {
    rename_errno = errnums[i];
    check_names (true);
    check_names (false);
  }
  rename_errno = 0;
}

/* What is whole but cannot be given its name is not lost: it gets it the next time. */
static void
test_name_refused (void **state)
{
  struct cf_file_offer o = offer (1);
  struct cf_file_sink *s = open_sink (&o, NULL);
  struct cf_file_map *map;
  char *path = NULL;

  (void) state;
  assert_int_equal (cf_file_sink_write (s, 0, (const uint8_t *) "b", 1), 0);
  rename_errno = EACCES;
  assert_int_equal (gpg_err_code (cf_file_sink_finish (s, "x", 1, &path)), GPG_ERR_EACCES);
  rename_errno = 0;
  assert_null (path);
  assert_false (exists ("dl/x"));
  cf_file_sink_free (s);
  map = whole_map (1);
  s = open_sink (&o, map);
  path = finish (s, "x");
  assert_true (exists ("dl/x"));
  free (path);
  cf_file_sink_free (s);
  cf_file_map_free (map);
}

/* --- disks that are full, or read-only --- */

static uint8_t some[CF_FILE_BLOCK];

/* In a file system of one MiB: asserts as exit codes, as cmocka is the parent's. */
static void
full_disk (void)
{
#define MUST(condition)                                                                                                \
  do {                                                                                                                 \
    if (!(condition))                                                                                                  \
      _exit (__LINE__ % 250 + 1);                                                                                      \
  } while (0)
  struct cf_file_offer o = offer (8 * CF_FILE_BLOCK);
  struct cf_file_sink *s = NULL;
  char path[200], *result = NULL;
  gpg_error_t err = 0;
  uint64_t i;

  snprintf (path, sizeof path, "%s/ballast", unit_dir);
  MUST (gpg_err_code (cf_file_sink_space (at ("dl/not/yet"), 0)) == GPG_ERR_ENOSPC);
  int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  MUST (fd >= 0 && !posix_fallocate (fd, 0, 1536 * 1024));
  close (fd);
  memset (some, 5, sizeof some);
  MUST (!cf_file_sink_open (at ("dl"), transfer, &o, NULL, &s));
  for (i = 0; !err && i < 8; i++)
    err = cf_file_sink_write (s, i, some, sizeof some);
  MUST (gpg_err_code (err) == GPG_ERR_ENOSPC && i > 1 && i < 8);
  MUST (!unlink (path));
  for (i--; i < 8; i++) /* and goes on where it was */
    MUST (!cf_file_sink_write (s, i, some, sizeof some));
  MUST (!cf_file_sink_sync (s));
  MUST (!cf_file_sink_finish (s, "f", 1, &result));
  cf_file_sink_free (s);
  for (i = 0; i < 8; i++) {
    static uint8_t got[CF_FILE_BLOCK];

    fd = open (result, O_RDONLY | O_CLOEXEC);
    MUST (pread (fd, got, sizeof got, (off_t) (i * CF_FILE_BLOCK)) == CF_FILE_BLOCK);
    MUST (!memcmp (got, some, sizeof got));
    close (fd);
  }
}

static void
read_only_disk (void)
{
  struct cf_file_offer o = offer (1);
  struct cf_file_sink *s = NULL;

  MUST (gpg_err_code (cf_file_sink_open (unit_dir, transfer, &o, NULL, &s)) == GPG_ERR_EROFS);
  MUST (gpg_err_code (cf_file_sink_open (at ("dl"), transfer, &o, NULL, &s)) == GPG_ERR_EROFS);
  MUST (!s);
}

static void
test_disks (void **state)
{
  (void) state;
  if (!in_small_world ("size=2600k", full_disk) || !in_small_world ("size=1m,ro", read_only_disk))
    skip (); /* no file system of one's own here */
}

/* Beyond the largest file that there may be. */
static void
test_file_too_large (void **state)
{
  struct cf_file_offer o = offer (2 * CF_FILE_BLOCK);
  struct rlimit limit = { CF_FILE_BLOCK, RLIM_INFINITY }, before;

  (void) state;
  signal (SIGXFSZ, SIG_IGN);
  assert_int_equal (getrlimit (RLIMIT_FSIZE, &before), 0);
  limit.rlim_max = before.rlim_max;
  assert_int_equal (setrlimit (RLIMIT_FSIZE, &limit), 0);
  assert_int_equal (open_error (&o, NULL), GPG_ERR_EFBIG);
  assert_int_equal (setrlimit (RLIMIT_FSIZE, &before), 0);
  assert_int_equal (count_in ("dl"), 0);
}

static void
test_places (void **state)
{
  struct cf_file_offer o = offer (1);
  struct cf_file_sink *s = NULL;
  char *path;

  (void) state;
  assert_int_equal (gpg_err_code (cf_file_sink_open ("dl", transfer, &o, NULL, &s)), GPG_ERR_INV_VALUE);
  write_bytes (at ("file"), "x", 1);
  assert_int_equal (gpg_err_code (cf_file_sink_open (at ("file"), transfer, &o, NULL, &s)), GPG_ERR_ENOTDIR);
  assert_int_equal (gpg_err_code (cf_file_sink_open (at ("file/dl"), transfer, &o, NULL, &s)), GPG_ERR_ENOTDIR);
  assert_int_equal (cf_file_sink_open (at ("new/and/deep"), transfer, &o, NULL, &s), 0);
  assert_int_equal (cf_file_sink_write (s, 0, (const uint8_t *) "y", 1), 0);
  path = finish (s, "f");
  assert_true (exists ("new/and/deep/f"));
  free (path);
  cf_file_sink_free (s);
  assert_int_equal (cf_file_sink_space (at ("new/and/later"), 1), 0);
  assert_int_equal (gpg_err_code (cf_file_sink_space (unit_dir, CF_FILE_SIZE_MAX)), GPG_ERR_ENOSPC);
  assert_int_equal (gpg_err_code (cf_file_sink_space (unit_dir, UINT64_MAX)), GPG_ERR_ENOSPC);
  cf_file_part_remove (at ("nowhere"), transfer);
}

/* A directory has its name, and what is left of the part says which it is. */
static void
test_result_is_found (void **state)
{
  char *path = NULL, text[64];
  struct stat st;

  (void) state;
  assert_int_equal (mkdir (at ("dl"), 0700) | mkdir (at ("dl/d"), 0700) | mkdir (at ("dl/d (2)"), 0700)
                      | mkdir (at ("dl/" PART), 0700),
                    0);
  assert_int_equal (gpg_err_code (cf_file_part_result (at ("dl"), transfer, "d", 1, &path)), GPG_ERR_ENOENT);
  assert_int_equal (stat (at ("dl/d (2)"), &st), 0);
  snprintf (text, sizeof text, "%ju %ju\n", (uintmax_t) st.st_dev, (uintmax_t) st.st_ino + 100000);
  write_bytes (at ("dl/" PART "/result"), text, strlen (text)); /* another has gone */
  assert_int_equal (gpg_err_code (cf_file_part_result (at ("dl"), transfer, "d", 1, &path)), GPG_ERR_ENOENT);
  snprintf (text, sizeof text, "%ju %ju\n", (uintmax_t) st.st_dev, (uintmax_t) st.st_ino);
  write_bytes (at ("dl/" PART "/result"), text, strlen (text));
  assert_int_equal (mkdir (at ("dl/" PART "/content"), 0700), 0); /* it has no name yet */
  assert_int_equal (gpg_err_code (cf_file_part_result (at ("dl"), transfer, "d", 1, &path)), GPG_ERR_ENOENT);
  assert_int_equal (rmdir (at ("dl/" PART "/content")), 0);
  assert_true (exists ("dl/" PART));
  assert_int_equal (cf_file_part_result (at ("dl"), transfer, "d", 1, &path), 0);
  assert_string_equal (path, at ("dl/d (2)"));
  assert_true (exists ("dl/" PART)); /* until it is written down */
  free (path);
}

/* Random blocks in a random order, with restarts: what is there at the end is what was sent. */
static void
test_random_orders (void **state)
{
  uint32_t seed = 1;

  (void) state;
  for (int round = 0; round < 12; round++) {
    size_t len = (size_t) round * 70001 + 3, i;
    struct cf_file_offer o = offer (len);
    uint64_t blocks = cf_file_block_count (len);
    struct cf_file_map *map = NULL;
    struct cf_file_sink *s = open_sink (&o, NULL);
    uint8_t *data = malloc (len);
    char *path;

    pattern (data, len, 0, (uint32_t) round);
    assert_int_equal (cf_file_map_new (blocks, &map), 0);
    while (!cf_file_map_whole (map)) {
      uint8_t leaf[32];

      seed = seed * 1664525u + 1013904223u;
      i = (seed >> 8) % blocks;
      if (seed >> 30 == 0) {
        cf_file_sink_free (s);
        s = open_sink (&o, map);
      }
      assert_int_equal (
        cf_file_sink_write (s, i, data + i * CF_FILE_BLOCK, cf_file_block_len (len, i)), 0);
      cf_file_leaf (data + i * CF_FILE_BLOCK, cf_file_block_len (len, i), leaf);
      assert_int_equal (cf_file_map_set (map, i, leaf), 0);
    }
    path = finish (s, "r");
    assert_bytes (path, data, len);
    free (path);
    free (data);
    cf_file_sink_free (s);
    cf_file_map_free (map);
  }
}

#define T(name) cmocka_unit_test_setup_teardown (name, unit_setup, unit_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (test_file),           T (test_bad_blocks),        T (test_zeros),           T (test_resume),
    T (test_part_exchanged), T (test_hostile_names),     T (test_directory),       T (test_empty_directory),
    T (test_manifest_in_pieces), T (test_hostile_manifests), T (test_links_raced_in), T (test_nothing_is_overwritten),
    T (test_name_refused),
    T (test_disks),          T (test_file_too_large),    T (test_places),          T (test_random_orders),
    T (test_result_is_found),
  };

  umask (022);
  cf_paths_umask_private ();
  return cmocka_run_group_tests (tests, NULL, NULL);
}
