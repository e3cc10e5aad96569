// GNU readline. Its settings are global variables, which Swift cannot touch, so
// each has a function here.
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <readline/history.h>
#include <readline/readline.h>

typedef char **(*solon_completion_function)(const char *text, int start, int end);
typedef char *(*solon_word_breaks_function)(void);

// Before the first line is read.
static inline void solon_readline_configure(
    solon_completion_function complete, solon_word_breaks_function word_breaks) {
  rl_readline_name = "solon";
  rl_attempted_completion_function = complete;
  rl_completion_word_break_hook = word_breaks;
  rl_basic_quote_characters = "";
  // A stopped or ended process gives the terminal back, also while it waits for
  // a key.
  rl_persistent_signal_handlers = 1;
  // A question about the number of names would wait for a key, deaf to Ctrl-C.
  rl_completion_query_items = -1;
  rl_variable_bind("page-completions", "off");
  // Entries of several lines are told apart by the time line before each.
  history_comment_char = '#';
  history_write_timestamps = 1;
}

static inline const char *solon_readline_line(void) { return rl_line_buffer; }
static inline int solon_readline_point(void) { return rl_point; }

// How the completion at hand ends: no file names after our own, and what to
// write after the only match.
static inline void solon_readline_completion_style(bool names_only, int append) {
  rl_attempted_completion_over = names_only;
  rl_completion_append_character = append;
}

// Gives up the line being edited, as Ctrl-C does.
static inline void solon_readline_abandon_line(void) {
  rl_echo_signal_char(SIGINT);
  rl_crlf();
  rl_free_line_state();
  rl_callback_sigcleanup();
}

// Waits for input with the signals of `mask` blocked, and no others: only
// pselect changes over in the same moment, and Swift cannot touch its sets.
// Returns the descriptor that can be read, the second if both can, or -1 after
// a signal.
static inline int solon_wait_for_input(int first, int second, const sigset_t *mask) {
  fd_set inputs;
  FD_ZERO(&inputs);
  FD_SET(first, &inputs);
  FD_SET(second, &inputs);
  int end = (first > second ? first : second) + 1;
  if (pselect(end, &inputs, NULL, NULL, NULL, mask) < 0) return -1;
  return FD_ISSET(second, &inputs) ? second : first;
}

// Bytes of the longest character in the locale in force.
static inline int solon_longest_character(void) { return (int)MB_CUR_MAX; }
