# ui/cli: what this folder builds and tests.
noinst_LIBRARIES += libcf-cli.a
libcf_cli_a_SOURCES = ui/cli/cli.h ui/cli/words.c ui/cli/table.c ui/cli/columns.c ui/cli/columns.h ui/cli/verb.c \
	ui/cli/help.c ui/cli/call.c ui/cli/waiting.c ui/cli/output.c ui/cli/row.c ui/cli/show.c ui/cli/password.c ui/cli/send.c ui/cli/lines.c \
	ui/cli/files.c ui/cli/only.c ui/cli/files.h ui/cli/progress.c \
	ui/cli/init.c ui/cli/console.c ui/cli/console.h ui/cli/chat.c ui/cli/chat_rows.c ui/cli/chat_commands.c ui/cli/typed.c ui/cli/typed.h ui/cli/qr.c ui/cli/revoke.c ui/cli/salvage.c \
	ui/cli/demo.c ui/cli/demo.h ui/cli/demo_world.c ui/cli/echo.c
libcf_cli_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)

bin_PROGRAMS += confab
confab_SOURCES = ui/cli/main.c base/wiping_heap.c
confab_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
confab_LDADD = libcf-cli.a $(TUI_LIBS)

dist_noinst_SCRIPTS += ui/demo/demo.sh

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = ui/cli/completion/confab ui/cli/completion/confab-node
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = ui/cli/completion/_confab
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_fishcompletion_DATA = ui/cli/completion/confab.fish

if HAVE_CMOCKA
cli_tests = tests/unit/ui/test_words tests/unit/ui/test_table
check_PROGRAMS += $(cli_tests)
TESTS += $(cli_tests)
tests_unit_ui_test_words_SOURCES = tests/unit/ui/test_words.c
tests_unit_ui_test_words_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_ui_test_words_LDADD = libcf-cli.a $(CLIENT_LIBS) $(CMOCKA_LIBS)
tests_unit_ui_test_table_SOURCES = tests/unit/ui/test_table.c
tests_unit_ui_test_table_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_ui_test_table_LDADD = libcf-cli.a $(CLIENT_LIBS) $(CMOCKA_LIBS)
endif

cli_e2e = tests/e2e/cli_errors.sh tests/e2e/cli_demo.sh tests/e2e/cli_console.sh tests/e2e/echo.sh tests/e2e/completion.sh
dist_check_SCRIPTS += $(cli_e2e)
TESTS += $(cli_e2e)
EXTRA_DIST += tests/e2e/cli_console.py tests/e2e/echo.py
