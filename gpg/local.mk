# gpg: everything OpenPGP, and the only place that includes gpgme.h.
noinst_LIBRARIES += libcf-gpg.a
libcf_gpg_a_SOURCES = \
	gpg/certify.c gpg/context.c gpg/context.h gpg/conversation_key.c gpg/engine.c gpg/engine.h gpg/envelope.c gpg/frozen.c gpg/frozen.h gpg/gpg.h \
	gpg/homes.c gpg/homes.h gpg/identity.c gpg/keycache.c gpg/keycache.h gpg/keyring.c gpg/keyring.h \
	gpg/newkey.h gpg/orphans.c gpg/packets.c gpg/packets.h gpg/people.c gpg/rules.c gpg/rules.h gpg/statement.c
libcf_gpg_a_CPPFLAGS = $(AM_CPPFLAGS) $(GPGME_CFLAGS) $(EVENT_CFLAGS)
# Link with these, before BASE_LIBS.
GPG_LIBS = libcf-gpg.a $(GPGME_LIBS) $(EVENT_LIBS)

dist_noinst_SCRIPTS += keyrings-test/make-keys.sh tests/lab/pinentry-fake

if HAVE_CMOCKA
gpg_tests = tests/unit/gpg/test_certify tests/unit/gpg/test_engine tests/unit/gpg/test_envelope tests/unit/gpg/test_identity \
	tests/unit/gpg/test_keyring tests/unit/gpg/test_packets tests/unit/gpg/test_rules tests/unit/gpg/test_statement
check_PROGRAMS += $(gpg_tests)
TESTS += $(gpg_tests)
gpg_test_cppflags = $(AM_CPPFLAGS) $(GPGME_CFLAGS) $(EVENT_CFLAGS) $(CMOCKA_CFLAGS)
gpg_test_ldadd = $(GPG_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
gpg_fixture = tests/unit/gpg/fixture.c tests/unit/gpg/fixture.h tests/lab/scratch.c tests/lab/scratch.h

tests_unit_gpg_test_certify_SOURCES = tests/unit/gpg/test_certify.c $(gpg_fixture)
tests_unit_gpg_test_certify_CPPFLAGS = $(gpg_test_cppflags)
tests_unit_gpg_test_certify_LDADD = $(gpg_test_ldadd)
tests_unit_gpg_test_envelope_SOURCES = tests/unit/gpg/test_envelope.c $(gpg_fixture)
tests_unit_gpg_test_envelope_CPPFLAGS = $(gpg_test_cppflags)
tests_unit_gpg_test_envelope_LDADD = $(gpg_test_ldadd)
tests_unit_gpg_test_identity_SOURCES = tests/unit/gpg/test_identity.c $(gpg_fixture)
tests_unit_gpg_test_identity_CPPFLAGS = $(gpg_test_cppflags)
tests_unit_gpg_test_identity_LDADD = $(gpg_test_ldadd)
tests_unit_gpg_test_keyring_SOURCES = tests/unit/gpg/test_keyring.c $(gpg_fixture)
tests_unit_gpg_test_keyring_CPPFLAGS = $(gpg_test_cppflags)
tests_unit_gpg_test_keyring_LDADD = $(gpg_test_ldadd)
tests_unit_gpg_test_statement_SOURCES = tests/unit/gpg/test_statement.c $(gpg_fixture)
tests_unit_gpg_test_statement_CPPFLAGS = $(gpg_test_cppflags)
tests_unit_gpg_test_statement_LDADD = $(gpg_test_ldadd)
tests_unit_gpg_test_engine_SOURCES = tests/unit/gpg/test_engine.c $(gpg_fixture)
tests_unit_gpg_test_engine_CPPFLAGS = $(gpg_test_cppflags)
# Deadlines of a minute pass in a moment.
tests_unit_gpg_test_engine_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=event_add
tests_unit_gpg_test_engine_LDADD = $(gpg_test_ldadd)
tests_unit_gpg_test_packets_SOURCES = tests/unit/gpg/test_packets.c
tests_unit_gpg_test_packets_CPPFLAGS = $(gpg_test_cppflags)
tests_unit_gpg_test_packets_LDADD = $(gpg_test_ldadd)
tests_unit_gpg_test_rules_SOURCES = tests/unit/gpg/test_rules.c
tests_unit_gpg_test_rules_CPPFLAGS = $(gpg_test_cppflags)
tests_unit_gpg_test_rules_LDADD = $(gpg_test_ldadd)
endif

# Figures, not a test: make tests/bench/bench_gpg.
check_PROGRAMS += tests/bench/bench_gpg
tests_bench_bench_gpg_SOURCES = tests/bench/bench_gpg.c
tests_bench_bench_gpg_CPPFLAGS = $(AM_CPPFLAGS) $(GPGME_CFLAGS) $(EVENT_CFLAGS)
tests_bench_bench_gpg_LDADD = $(GPG_LIBS) $(BASE_LIBS)
