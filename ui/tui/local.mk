# ui/tui: the terminal client, a part of the program "confab".
noinst_LIBRARIES += libcf-tui.a
libcf_tui_a_SOURCES = ui/tui/must.c ui/tui/must.h ui/tui/cell.c ui/tui/cell.h ui/tui/wrap.c ui/tui/wrap.h \
	ui/tui/edit.c ui/tui/edit.h ui/tui/scroll.c ui/tui/scroll.h ui/tui/block.c ui/tui/block.h \
	ui/tui/paper.c ui/tui/paper.h ui/tui/frame.c ui/tui/frame.h ui/tui/term.c ui/tui/term.h \
	ui/tui/args.c ui/tui/args.h ui/tui/command.c ui/tui/command.h ui/tui/app.h \
	ui/tui/screen.c ui/tui/window.c ui/tui/question.c ui/tui/call.c ui/tui/input.c ui/tui/news.c ui/tui/first_run.c \
	ui/tui/commands_people.c ui/tui/commands_message.c ui/tui/commands_file.c ui/tui/commands_conversation.c ui/tui/commands_self.c \
	ui/tui/tui.c ui/tui/tui.h
libcf_tui_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(NCURSESW_CFLAGS)
TUI_LIBS = libcf-tui.a $(CLIENT_LIBS) $(NCURSESW_LIBS)

if HAVE_CMOCKA
tui_tests = tests/unit/ui/test_tui_cell tests/unit/ui/test_tui_edit tests/unit/ui/test_tui_screen \
	tests/unit/ui/test_tui_block
check_PROGRAMS += $(tui_tests)
TESTS += $(tui_tests)
tests_unit_ui_test_tui_cell_SOURCES = tests/unit/ui/test_tui_cell.c
tests_unit_ui_test_tui_cell_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_ui_test_tui_edit_SOURCES = tests/unit/ui/test_tui_edit.c
tests_unit_ui_test_tui_edit_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_ui_test_tui_screen_SOURCES = tests/unit/ui/test_tui_screen.c
tests_unit_ui_test_tui_screen_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_ui_test_tui_block_SOURCES = tests/unit/ui/test_tui_block.c
tests_unit_ui_test_tui_block_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_ui_test_tui_block_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
endif

dist_check_SCRIPTS += tests/e2e/tui.sh
TESTS += tests/e2e/tui.sh
tests/e2e/tui.log: confab confabd
EXTRA_DIST += tests/lab/tui.py tests/e2e/tui.py
