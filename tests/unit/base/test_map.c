/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_map.c - the map against a plain array; limits, walks, churn. */
#include "unit.h"

#include "base/map.h"

#define KEYS 600
#define MAX 400

struct fixture {
  struct cf_env env;
  uint64_t seed;
  struct cf_map *map;
};

static void
make (struct fixture *f, size_t key_len, size_t max)
{
  f->env = seeded_env (&f->seed);
  assert_ok (cf_map_new (&f->env, key_len, max, &f->map));
}

static void
test_model (void **state)
{
  struct fixture f = { .seed = 7 };
  static void *model[KEYS]; /* by key number */
  static char values[64];
  size_t count = 0;

  (void) state;
  make (&f, sizeof (uint32_t), MAX);
  for (int i = 0; i < 200000; i++) {
    uint32_t key = (uint32_t) (seeded_next (&f.seed) % KEYS);
    void *value = &values[seeded_next (&f.seed) % sizeof values];

    if (seeded_next (&f.seed) % 5 < 3) {
      gpg_error_t err = cf_map_put (f.map, &key, value);

      if (!model[key] && count == MAX)
        assert_err (err, GPG_ERR_LIMIT_REACHED);
      else {
        assert_ok (err);
        count += !model[key];
        model[key] = value;
      }
    } else {
      assert_ptr_equal (cf_map_remove (f.map, &key), model[key]);
      count -= !!model[key];
      model[key] = NULL;
    }
    key = (uint32_t) (seeded_next (&f.seed) % KEYS);
    assert_ptr_equal (cf_map_get (f.map, &key), model[key]);
    assert_int_equal (cf_map_count (f.map), count);
  }
  for (uint32_t key = 0; key < KEYS; key++)
    assert_ptr_equal (cf_map_get (f.map, &key), model[key]);
  cf_map_free (f.map);
}

static void
test_empty (void **state)
{
  struct fixture f = { 0 };
  const void *key;
  void *value;
  size_t pos = 0;

  (void) state;
  make (&f, 1, 10);
  assert_null (cf_map_get (f.map, "a"));
  assert_null (cf_map_remove (f.map, "a"));
  assert_int_equal (cf_map_count (f.map), 0);
  assert_false (cf_map_next (f.map, &pos, &key, &value));
  cf_map_free (f.map);
  cf_map_free (NULL);
}

static void
test_limit (void **state)
{
  struct fixture f = { 0 };
  char a, b;

  (void) state;
  make (&f, 1, 2);
  assert_ok (cf_map_put (f.map, "x", &a));
  assert_ok (cf_map_put (f.map, "y", &a));
  assert_err (cf_map_put (f.map, "z", &a), GPG_ERR_LIMIT_REACHED);
  assert_null (cf_map_get (f.map, "z"));
  assert_ok (cf_map_put (f.map, "y", &b)); /* replacing is always possible */
  assert_ptr_equal (cf_map_get (f.map, "y"), &b);
  assert_ptr_equal (cf_map_remove (f.map, "x"), &a);
  assert_ok (cf_map_put (f.map, "z", &a));
  cf_map_free (f.map);
  make (&f, 1, 0);
  assert_err (cf_map_put (f.map, "x", &a), GPG_ERR_LIMIT_REACHED);
  cf_map_free (f.map);
}

static void
test_keys_are_copied (void **state)
{
  struct fixture f = { 0 };
  char key[64] = "first", value;

  (void) state;
  make (&f, sizeof key, 10);
  assert_ok (cf_map_put (f.map, key, &value));
  key[63] = 1; /* the last byte of a key counts, too */
  assert_null (cf_map_get (f.map, key));
  key[63] = 0;
  assert_ptr_equal (cf_map_get (f.map, key), &value);
  cf_map_free (f.map);
}

static void
test_walk_may_remove (void **state)
{
  struct fixture f = { .seed = 3 };
  static char value[1000];
  static int seen[1000];
  const void *key;
  void *got;
  size_t pos = 0, n = 0;

  (void) state;
  make (&f, sizeof (uint16_t), 1000);
  for (uint16_t i = 0; i < 1000; i++)
    assert_ok (cf_map_put (f.map, &i, &value[i]));
  while (cf_map_next (f.map, &pos, &key, &got)) {
    uint16_t i;

    memcpy (&i, key, sizeof i);
    assert_ptr_equal (got, &value[i]);
    seen[i]++;
    n++;
    if (i % 3)
      assert_ptr_equal (cf_map_remove (f.map, &i), &value[i]);
  }
  assert_int_equal (n, 1000);
  for (uint16_t i = 0; i < 1000; i++) {
    assert_int_equal (seen[i], 1);
    assert_ptr_equal (cf_map_get (f.map, &i), i % 3 ? NULL : &value[i]);
  }
  cf_map_free (f.map);
}

/* Slots that a walk passes: *POS at its end. */
static size_t
slots_of (const struct cf_map *map)
{
  const void *key;
  void *value;
  size_t pos = 0;

  while (cf_map_next (map, &pos, &key, &value))
    ;
  return pos;
}

static void
test_churn_does_not_grow (void **state)
{
  struct fixture f = { .seed = 9 };
  char value;

  (void) state;
  make (&f, sizeof (uint32_t), 1000);
  for (uint32_t i = 0; i < 200000; i++) {
    uint32_t old = i - 20;

    assert_ok (cf_map_put (f.map, &i, &value));
    if (i >= 20)
      assert_ptr_equal (cf_map_remove (f.map, &old), &value);
  }
  assert_int_equal (cf_map_count (f.map), 20);
  assert_true (slots_of (f.map) <= 64);
  cf_map_free (f.map);
}

static void
test_seed_decides_places (void **state)
{
  struct fixture f[2] = { { .seed = 1 }, { .seed = 2 } };
  uint8_t order[2][100];
  char value;

  (void) state;
  for (int m = 0; m < 2; m++) {
    const void *key;
    void *got;
    size_t pos = 0, n = 0;

    make (&f[m], 1, 100);
    for (uint8_t i = 0; i < 100; i++)
      assert_ok (cf_map_put (f[m].map, &i, &value));
    while (cf_map_next (f[m].map, &pos, &key, &got))
      order[m][n++] = *(const uint8_t *) key;
    assert_int_equal (n, 100);
    cf_map_free (f[m].map);
  }
  assert_memory_not_equal (order[0], order[1], 100);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_model),
    cmocka_unit_test (test_empty),
    cmocka_unit_test (test_limit),
    cmocka_unit_test (test_keys_are_copied),
    cmocka_unit_test (test_walk_may_remove),
    cmocka_unit_test (test_churn_does_not_grow),
    cmocka_unit_test (test_seed_decides_places),
  };
  return cmocka_run_group_tests_name ("base/map", tests, NULL, NULL);
}
