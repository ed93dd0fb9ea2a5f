# The simulator: the real core over doubles of network and OpenPGP.  Its stories are tests/sim/test_*.c.
if HAVE_CMOCKA
check_LIBRARIES += libcf-sim.a
libcf_sim_a_SOURCES = tests/sim/sim.c tests/sim/sim.h tests/sim/sim_net.c tests/sim/sim_worker.c tests/sim/gpg_double.c
libcf_sim_a_SOURCES += tests/sim/story.c tests/sim/story.h tests/sim/gate_story.c tests/sim/gate_story.h
libcf_sim_a_SOURCES += tests/sim/link_story.c tests/sim/link_story.h tests/sim/talk_story.c tests/sim/talk_story.h
libcf_sim_a_SOURCES += tests/sim/file_story.c tests/sim/file_story.h
libcf_sim_a_SOURCES += tests/sim/post_story.c tests/sim/post_story.h
libcf_sim_a_SOURCES += tests/sim/server_story.c tests/sim/server_story.h tests/sim/hand.c node/mail_files.c node/mail_files.h
libcf_sim_a_SOURCES += tests/lab/scratch.c tests/lab/scratch.h
libcf_sim_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
# Stories see every talk frame that leaves (sim.h, sim->frame).
LDFLAGS_SIM = $(AM_LDFLAGS) -Wl,--wrap=cf_link_send -Wl,--wrap=cf_link_send_bulk
SIM_LIBS = libcf-sim.a libcf-node.a libcf-core.a libcf-net.a $(BASE_LIBS) $(SQLCIPHER_LIBS) $(JANSSON_LIBS)

# Random schedules over the whole core.
check_PROGRAMS += tests/sim/test_schedule
TESTS += tests/sim/test_schedule
tests_sim_test_schedule_SOURCES = tests/sim/test_schedule.c tests/sim/invariants.c tests/sim/invariants.h \
	tests/sim/quick_password.c
tests_sim_test_schedule_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_schedule_LDFLAGS = $(LDFLAGS_SIM) -Wl,--wrap=cf_store_envelope_add \
	-Wl,--wrap=crypto_pwhash_argon2id
tests_sim_test_schedule_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)

# A day in virtual time.
check_PROGRAMS += tests/sim/test_soak
TESTS += tests/sim/test_soak
tests_sim_test_soak_SOURCES = tests/sim/test_soak.c tests/sim/quick_password.c
tests_sim_test_soak_CPPFLAGS = $(AM_CPPFLAGS) $(SQLCIPHER_CFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_soak_LDFLAGS = $(LDFLAGS_SIM) -Wl,--wrap=crypto_pwhash_argon2id
tests_sim_test_soak_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)

# Peers who come and go behind NATs: a few, and as many as PEERS says (figures, and the rules of swarm_watch.c).
check_PROGRAMS += tests/sim/test_swarm
TESTS += tests/sim/test_swarm
tests_sim_test_swarm_SOURCES = tests/sim/test_swarm.c tests/sim/swarm.c tests/sim/swarm.h tests/sim/swarm_watch.c \
	tests/sim/plain_secmem.c
tests_sim_test_swarm_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_swarm_LDFLAGS = $(LDFLAGS_SIM) -Wl,--wrap=sodium_malloc -Wl,--wrap=sodium_free
tests_sim_test_swarm_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
.PHONY: soak-peers
soak-peers: tests/sim/test_swarm
	tests/sim/test_swarm $${PEERS:-1000} $${MINUTES:-30} $${SEED:-1}

# Copies of our libraries whose allocations are those of tests/sim/sim_heap.c, which may refuse one.
STARVED_SYMS = --redefine-sym malloc=cf_starved_malloc --redefine-sym calloc=cf_starved_calloc \
	--redefine-sym realpath=cf_starved_realpath \
	--redefine-sym strdup=cf_starved_strdup --redefine-sym strndup=cf_starved_strndup \
	--redefine-sym vasprintf=cf_starved_vasprintf --redefine-sym __vasprintf_chk=cf_starved_vasprintf_chk \
	--redefine-sym sodium_malloc=cf_starved_sodium_malloc
STARVED_LIBS = tests/sim/starved-core.a tests/sim/starved-net.a tests/sim/starved-base.a
tests/sim/starved-core.a: libcf-core.a
	$(AM_V_GEN)$(MKDIR_P) tests/sim && $(OBJCOPY) $(STARVED_SYMS) libcf-core.a $@
tests/sim/starved-net.a: libcf-net.a
	$(AM_V_GEN)$(MKDIR_P) tests/sim && $(OBJCOPY) $(STARVED_SYMS) libcf-net.a $@
tests/sim/starved-base.a: libcf-base.a
	$(AM_V_GEN)$(MKDIR_P) tests/sim && $(OBJCOPY) $(STARVED_SYMS) libcf-base.a $@
CLEANFILES += $(STARVED_LIBS)

# A tale of two for each operation of a disk and for each allocation.
check_PROGRAMS += tests/sim/test_inject
TESTS += tests/sim/test_inject
tests_sim_test_inject_SOURCES = tests/sim/test_inject.c tests/sim/sim_disk.c tests/sim/sim_heap.c tests/sim/sim_heap.h \
	tests/sim/invariants.c tests/sim/quick_password.c
tests_sim_test_inject_CPPFLAGS = $(AM_CPPFLAGS) $(SQLCIPHER_CFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_inject_LDFLAGS = $(LDFLAGS_SIM) -Wl,--wrap=crypto_pwhash_argon2id
tests_sim_test_inject_LDADD = libcf-sim.a $(STARVED_LIBS) $(BASE_LIBS) $(SQLCIPHER_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS)

# Mail that is none, and what goes while mail is fetched.
check_PROGRAMS += tests/sim/test_mailbox_faults
TESTS += tests/sim/test_mailbox_faults
tests_sim_test_mailbox_faults_SOURCES = tests/sim/test_mailbox_faults.c tests/sim/sim_heap.c
tests_sim_test_mailbox_faults_CPPFLAGS = $(AM_CPPFLAGS) $(SQLCIPHER_CFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_sim_test_mailbox_faults_LDFLAGS = $(LDFLAGS_SIM)
tests_sim_test_mailbox_faults_LDADD = libcf-sim.a libcf-node.a $(STARVED_LIBS) $(BASE_LIBS) $(SQLCIPHER_LIBS) \
	$(JANSSON_LIBS) $(CMOCKA_LIBS)
endif

# The house rules: layers, and protocols without I/O.
dist_check_SCRIPTS += tests/tools/check-layers.sh tests/tools/check-symbols.sh tests/tools/check-templates.sh
TESTS += tests/tools/check-layers.sh tests/tools/check-symbols.sh tests/tools/check-templates.sh
EXTRA_DIST += tests/tools/report.sh

# Unit tests under valgrind's memcheck, which sees reads of what nobody has written, as the sanitizers do not.
EXTRA_DIST += tests/tools/valgrind.supp
.PHONY: check-valgrind
check-valgrind: $(check_PROGRAMS)
	@command -v valgrind > /dev/null || { echo 'check-valgrind: needs valgrind'; exit 1; }; \
	for t in $(filter tests/unit/%,$(check_PROGRAMS)); do \
	  echo "# $$t"; \
	  CF_VALGRIND=1 CF_SRCDIR='$(abs_top_srcdir)' CF_BUILDDIR='$(abs_top_builddir)' \
	    valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=99 \
	    --suppressions=$(srcdir)/tests/tools/valgrind.supp ./$$t > valgrind.log 2>&1 \
	    || { cat valgrind.log; exit 1; }; \
	done
CLEANFILES += valgrind.log

# The whole check once more under the address and undefined-behaviour sanitizers.
.PHONY: check-asan coverage
check-asan:
	$(MKDIR_P) asan && cd asan && \
	  { test -f config.status || $(abs_top_srcdir)/configure --quiet --enable-sanitizers CFLAGS='-g -O1'; } && \
	  $(MAKE) && $(MAKE) check

coverage:
	$(MKDIR_P) coverage && cd coverage && \
	  { test -f config.status || $(abs_top_srcdir)/configure --quiet --enable-coverage CFLAGS='-g -O0'; } && \
	  $(MAKE) && $(MAKE) check; \
	  lcov --quiet --capture --directory . --output-file all.info && \
	  lcov --quiet --remove all.info '*/tests/*' --output-file sources.info && \
	  for folder in base gpg net node portmap core; do \
	    lcov --quiet --extract sources.info "*/$$folder/*" --output-file $$folder.info && \
	    echo "$$folder: `lcov --summary $$folder.info 2>&1 | grep lines`" || exit 1; \
	  done

# End-to-end stories on virtual hosts.
EXTRA_DIST += tests/lab/gui.sh tests/lab/gui.py
EXTRA_DIST += tests/lab/scratch.py tests/e2e/lab.py tests/e2e/changes.py tests/e2e/damage.py tests/e2e/datagrams.py tests/e2e/durable.py tests/e2e/events.py tests/e2e/files.py tests/e2e/hostile.py tests/e2e/post.py tests/e2e/secrets.py tests/e2e/talk.py tests/e2e/trouble.py tests/e2e/visible.py tests/e2e/walk.py
dist_check_SCRIPTS += tests/e2e/changes.sh tests/e2e/damage.sh tests/e2e/datagrams.sh tests/e2e/durable.sh tests/e2e/events.sh tests/e2e/files.sh tests/e2e/hostile.sh tests/e2e/post.sh tests/e2e/secrets.sh tests/e2e/story.sh tests/e2e/talk.sh tests/e2e/trouble.sh tests/e2e/visible.sh tests/e2e/walk.sh
TESTS += tests/e2e/changes.sh tests/e2e/damage.sh tests/e2e/datagrams.sh tests/e2e/durable.sh tests/e2e/events.sh tests/e2e/files.sh tests/e2e/hostile.sh tests/e2e/post.sh tests/e2e/secrets.sh tests/e2e/talk.sh tests/e2e/trouble.sh tests/e2e/visible.sh tests/e2e/walk.sh
tests/e2e/damage.log tests/e2e/durable.log tests/e2e/events.log tests/e2e/files.log tests/e2e/hostile.log tests/e2e/secrets.log tests/e2e/talk.log tests/e2e/trouble.log tests/e2e/visible.log tests/e2e/walk.log: confab confabd

# The desktop client at two windows; the script skips where there is no desktop client.
EXTRA_DIST += tests/e2e/desk.py tests/e2e/desktop.py tests/e2e/desktop_person.py tests/e2e/desktop_self.py
dist_check_SCRIPTS += tests/e2e/desk.sh tests/e2e/desktop.sh tests/e2e/desktop_self.sh
TESTS += tests/e2e/desktop.sh tests/e2e/desktop_self.sh
tests/e2e/desktop.log tests/e2e/desktop_self.log: confab confabd
if HAVE_GTK
tests/e2e/desktop.log tests/e2e/desktop_self.log: confab-gtk
endif

# Files at two windows.
EXTRA_DIST += tests/e2e/desktop_files.py tests/lab/clipboard.py tests/lab/drag.py tests/lab/notices.py
dist_check_SCRIPTS += tests/e2e/desktop_files.sh
TESTS += tests/e2e/desktop_files.sh
tests/e2e/desktop_files.log: confab confabd
if HAVE_GTK
tests/e2e/desktop_files.log: confab-gtk
if HAVE_THUMBNAIL
tests/e2e/desktop_files.log: confab-thumbnail
endif
endif

# Pictures of every screen of the desktop client, for people to look at; never part of the check.
EXTRA_DIST += tests/e2e/screens.py tests/e2e/screens.sh
if HAVE_GTK
.PHONY: screenshots
screenshots: confab confabd confab-gtk tests/lab/clock.so
	CF_SHOTS=$${CF_SHOTS:-screenshots} CF_BUILDDIR='$(abs_top_builddir)' $(BASH_PATH) $(srcdir)/tests/e2e/screens.sh $(SCREENS)
endif

# Preloaded by stories that step a host's clock; without libtool, so by hand.
MAKE_PRELOADED = $(MKDIR_P) tests/lab && $(CC) $(DEFS) $(DEFAULT_INCLUDES) $(CPPFLAGS) $(AM_CFLAGS) -O2 -shared -fPIC
EXTRA_DIST += tests/lab/clock.c
check_DATA += tests/lab/clock.so
CLEANFILES += tests/lab/clock.so
tests/lab/clock.so: tests/lab/clock.c config.h
	$(AM_V_CC)$(MAKE_PRELOADED) -o $@ $(srcdir)/tests/lab/clock.c -ldl

# The same for stories with a camera.
EXTRA_DIST += tests/lab/camera.c
if HAVE_GTK
check_DATA += tests/lab/camera.so
CLEANFILES += tests/lab/camera.so
tests/e2e/desktop_self.log: tests/lab/camera.so
tests/lab/camera.so: tests/lab/camera.c config.h
	$(AM_V_CC)$(MAKE_PRELOADED) -o $@ $(srcdir)/tests/lab/camera.c -ldl
endif

# A path that loses, doubles, delays and reorders.
check_PROGRAMS += tests/lab/slow_wire
EXTRA_DIST += tests/e2e/wire.py
dist_check_SCRIPTS += tests/e2e/wire.sh
TESTS += tests/e2e/wire.sh
tests/e2e/wire.log: confab confabd tests/lab/slow_wire

# A peer that keeps no rule, against real daemons.
check_PROGRAMS += tests/e2e/hostile_peer
tests_e2e_hostile_peer_SOURCES = tests/e2e/hostile_peer.c tests/e2e/hostile_flood.c tests/e2e/hostile_peer.h
tests_e2e_hostile_peer_LDADD = libcf-net.a $(BASE_LIBS)
EXTRA_DIST += tests/e2e/hostile_peer.py tests/e2e/hostile_files.py tests/e2e/hostile_talk.py tests/e2e/hostile_world.py
dist_check_SCRIPTS += tests/e2e/hostile_peer.sh
TESTS += tests/e2e/hostile_peer.sh
tests/e2e/hostile_peer.log: confab confabd tests/e2e/hostile_peer

# Hours of bad luck; CF_SEED=N repeats one.
.PHONY: soak
soak: confab confabd tests/lab/clock.so
	CF_KILLS=$${CF_KILLS:-200} CF_SEED=$${CF_SEED:-0} CF_SRCDIR='$(abs_top_srcdir)' CF_BUILDDIR='$(abs_top_builddir)' \
	  $(BASH_PATH) $(srcdir)/tests/e2e/durable.sh

# A large file, and a daemon killed a hundred times while it is on its way; one that goes on by other ways.
.PHONY: soak-files
soak-files: confab confabd
	CF_FILE_KILLS=$${CF_FILE_KILLS:-200} CF_FILE_MIB=$${CF_FILE_MIB:-1024} CF_SEED=$${CF_SEED:-0} CF_FILES_LONG=1 \
	  CF_SRCDIR='$(abs_top_srcdir)' CF_BUILDDIR='$(abs_top_builddir)' \
	  $(BASH_PATH) $(srcdir)/tests/e2e/files.sh kills folders
	CF_FILES_LONG=1 CF_SRCDIR='$(abs_top_srcdir)' CF_BUILDDIR='$(abs_top_builddir)' \
	  $(BASH_PATH) $(srcdir)/tests/e2e/wire.sh paths

# An hour of real time, CF_SOAK_SECONDS of it.
EXTRA_DIST += tests/e2e/hour.py
.PHONY: soak-hour
soak-hour: confab confabd
	CF_SRCDIR='$(abs_top_srcdir)' CF_BUILDDIR='$(abs_top_builddir)' \
	  $(BASH_PATH) $(srcdir)/tests/e2e/story.sh hour.py

# Each operation of the disk fails in its turn.
INJECT_TESTS = tests/unit/core/test_store_disk tests/sim/test_inject
.PHONY: inject
inject: $(INJECT_TESTS)
	for t in $(INJECT_TESTS); do CF_INJECT=1 $$t || exit 1; done

# Benches: "make bench"; never part of the check.
EXTRA_PROGRAMS = tests/bench/bare_gpg tests/bench/fill_history tests/bench/raw_copy
tests_bench_fill_history_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_bench_fill_history_LDADD = $(CORE_LIBS) $(BASE_LIBS)
tests_bench_bare_gpg_CPPFLAGS = $(AM_CPPFLAGS) $(GPGME_CFLAGS)
tests_bench_bare_gpg_LDADD = $(GPGME_LIBS)
EXTRA_PROGRAMS += tests/bench/bench_datagrams
tests_bench_bench_datagrams_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS)
tests_bench_bench_datagrams_LDADD = libcf-net.a $(BASE_LIBS) $(EVENT_LIBS)
EXTRA_DIST += tests/bench/udp.py
EXTRA_DIST += tests/bench/latency.py tests/bench/burst.py tests/bench/files.py tests/bench/gtk_start.py tests/bench/history.py
if HAVE_GTK
EXTRA_PROGRAMS += tests/bench/gtk_scroll
tests_bench_gtk_scroll_CPPFLAGS = $(libcf_gtk_a_CPPFLAGS)
tests_bench_gtk_scroll_CFLAGS = $(libcf_gtk_a_CFLAGS)
tests_bench_gtk_scroll_LDADD = $(GTK_CLIENT_LIBS)
BENCH_GTK = bench-gtk
.PHONY: bench-gtk
bench-gtk: tests/bench/gtk_scroll tests/bench/fill_history confab confabd confab-gtk
	$(BASH_PATH) $(srcdir)/tests/lab/gui.sh tests/bench/gtk_scroll
	CF_BUILDDIR='$(abs_top_builddir)' $(BASH_PATH) $(srcdir)/tests/lab/gui.sh python3 $(srcdir)/tests/bench/gtk_start.py
endif
.PHONY: bench
bench: tests/bench/bare_gpg tests/bench/bench_datagrams tests/bench/fill_history tests/bench/raw_copy \
		tests/lab/slow_wire confab confabd $(BENCH_GTK)
	for name in latency burst history files udp; do \
	  CF_BUILDDIR='$(abs_top_builddir)' python3 $(srcdir)/tests/bench/$$name.py || exit; done
