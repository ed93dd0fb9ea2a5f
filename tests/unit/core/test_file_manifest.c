/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_file_manifest.c - manifests: what parses is what building gives, and nothing hostile parses. */
#include "tests/unit/core/file_unit.h"

#include "core/file/manifest.h"

#define T "1763765246.123456789 "

static gpg_err_code_t
parse (const char *text, uint64_t size, uint64_t files, struct cf_manifest **r_m)
{
  return gpg_err_code (cf_manifest_parse (text, strlen (text), size, files, r_m));
}

static void
taken (const char *text, uint64_t size, uint64_t files)
{
  struct cf_manifest *m = NULL;
  struct cf_buf out;

  if (parse (text, size, files, &m))
    fail_msg ("refused: %s", text);
  cf_buf_init (&out, CF_FILE_MANIFEST_MAX);
  assert_int_equal (cf_manifest_build (m->entries, m->count, &out), 0);
  assert_int_equal (cf_buf_len (&out), strlen (text));
  assert_memory_equal (cf_buf_data (&out), text, strlen (text));
  assert_int_equal (m->stream_len, strlen (text) + size);
  cf_buf_done (&out);
  cf_manifest_free (m);
}

static void
refused (const char *text, uint64_t size, uint64_t files)
{
  struct cf_manifest *m = NULL;

  if (parse (text, size, files, &m) != CF_ERR_PROTOCOL)
    fail_msg ("taken: %s", text);
  assert_null (m);
}

static void
test_good (void **state)
{
  (void) state;
  taken ("", 0, 0);
  taken ("d 755 " T "photos\n", 0, 0);
  taken ("d 755 " T "photos\nf 644 " T "48213 photos/beach.jpg\n", 48213, 1);
  taken ("f 000 0.000000000 0 a\nf 777 -1.999999999 9007199254740991 b\n", CF_FILE_SIZE_MAX, 2);
  taken ("f 644 253402300799.000000000 0 a\nf 644 -253402300799.000000000 0 b\n", 0, 2);
  taken ("d 755 " T "a\nf 644 " T "1 a/b\nf 644 " T "1 a b\nf 644 " T "1 a-b\nf 644 " T "1 a.b\n", 4, 4);
  taken ("f 644 " T "1 %0A%25%FF\nf 644 " T "1 ...\nf 644 " T "1 ..a\nf 644 " T "1 文\n", 4, 4);
}

static void
test_hostile_paths (void **state)
{
  static const char *const bad[] = {
    "", ".", "..", "/", "/a", "a/", "a//b", "a/.", "a/..", "a/../b", "../a", "./a", "a/b", "%2E%2E/a", "a%2Fb", "a%00",
    "a%0a", "a%4", "a%", "a\x01", "\xff", "a\rb", "\xc3%A9",
  };
  char text[200];

  (void) state;
  for (size_t i = 0; i < COUNT (bad); i++) {
    snprintf (text, sizeof text, "f 644 " T "1 %s\n", bad[i]);
    refused (text, 1, 1);
    snprintf (text, sizeof text, "d 755 " T "%s\n", bad[i]);
    refused (text, 0, 0);
  }
}

static void
test_hostile_trees (void **state)
{
  (void) state;
  refused ("f 644 " T "1 b\nf 644 " T "1 a\n", 2, 2);                             /* order */
  refused ("d 755 " T "a\nf 644 " T "1 a b\nf 644 " T "1 a/b\n", 2, 2);        /* not part by part */
  refused ("f 644 " T "1 a\nf 644 " T "1 a\n", 2, 2);                             /* twice */
  refused ("d 755 " T "a\nf 644 " T "1 a\n", 1, 1);
  refused ("f 644 " T "1 a\nf 644 " T "1 a/b\n", 2, 2);                           /* a file used as directory */
  refused ("f 644 " T "1 a/b\n", 1, 1);                                           /* a directory that has no line */
  refused ("d 755 " T "a\nf 644 " T "1 a/b/c\n", 1, 1);
  refused ("d 755 " T "a\nd 755 " T "ab\nf 644 " T "1 abc/d\n", 1, 1);
  refused ("f 644 " T "1 A\nf 644 " T "1 a\n", 2, 2);                             /* case */
  refused ("f 644 " T "1 MÜLL\nf 644 " T "1 müll\n", 2, 2);
  refused ("f 644 " T "1 \xce\xa3\nf 644 " T "1 \xcf\x82\n", 2, 2);              /* two small sigmas */
  refused ("f 644 " T "1 Caf\x65\xcc\x81\nf 644 " T "1 caf\xc3\xa9\n", 2, 2);    /* composed or not */
  refused ("d 755 " T "A\nf 644 " T "1 A/x\nd 755 " T "a\n", 1, 1);
  taken ("d 755 " T "a\nf 644 " T "1 a/x\nd 755 " T "b\nf 644 " T "1 b/X\n", 2, 2); /* in two directories */
  refused ("f 644 " T "5 a\n", 4, 1);                                             /* sums */
  refused ("f 644 " T "5 a\n", 6, 1);
  refused ("f 644 " T "5 a\n", 5, 2);
  refused ("f 644 " T "5 a\n", 5, 0);
  refused ("f 644 " T "9007199254740991 a\nf 644 " T "9007199254740991 b\n", CF_FILE_SIZE_MAX, 2);
  refused ("f 644 " T "9007199254740992 a\n", CF_FILE_SIZE_MAX, 1);
  refused ("f 644 " T "18446744073709551617 a\n", 1, 1);
}

static void
test_hostile_lines (void **state)
{
  static const char *const bad[] = {
    "f 644 " T "1 a",           "\n",
    "f 644 " T "1 a\n\n",       "x 644 " T "1 a\n",
    "F 644 " T "1 a\n",         "f  644 " T "1 a\n",
    " f 644 " T "1 a\n",        "f 64 " T "1 a\n",
    "f 0644 " T "1 a\n",        "f 648 " T "1 a\n",
    "f 4755 " T "1 a\n",        "f 644 1763765246 1 a\n",
    "f 644 1763765246. 1 a\n",  "f 644 1763765246.1 1 a\n",
    "f 644 1.1234567890 1 a\n", "f 644 01.000000000 1 a\n",
    "f 644 -0.000000000 1 a\n", "f 644 +1.000000000 1 a\n",
    "f 644 253402300800.000000000 1 a\n",
    "f 644 -253402300800.000000000 1 a\n",
    "f 644 " T "01 a\n",        "f 644 " T "-1 a\n",
    "f 644 " T " 1 a\n",        "f 644 " T "a\n",
    "f 644 " T "1\n",           "f 644 " T "1 \n",
    "f",                        "f ",
    "f 6",                      "f 644 1",
    "f 644 -",                  "d 755 " T "1 a/b\n",
  };

  (void) state;
  for (size_t i = 0; i < COUNT (bad); i++)
    refused (bad[i], 1, 1);
}

/* Text that begins with N parts of LEN bytes each, below each other, each with its line. */
static char *
nested (unsigned n, size_t len)
{
  char *text = malloc ((size_t) n * (n * (len + 1) + 64)), *out = text;

  for (unsigned i = 1; i <= n; i++) {
    out += sprintf (out, "d 755 0.000000000 ");
    for (unsigned k = 0; k < i; k++) {
      memset (out, 'a', len);
      out += len;
      *out++ = k + 1 < i ? '/' : '\n';
    }
  }
  *out = 0;
  return text;
}

static void
test_limits (void **state)
{
  struct cf_manifest *m = NULL;
  char *text;

  (void) state;
  text = nested (64, 1);
  taken (text, 0, 0);
  free (text);
  text = nested (65, 1);
  refused (text, 0, 0);
  free (text);
  text = nested (16, 255); /* 4,095 bytes */
  taken (text, 0, 0);
  free (text);
  text = nested (17, 255);
  refused (text, 0, 0);
  free (text);
  text = nested (1, 256);
  refused (text, 0, 0);
  free (text);
  /* A million lines and one; it is refused before anything is allocated for them. */
  text = malloc (21 * 1000002);
  for (int i = 0; i <= 1000000; i++)
    sprintf (text + 21 * i, "d 755 0.00000000 %03x\n", i & 0xfff);
  refused (text, 0, 0);
  free (text);
  text = calloc (1, CF_FILE_MANIFEST_MAX + 1);
  assert_int_equal (gpg_err_code (cf_manifest_parse (text, CF_FILE_MANIFEST_MAX + 1, 0, 0, &m)), CF_ERR_PROTOCOL);
  free (text);
}

static uint32_t seed = 1;

static uint32_t
dice (uint32_t n)
{
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 8) % n;
}

/* Random trees: built, parsed, and each byte found in the file that a walk along finds. */
static void
test_random_trees (void **state)
{
  (void) state;
  for (int round = 0; round < 60; round++) {
    struct cf_manifest_entry entries[120];
    char paths[120][64];
    size_t count = 1 + dice ((uint32_t) COUNT (entries)), i;
    struct cf_manifest *m = NULL;
    uint64_t size = 0, files = 0, offset;
    struct cf_buf out;

    memset (entries, 0, sizeof entries);
    for (i = 0; i < count; i++) {
      size_t parent = i ? dice ((uint32_t) i) : 0;
      struct cf_manifest_entry *e = &entries[i];

      e->directory = i == 0 || dice (3) == 0;
      if (i && entries[parent].directory && entries[parent].path_len < 40)
        snprintf (paths[i], sizeof paths[i], "%.44s/%c%zx", paths[parent], "\x01%\xff-z"[dice (5)], i);
      else
        snprintf (paths[i], sizeof paths[i], "%zx", i);
      e->path = paths[i];
      e->path_len = (uint32_t) strlen (paths[i]);
      e->mode = (uint16_t) dice (512);
      e->mtime_s = (int64_t) dice (1000000) - 500000;
      e->mtime_ns = dice (1000000000);
      e->size = e->directory || dice (3) == 0 ? 0 : dice (50);
      size += e->size;
      files += !e->directory;
    }
    cf_buf_init (&out, CF_FILE_MANIFEST_MAX);
    assert_int_equal (cf_manifest_build (entries, count, &out), 0);
    assert_int_equal (cf_manifest_parse (cf_buf_data (&out), cf_buf_len (&out), size, files, &m), 0);
    assert_int_equal (m->count, count);
    offset = cf_buf_len (&out);
    for (i = 0; i < count; i++) {
      assert_string_equal (m->entries[i].path, entries[i].path);
      assert_int_equal (m->entries[i].mode, entries[i].mode);
      assert_int_equal (m->entries[i].mtime_s, entries[i].mtime_s);
      assert_int_equal (m->entries[i].mtime_ns, entries[i].mtime_ns);
      assert_int_equal (m->entries[i].offset, offset);
      for (uint64_t k = 0; k < entries[i].size; k++)
        assert_int_equal (cf_manifest_find (m, offset + k), i);
      offset += entries[i].size;
    }
    assert_int_equal (cf_manifest_find (m, offset), m->count);
    if (cf_buf_len (&out))
      assert_int_equal (cf_manifest_find (m, cf_buf_len (&out) - 1), m->count);
    for (i = 0; i < count; i++) {
      size_t next = cf_manifest_next (m, i), k = i + 1;

      while (k < count && !m->entries[k].size)
        k++;
      assert_int_equal (next, k);
    }
    cf_manifest_free (m);
    cf_buf_done (&out);
  }
}

/* Any one byte another: refused, or it says just that. */
static void
test_flipped (void **state)
{
  static const char good[] = "d 755 " T "a\nf 644 -7.000000001 12 a/b%25c\nf 600 " T "3 b\n";
  static const char bytes[] = "0189 \n/.-%Adf\xc3";
  unsigned taken_count = 0;

  (void) state;
  for (size_t i = 0; i < strlen (good); i++)
    for (size_t k = 0; k < sizeof bytes; k++) {
      struct cf_manifest *m = NULL;
      char text[sizeof good];
      struct cf_buf out;

      memcpy (text, good, sizeof text);
      text[i] = bytes[k];
      if (cf_manifest_parse (text, strlen (good), 15, 2, &m))
        continue;
      taken_count++;
      cf_buf_init (&out, 4096);
      assert_int_equal (cf_manifest_build (m->entries, m->count, &out), 0);
      assert_int_equal (cf_buf_len (&out), strlen (good));
      assert_memory_equal (cf_buf_data (&out), text, strlen (good));
      cf_buf_done (&out);
      cf_manifest_free (m);
    }
  assert_true (taken_count > 50);
}

static void
test_refuses_to_build (void **state)
{
  struct cf_manifest_entry e[2] = { { .path = "README", .path_len = 6 }, { .path = "Readme", .path_len = 6 } };
  struct cf_buf out;

  (void) state;
  cf_buf_init (&out, 4096);
  assert_int_equal (gpg_err_code (cf_manifest_build (e, 2, &out)), GPG_ERR_AMBIGUOUS_NAME);
  e[1].path = "../x12";
  assert_int_equal (gpg_err_code (cf_manifest_build (e, 2, &out)), GPG_ERR_TOO_LARGE);
  e[1].path = "readyy";
  e[1].size = CF_FILE_SIZE_MAX;
  e[0].size = 1;
  assert_int_equal (gpg_err_code (cf_manifest_build (e, 2, &out)), GPG_ERR_TOO_LARGE);
  cf_buf_done (&out);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_good),          cmocka_unit_test (test_hostile_paths), cmocka_unit_test (test_hostile_trees),
    cmocka_unit_test (test_hostile_lines), cmocka_unit_test (test_limits),        cmocka_unit_test (test_random_trees),
    cmocka_unit_test (test_flipped),       cmocka_unit_test (test_refuses_to_build),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
