# Fuzz targets: a file, its name in this list, and what it links with.
fuzz_targets = \
	tests/fuzz/fuzz_address tests/fuzz/fuzz_beacon tests/fuzz/fuzz_client tests/fuzz/fuzz_cpace tests/fuzz/fuzz_datagrams \
	tests/fuzz/fuzz_discovery tests/fuzz/fuzz_entry tests/fuzz/fuzz_guests tests/fuzz/fuzz_handshake tests/fuzz/fuzz_hello tests/fuzz/fuzz_ipc \
	tests/fuzz/fuzz_line tests/fuzz/fuzz_manifest tests/fuzz/fuzz_map tests/fuzz/fuzz_node tests/fuzz/fuzz_offer tests/fuzz/fuzz_options \
	tests/fuzz/fuzz_packets tests/fuzz/fuzz_paths tests/fuzz/fuzz_peerlist tests/fuzz/fuzz_portmap tests/fuzz/fuzz_stream tests/fuzz/fuzz_talk tests/fuzz/fuzz_text tests/fuzz/fuzz_tunnel tests/fuzz/fuzz_words
if HAVE_CMOCKA # and with it the simulator
fuzz_targets += tests/fuzz/fuzz_core tests/fuzz/fuzz_gate tests/fuzz/fuzz_message tests/fuzz/fuzz_store \
	tests/fuzz/fuzz_transfer
endif
check_PROGRAMS += $(fuzz_targets)
EXTRA_DIST += tests/fuzz/corpus

check_LIBRARIES += libcf-fuzz.a
libcf_fuzz_a_SOURCES = tests/fuzz/fuzz.c tests/fuzz/fuzz.h
if FUZZING
LDFLAGS_FUZZ = $(AM_LDFLAGS) -fsanitize=fuzzer
else
# Replayed by "make check" as they are; under libFuzzer they would never end.
TESTS += $(fuzz_targets)
libcf_fuzz_a_SOURCES += tests/fuzz/driver.c
LDFLAGS_FUZZ = $(AM_LDFLAGS)
endif
FUZZ_LIBS = libcf-fuzz.a $(CORE_LIBS) $(BASE_LIBS)
fuzz_cppflags = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
# For the machines; the primitives have their vectors in tests/unit/net.
clear_crypto = tests/fuzz/clear_crypto.c
fuzz_world = $(clear_crypto) tests/fuzz/ram_pages.c tests/fuzz/ram_pool.c tests/fuzz/ram_store.c tests/fuzz/snapshot.c tests/fuzz/snapshot.h \
	tests/fuzz/world.c tests/fuzz/world.h
LDFLAGS_WORLD = $(LDFLAGS_FUZZ) -Wl,--wrap=cf_link_send -Wl,--wrap=cf_link_send_bulk \
	-Wl,--wrap=store_memory_setup -Wl,--wrap=cf_store_files_check -Wl,--wrap=cf_peer_file_start -Wl,--wrap=sqlite3_open_v2 -Wl,--wrap=sqlite3_close -Wl,--wrap=sqlite3_exec \
	-Wl,--wrap=sqlite3_prepare_v2 -Wl,--wrap=sqlite3_finalize

tests_fuzz_fuzz_paths_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_paths_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_guests_SOURCES = tests/fuzz/fuzz_guests.c tests/sim/hand.c $(clear_crypto) tests/fuzz/snapshot.c tests/fuzz/snapshot.h
tests_fuzz_fuzz_guests_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_guests_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_guests_LDADD = libcf-fuzz.a libcf-node.a libcf-net.a $(BASE_LIBS)
tests_fuzz_fuzz_portmap_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_portmap_LDADD = libcf-fuzz.a libcf-portmap.a libcf-net.a $(BASE_LIBS)
tests_fuzz_fuzz_peerlist_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_peerlist_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_node_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_node_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_address_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_address_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_beacon_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_beacon_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_client_SOURCES = tests/fuzz/fuzz_client.c tests/fuzz/ram_socket.c
tests_fuzz_fuzz_client_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_client_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_client_LDADD = libcf-fuzz.a $(CLIENT_LIBS)
tests_fuzz_fuzz_core_SOURCES = tests/fuzz/fuzz_core.c $(fuzz_world)
tests_fuzz_fuzz_core_CPPFLAGS = $(fuzz_cppflags) $(SQLCIPHER_CFLAGS)
tests_fuzz_fuzz_core_LDFLAGS = $(LDFLAGS_WORLD)
tests_fuzz_fuzz_core_LDADD = libcf-fuzz.a $(SIM_LIBS)
tests_fuzz_fuzz_cpace_SOURCES = tests/fuzz/fuzz_cpace.c
if FUZZING_FAST
tests_fuzz_fuzz_cpace_SOURCES += $(clear_crypto)
endif
tests_fuzz_fuzz_cpace_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_cpace_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_discovery_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_discovery_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_entry_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_entry_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_gate_SOURCES = tests/fuzz/fuzz_gate.c $(fuzz_world)
tests_fuzz_fuzz_gate_CPPFLAGS = $(fuzz_cppflags) $(SQLCIPHER_CFLAGS)
tests_fuzz_fuzz_gate_LDFLAGS = $(LDFLAGS_WORLD)
tests_fuzz_fuzz_gate_LDADD = libcf-fuzz.a $(SIM_LIBS)
tests_fuzz_fuzz_handshake_SOURCES = tests/fuzz/fuzz_handshake.c $(clear_crypto)
tests_fuzz_fuzz_handshake_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_handshake_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_hello_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_hello_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_ipc_SOURCES = tests/fuzz/fuzz_ipc.c tests/fuzz/ram_socket.c
tests_fuzz_fuzz_ipc_CPPFLAGS = $(fuzz_cppflags) $(ASSUAN_CFLAGS) $(EVENT_CFLAGS)
tests_fuzz_fuzz_ipc_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_ipc_LDADD = libcf-fuzz.a libcf-ipc.a libcf-core.a $(BASE_LIBS) $(EVENT_LIBS) $(JANSSON_LIBS) $(ASSUAN_LIBS)
tests_fuzz_fuzz_line_SOURCES = tests/fuzz/fuzz_line.c core/ipc/line.c core/ipc/line.h
tests_fuzz_fuzz_line_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_line_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_line_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_manifest_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_manifest_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_map_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_map_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_message_SOURCES = tests/fuzz/fuzz_message.c $(fuzz_world)
tests_fuzz_fuzz_message_CPPFLAGS = $(fuzz_cppflags) $(SQLCIPHER_CFLAGS)
tests_fuzz_fuzz_message_LDFLAGS = $(LDFLAGS_WORLD)
tests_fuzz_fuzz_message_LDADD = libcf-fuzz.a $(SIM_LIBS)
tests_fuzz_fuzz_offer_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_offer_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_options_SOURCES = tests/fuzz/fuzz_options.c core/daemon/options.c core/daemon/options.h
tests_fuzz_fuzz_options_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_options_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_options_LDADD = libcf-fuzz.a libcf-net.a $(BASE_LIBS)
tests_fuzz_fuzz_packets_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_packets_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_store_SOURCES = tests/fuzz/fuzz_store.c $(fuzz_world)
tests_fuzz_fuzz_store_CPPFLAGS = $(fuzz_cppflags) $(SQLCIPHER_CFLAGS)
tests_fuzz_fuzz_store_LDFLAGS = $(LDFLAGS_WORLD)
tests_fuzz_fuzz_store_LDADD = libcf-fuzz.a $(SIM_LIBS)
tests_fuzz_fuzz_stream_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_stream_LDADD = libcf-fuzz.a libcf-net.a $(BASE_LIBS)
tests_fuzz_fuzz_talk_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_talk_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_talk_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_text_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_text_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_transfer_SOURCES = tests/fuzz/fuzz_transfer.c $(fuzz_world)
tests_fuzz_fuzz_transfer_CPPFLAGS = $(fuzz_cppflags) $(SQLCIPHER_CFLAGS)
tests_fuzz_fuzz_transfer_LDFLAGS = $(LDFLAGS_WORLD)
tests_fuzz_fuzz_transfer_LDADD = libcf-fuzz.a $(SIM_LIBS)
tests_fuzz_fuzz_datagrams_SOURCES = tests/fuzz/fuzz_datagrams.c $(clear_crypto) tests/fuzz/snapshot.c tests/fuzz/snapshot.h
tests_fuzz_fuzz_datagrams_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_datagrams_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_tunnel_SOURCES = tests/fuzz/fuzz_tunnel.c $(clear_crypto)
tests_fuzz_fuzz_tunnel_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_tunnel_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_words_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_words_LDFLAGS = $(LDFLAGS_FUZZ) -Wl,--wrap=cf_cli_fail
tests_fuzz_fuzz_words_LDADD = libcf-fuzz.a libcf-cli.a $(CLIENT_LIBS)

# make fuzz FUZZ_SECONDS=60 FUZZ_ONLY='tunnel map': each target for so long, or these, in a build of its own unless this
# is one; fuzz-fast: without sanitizers, ten times as many runs and more.  What is found lies in
# fuzz/, as TARGET-crash-...; "make fuzz-merge" adds what was learnt to the corpora, as few and small as they can be.
FUZZ_SECONDS = 60
FUZZ_ONLY = all
FUZZ_FLAGS = -timeout=20 -rss_limit_mb=2048 -print_final_stats=1
# Those of world.c take time by the step, and libFuzzer more than they do for weighing what is rare.
fuzz_worlds = core gate message store transfer
.PHONY: fuzz fuzz-coverage fuzz-fast fuzz-merge fuzz-seeds
if FUZZING
fuzz: $(fuzz_targets)
	@for target in $(fuzz_targets); do name=$${target##*/fuzz_}; \
	  case ' $(FUZZ_ONLY) ' in *" $$name "* | ' all ') echo "# $$name";; *) continue;; esac; \
	  case ' $(fuzz_worlds) ' in *" $$name "*) flags='-max_len=24 -entropic=0';; *) flags=-max_len=4096;; esac; \
	  $(MKDIR_P) fuzz/$$name $(srcdir)/tests/fuzz/corpus/$$name && \
	  ./$$target $(FUZZ_FLAGS) $$flags -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=fuzz/$$name- \
	    fuzz/$$name $(srcdir)/tests/fuzz/corpus/$$name >fuzz/$$name.log 2>&1 || { tail -n 40 fuzz/$$name.log; exit 1; }; \
	  grep -E 'cov: |stat::number_of_executed' fuzz/$$name.log | tail -n 2; \
	done
fuzz-merge: $(fuzz_targets)
	@for target in $(fuzz_targets); do name=$${target##*/fuzz_}; $(MKDIR_P) fuzz/$$name fuzz/$$name.min && \
	  ./$$target -merge=1 -use_counters=0 -max_len=4096 fuzz/$$name.min $(srcdir)/tests/fuzz/corpus/$$name fuzz/$$name >/dev/null 2>&1; \
	  echo "# fuzz/$$name.min: `ls fuzz/$$name.min | wc -l` files"; \
	done
else
fuzz fuzz-merge:
	$(MKDIR_P) fuzzing && cd fuzzing && \
	  { test -f config.status || $(abs_top_srcdir)/configure --quiet --enable-fuzzing CC=clang CFLAGS='-g -O2'; } && \
	  $(MAKE) $@ FUZZ_SECONDS='$(FUZZ_SECONDS)' FUZZ_ONLY='$(FUZZ_ONLY)'
fuzz-fast:
	$(MKDIR_P) fuzzing-fast && cd fuzzing-fast && \
	  { test -f config.status || $(abs_top_srcdir)/configure --quiet --enable-fuzzing=fast CC=clang CFLAGS='-g -O2'; } && \
	  $(MAKE) fuzz FUZZ_SECONDS='$(FUZZ_SECONDS)' FUZZ_ONLY='$(FUZZ_ONLY)'
# The examples that targets make, into the corpora.
fuzz-seeds: $(fuzz_targets)
	for target in $(fuzz_targets); do dir=$(srcdir)/tests/fuzz/corpus/$${target##*/fuzz_}; \
	  $(MKDIR_P) $$dir && ./$$target --seeds $$dir || exit 1; done
endif

# What seeds and corpora reach, line by line, in a build of its own.
fuzz-coverage:
	$(MKDIR_P) fuzz-coverage && cd fuzz-coverage && \
	  { test -f config.status || $(abs_top_srcdir)/configure --quiet --enable-coverage CFLAGS='-g -O0'; } && \
	  $(MAKE) $(fuzz_targets) && lcov --quiet --directory . --zerocounters && \
	  for target in $(fuzz_targets); do CF_SRCDIR='$(abs_top_srcdir)' ./$$target >/dev/null || exit 1; done && \
	  lcov --quiet --capture --directory . --output-file all.info && \
	  lcov --quiet --extract all.info '*/base/*' '*/net/*' '*/gpg/*' '*/core/*' '*/ui/*' --output-file fuzz.info && \
	  lcov --list fuzz.info
