/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_file_offer.c - offers, ends and names: one spelling each, and nothing that harms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "core/file/name.h"
#include "core/file/offer.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEAD "Key: " KEY "\nSize: 1000\nData: 900\nManifest: 0\nFiles: 1\nModified: 2026-11-21T22:47:26.123Z\n"
#define BODY HEAD "Media-Type: image/png\nName: beach%25.png\n"

static gpg_error_t
parse (const char *body, struct cf_file_offer *r_offer)
{
  return gpg_err_code (cf_file_offer_parse (body, strlen (body), r_offer));
}

static void
refused (const char *body)
{
  struct cf_file_offer o;

  if (parse (body, &o) != CF_ERR_PROTOCOL)
    fail_msg ("taken: %s", body);
}

static void
test_offer (void **state)
{
  struct cf_file_offer o;
  struct cf_buf out;

  (void) state;
  assert_int_equal (parse (BODY, &o), 0);
  assert_int_equal (o.key[31], 0x1f);
  assert_int_equal (o.size, 1000);
  assert_int_equal (o.data, 900);
  assert_int_equal (o.files, 1);
  assert_int_equal (o.name_len, 10);
  assert_memory_equal (o.name, "beach%.png", 10);
  assert_string_equal (o.media_type, "image/png");
  assert_false (cf_file_offer_is_directory (&o));
  cf_buf_init (&out, 4096);
  assert_int_equal (cf_file_offer_build (&o, &out), 0);
  assert_int_equal (cf_buf_len (&out), strlen (BODY));
  assert_memory_equal (cf_buf_data (&out), BODY, strlen (BODY));
  cf_buf_done (&out);
}

static void
test_directory (void **state)
{
  struct cf_file_offer o;

  (void) state;
#define DIRECTORY(manifest, files, size)                                                                               \
  "Key: " KEY "\nSize: " size "\nData: 0\nManifest: " manifest "\nFiles: " files                                       \
  "\nModified: 2026-11-21T22:47:26.123Z\nMedia-Type: inode/directory\nName: photos\n"
  assert_int_equal (parse (DIRECTORY ("34", "1", "7"), &o), 0);
  assert_true (cf_file_offer_is_directory (&o));
  assert_int_equal (cf_file_stream_len (&o), 41);
  assert_int_equal (parse (DIRECTORY ("34", "0", "0"), &o), 0); /* directories alone */
  assert_int_equal (parse (DIRECTORY ("0", "0", "0"), &o), 0);  /* empty */
  refused (DIRECTORY ("0", "1", "0"));
  refused (DIRECTORY ("34", "0", "1"));
  refused (DIRECTORY ("33554433", "1", "1"));
  refused (DIRECTORY ("34", "1000001", "1"));
}

static void
test_offer_hostile (void **state)
{
  static const char *const bad[] = {
    "",
    "\n",
    HEAD,
    BODY "\n",
    " " BODY,
    HEAD "Media-Type: image/png\nName: beach%25.png",
    HEAD "Name: a\nMedia-Type: image/png\n",
    HEAD "Media-Type: image/png\nName: \n",
    HEAD "Media-Type: image/png\nName: .\n",
    HEAD "Media-Type: image/png\nName: ..\n",
    HEAD "Media-Type: image/png\nName: a/b\n",
    HEAD "Media-Type: image/png\nName: a%2Fb\n",
    HEAD "Media-Type: image/png\nName: a%00b\n",
    HEAD "Media-Type: image/png\nName: a%2\n",
    HEAD "Media-Type: image/png\nName: a%\n",
    HEAD "Media-Type: image/png\nName: a%41\n",  /* needs no escape */
    HEAD "Media-Type: image/png\nName: a%c3\n",  /* lower case */
    HEAD "Media-Type: image/png\nName: a%C3%A9\n", /* well-formed: stands for itself */
    HEAD "Media-Type: image/png\nName: a\xc3\n", /* ill-formed: must be escaped */
    HEAD "Media-Type: image/png\nName: a\x01\n",
    HEAD "Media-Type: image/png\nName: a\x7f\n",
    HEAD "Media-Type: image\nName: a\n",
    HEAD "Media-Type: /png\nName: a\n",
    HEAD "Media-Type: image/\nName: a\n",
    HEAD "Media-Type: image/png/x\nName: a\n",
    HEAD "Media-Type: Image/png\nName: a\n",
    HEAD "Media-Type: image/png; q=1\nName: a\n",
    "Key: " KEY "\nSize: 01\nData: 0\nManifest: 0\nFiles: 1\nModified: 2026-11-21T22:47:26.123Z\nMedia-Type: a/b\nName: a\n",
    "Key: " KEY "\nSize: -1\nData: 0\nManifest: 0\nFiles: 1\nModified: 2026-11-21T22:47:26.123Z\nMedia-Type: a/b\nName: a\n",
    "Key: " KEY "\nSize: \nData: 0\nManifest: 0\nFiles: 1\nModified: 2026-11-21T22:47:26.123Z\nMedia-Type: a/b\nName: a\n",
    "Key: " KEY "\nSize: 1\nData: 2\nManifest: 0\nFiles: 1\nModified: 2026-11-21T22:47:26.123Z\nMedia-Type: a/b\nName: a\n",
    "Key: " KEY "\nSize: 9007199254740992\nData: 2\nManifest: 0\nFiles: 1\nModified: 2026-11-21T22:47:26.123Z\nMedia-Type: a/b\nName: a\n",
    "Key: " KEY "\nSize: 18446744073709551617\nData: 2\nManifest: 0\nFiles: 1\nModified: 2026-11-21T22:47:26.123Z\nMedia-Type: a/b\nName: a\n",
    "Key: " KEY "\nSize: 1\nData: 1\nManifest: 1\nFiles: 1\nModified: 2026-11-21T22:47:26.123Z\nMedia-Type: a/b\nName: a\n",
    "Key: " KEY "\nSize: 1\nData: 1\nManifest: 0\nFiles: 2\nModified: 2026-11-21T22:47:26.123Z\nMedia-Type: a/b\nName: a\n",
    "Key: " KEY "\nSize: 1\nData: 1\nManifest: 0\nFiles: 1\nModified: 2026-11-21T22:47:26Z\nMedia-Type: a/b\nName: a\n",
    "Key: " KEY "\nSize: 1\nData: 1\nManifest: 0\nFiles: 1\nModified: 2026-11-21T23:47:26.123+01:00\nMedia-Type: a/b\nName: a\n",
    "Key: " KEY "00\nSize: 1\nData: 1\nManifest: 0\nFiles: 1\nModified: 2026-11-21T22:47:26.123Z\nMedia-Type: a/b\nName: a\n",
  };

  (void) state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    refused (bad[i]);
}

/* Every prefix, and every byte changed to some others, is refused or says exactly what it is. */
static void
test_offer_canonical (void **state)
{
  static const char bytes[] = " \n0A/%:Z\xff";
  char body[sizeof BODY];
  struct cf_file_offer o;
  size_t i, k, taken = 0;

  (void) state;
  for (i = 0; i < strlen (BODY); i++)
    assert_int_equal (gpg_err_code (cf_file_offer_parse (BODY, i, &o)), CF_ERR_PROTOCOL);
  for (i = 0; i < strlen (BODY); i++)
    for (k = 0; k < sizeof bytes; k++) {
      struct cf_buf out;

      memcpy (body, BODY, sizeof body);
      body[i] = bytes[k];
      if (cf_file_offer_parse (body, strlen (BODY), &o))
        continue;
      taken++;
      cf_buf_init (&out, 4096);
      assert_int_equal (cf_file_offer_build (&o, &out), 0);
      assert_memory_equal (cf_buf_data (&out), body, strlen (BODY));
      cf_buf_done (&out);
    }
  assert_true (taken > 100);
}

static void
test_offer_refuses_to_build (void **state)
{
  struct cf_file_offer good, o;
  struct cf_buf out;

  (void) state;
  assert_int_equal (parse (BODY, &good), 0);
  cf_buf_init (&out, 4096);
#define WITH(change)                                                                                                   \
  do {                                                                                                                 \
    o = good;                                                                                                          \
    change;                                                                                                            \
    assert_int_equal (gpg_err_code (cf_file_offer_build (&o, &out)), GPG_ERR_INV_VALUE);                               \
  } while (0)
  WITH (o.size = CF_FILE_SIZE_MAX + 1);
  WITH (o.data = o.size + 1);
  WITH (o.files = 0);
  WITH (o.manifest_len = 1);
  WITH (strcpy (o.media_type, "x"));
  WITH (o.name_len = 0);
  WITH (memcpy (o.name, "a/b", 3));
  WITH (memcpy (o.name, "a\0b", 3));
  assert_int_equal (cf_buf_len (&out), 0);
  cf_buf_done (&out);
}

static void
test_end (void **state)
{
  static const char body[] = "Root: " KEY "\nSize: 1000\n";
  static const char *const bad[] = {
    "Root: " KEY "\nSize: 1000",      "Root: " KEY "\nSize: 1000\n\n", "Root: " KEY "\nSize: 0001\n",
    "Root: " KEY " \nSize: 1000\n",   "Size: 1000\nRoot: " KEY "\n",   "",
    "Root: " KEY "\nSize: 9007199288295424\n",
  };
  uint8_t root[32];
  uint64_t size;
  struct cf_buf out;

  (void) state;
  assert_int_equal (cf_file_end_parse (body, strlen (body), root, &size), 0);
  assert_int_equal (size, 1000);
  assert_int_equal (root[2], 2);
  cf_buf_init (&out, 4096);
  assert_int_equal (cf_file_end_build (root, size, &out), 0);
  assert_int_equal (cf_buf_len (&out), strlen (body));
  assert_memory_equal (cf_buf_data (&out), body, strlen (body));
  cf_buf_done (&out);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal (gpg_err_code (cf_file_end_parse (bad[i], strlen (bad[i]), root, &size)), CF_ERR_PROTOCOL);
}

/* Any bytes come back, in text that is UTF-8 and one line. */
static void
test_escape (void **state)
{
  uint32_t seed = 1;
  int round;

  (void) state;
  for (round = 0; round < 20000; round++) {
    uint8_t raw[200], back[600];
    char text[CF_FILE_ESCAPED_MAX (sizeof raw)];
    size_t len = (size_t) (round % (int) sizeof raw), n, back_len, i;

    for (i = 0; i < len; i++) {
      seed = seed * 1664525u + 1013904223u;
      /* Much of what UTF-8 is made of. */
      raw[i] = (uint8_t) (seed >> 24);
      if (seed & 0x10000)
        raw[i] = (uint8_t) "\xe4\xb8\xad\xc3\xa9\xf0\x9f\x98\x80%aZ/\n"[(seed >> 20) % 14];
    }
    n = cf_file_escape (raw, len, text);
    assert_true (n <= CF_FILE_ESCAPED_MAX (len));
    assert_true (cf_text_is_utf8 (text, n));
    assert_null (n ? memchr (text, '\n', n) : NULL);
    assert_int_equal (cf_file_unescape (text, n, back, &back_len), 0);
    assert_int_equal (back_len, len);
    assert_memory_equal (back, raw, len);
  }
}

/* --- names --- */

static void
safe (const char *name, const char *wanted)
{
  char *got = cf_file_name_safe (name, strlen (name)), *again;

  assert_non_null (got);
  assert_string_equal (got, wanted);
  again = cf_file_name_safe (got, strlen (got));
  assert_string_equal (again, wanted);
  free (got);
  free (again);
}

static void
test_names (void **state)
{
  (void) state;
  safe ("beach.png", "beach.png");
  safe ("Größe 文件.tar.gz", "Größe 文件.tar.gz");
  safe ("../../etc/passwd", "_.._etc_passwd");
  safe ("..", "file");
  safe ("", "file");
  safe (" . . ", "file");
  safe (".bashrc", "bashrc");
  safe ("name. . ", "name");
  safe ("a\\b", "a_b");
  safe ("-rf", "_rf");
  safe ("photo\u202egnp.exe", "photognp.exe"); /* right-to-left override */
  safe ("a\nb\tc\x1b[31m", "abc[31m");
  safe ("a\u200bb\ufeff\u2066c", "abc");
  safe ("\u3164.png", "png"); /* Hangul filler: shows nothing */
  safe ("x.pdf                                        .exe", "x.pdf .exe");
  safe ("a\u00a0\u3000b", "a b");
  safe ("\u2003lead\u2003", "lead");
  safe ("CON", "_CON");
  safe ("nul.tar.gz", "_nul.tar.gz");
  safe ("com1.txt", "_com1.txt");
  safe ("COM\u00b2", "_COM\u00b2");
  safe ("aux .c", "_aux .c");
  safe ("console", "console");
  safe ("com10", "com10");
  safe ("\xff\xfe.png", "\ufffd.png");
  safe ("\U0001f468\u200d\U0001f469\u200d\U0001f467.jpg", "\U0001f468\u200d\U0001f469\u200d\U0001f467.jpg");
  safe ("a%00b", "a%00b");
  safe ("<b>&\"'", "<b>&\"'"); /* whoever shows it, shows it as text */
}

static void
test_long_names (void **state)
{
  char name[400], *got;
  int len;

  (void) state;
  for (len = 190; len < 260; len++) {
    int k, n = 0;

    for (k = 0; k < len; k++)
      n += snprintf (name + n, sizeof name - (size_t) n, "%s", k % 3 ? "" : "\u6587"); /* three bytes each */
    snprintf (name + n, sizeof name - (size_t) n, ".jpeg");
    got = cf_file_name_safe (name, strlen (name));
    assert_true (strlen (got) <= CF_FILE_SAFE_MAX);
    assert_true (cf_text_is_utf8 (got, strlen (got)));
    assert_string_equal (got + strlen (got) - 5, ".jpeg");
    safe (got, got);
    free (got);
  }
  memset (name, 'a', 255);
  name[255] = 0;
  got = cf_file_name_safe (name, 255);
  assert_int_equal (strlen (got), CF_FILE_SAFE_MAX);
  free (got);
  memset (name + 100, '.', 100); /* the cut falls among dots */
  got = cf_file_name_safe (name, 255);
  safe (got, got);
  free (got);
}

/* Whatever comes in: never empty, never a path, never long, and safe once more. */
static void
test_names_of_any_bytes (void **state)
{
  uint32_t seed = 7;

  (void) state;
  for (int round = 0; round < 20000; round++) {
    char name[255], *got, *again;
    size_t len = (size_t) (round % 255) + 1;

    for (size_t i = 0; i < len; i++) {
      seed = seed * 1664525u + 1013904223u;
      name[i] = (char) (seed >> 24);
      if (seed & 0x30000)
        name[i] = "./\\ -aCONnul1\xe2\x80\xae\xc2\xa0"[(seed >> 20) % 18];
    }
    got = cf_file_name_safe (name, len);
    assert_true (*got && strlen (got) <= CF_FILE_SAFE_MAX);
    assert_null (strpbrk (got, "/\\\n\t"));
    assert_true (cf_text_is_utf8 (got, strlen (got)));
    assert_true (*got != '.' && *got != ' ' && *got != '-');
    assert_null (strchr (" .", got[strlen (got) - 1]));
    again = cf_file_name_safe (got, strlen (got));
    assert_string_equal (again, got);
    free (got);
    free (again);
  }
}

static void
counted (const char *name, unsigned count, int directory, const char *wanted)
{
  char *got = cf_file_name_counted (name, count, directory);

  assert_string_equal (got, wanted);
  free (got);
}

static void
test_counted (void **state)
{
  (void) state;
  counted ("a.png", 1, 0, "a.png");
  counted ("a.png", 2, 0, "a (2).png");
  counted ("a", 3, 0, "a (3)");
  counted ("v1.2", 2, 1, "v1.2 (2)");
  counted ("a. of a longer sentence that is no extension", 2, 0, "a. of a longer sentence that is no extension (2)");
}

static void
test_media_types (void **state)
{
  (void) state;
  assert_string_equal (cf_file_media_type ("a.PNG"), "image/png");
  assert_string_equal (cf_file_media_type ("a.tar.gz"), "application/gzip");
  assert_string_equal (cf_file_media_type ("a"), "application/octet-stream");
  assert_string_equal (cf_file_media_type ("png"), "application/octet-stream");
}

static void
test_blocks (void **state)
{
  (void) state;
  assert_int_equal (cf_file_block_count (0), 0);
  assert_int_equal (cf_file_block_count (1), 1);
  assert_int_equal (cf_file_block_count (CF_FILE_BLOCK), 1);
  assert_int_equal (cf_file_block_count (CF_FILE_BLOCK + 1), 2);
  assert_int_equal (cf_file_block_len (0, 0), 0);
  assert_int_equal (cf_file_block_len (CF_FILE_BLOCK + 1, 0), CF_FILE_BLOCK);
  assert_int_equal (cf_file_block_len (CF_FILE_BLOCK + 1, 1), 1);
  assert_int_equal (cf_file_block_len (CF_FILE_BLOCK, 1), 0);
  assert_int_equal (cf_file_block_len (5, UINT64_MAX), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_offer),
    cmocka_unit_test (test_directory),
    cmocka_unit_test (test_offer_hostile),
    cmocka_unit_test (test_offer_canonical),
    cmocka_unit_test (test_offer_refuses_to_build),
    cmocka_unit_test (test_end),
    cmocka_unit_test (test_escape),
    cmocka_unit_test (test_names),
    cmocka_unit_test (test_long_names),
    cmocka_unit_test (test_names_of_any_bytes),
    cmocka_unit_test (test_counted),
    cmocka_unit_test (test_media_types),
    cmocka_unit_test (test_blocks),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
