import CReadline
import Foundation

/// Reads lines from a terminal with editing, history and completion: GNU
/// readline, driven key by key so that Ctrl-C can be waited for beside the
/// keyboard.
///
/// Readline's state is global, so there is one editor, on the main thread.
final class LineEditor {
  enum Event: Equatable {
    /// A line, or several that were pasted at once.
    case line(String)
    /// A line that is not UTF-8.
    case garbled
    /// Ctrl-C; what was typed is gone.
    case interrupted
    /// Ctrl-D on an empty line, or a closed terminal.
    case end
  }

  private let interrupts: InterruptWatch
  private let completions: (String) -> ReplSession.Completions
  private var received: Event?

  /// The editor that readline's callbacks mean, which carry no context.
  /// Unchecked: only touched on the main thread, which `read` checks.
  nonisolated(unsafe) private static var current: LineEditor?

  /// - Parameter completions: what can stand at the end of a line's beginning.
  init(
    interrupts: InterruptWatch, completions: @escaping (String) -> ReplSession.Completions
  ) {
    precondition(Thread.isMainThread, "a LineEditor belongs to the main thread")
    self.interrupts = interrupts
    self.completions = completions
    solon_readline_configure(
      { _, _, _ in LineEditor.current?.complete() },
      { LineEditor.current?.wordBreaks() })
  }

  func read(prompt: String) -> Event {
    precondition(Thread.isMainThread, "a LineEditor belongs to the main thread")
    // Characters have the user's encoding while they are typed; scripts keep
    // the C locale, in which `%a` and `<` mean the same everywhere.
    setlocale(LC_CTYPE, "")
    if solon_longest_character() == 1, !Self.namesLocale { setlocale(LC_CTYPE, "C.UTF-8") }
    defer { setlocale(LC_CTYPE, "C") }
    Self.current = self
    received = nil
    interrupts.drain()
    rl_callback_handler_install(prompt) { line in LineEditor.current?.take(line) }
    defer {
      rl_callback_handler_remove()
      interrupts.hold()
    }
    while true {
      interrupts.hold()
      if rl_pending_signal() != 0 {
        // A resized window, or a signal to stop or to end.
        let wasStopped = rl_pending_signal() == SIGTSTP
        rl_check_signals()
        if wasStopped { rl_forced_update_display() }
        continue
      }
      // Readline's handlers only take a note. So they are let through while we
      // wait and nowhere else: a note taken just before would lie there until
      // the next key, and while a key is dealt with, readline would stop
      // without our showing the line again.
      var whileWaiting = sigset_t()
      withUnsafePointer(to: Self.noted) { _ = pthread_sigmask(SIG_BLOCK, $0, &whileWaiting) }
      if rl_pending_signal() != 0 { continue }
      if let received { return received }
      switch solon_wait_for_input(STDIN_FILENO, interrupts.descriptor, &whileWaiting) {
      case STDIN_FILENO:
        rl_callback_read_char()
      case interrupts.descriptor:
        solon_readline_abandon_line()
        return .interrupted
      default:
        continue
      }
    }
  }

  /// The signals that readline handles while it reads, but for Ctrl-C, which is
  /// watched for, and those of a process in the background that uses the
  /// terminal, which come from what it does itself.
  private static let noted = {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGVTALRM, SIGTSTP, SIGWINCH] {
      sigaddset(&signals, signal)
    }
    return signals
  }()

  private func take(_ line: UnsafeMutablePointer<CChar>?) {
    if let line {
      received = String(validatingCString: line).map { .line($0) } ?? .garbled
      free(line)
    } else {
      received = .end
    }
    // Else readline would show the prompt for another line.
    rl_callback_handler_remove()
  }

  /// Whether the environment asks for a locale; without one, as in a bare
  /// container, the terminal is taken to be UTF-8.
  private static let namesLocale = ["LC_ALL", "LC_CTYPE", "LANG"].contains {
    !(ProcessInfo.processInfo.environment[$0] ?? "").isEmpty
  }

  // MARK: Completion

  private var lineToCursor: String {
    String(
      decoding: UnsafeRawBufferPointer(
        start: solon_readline_line(), count: Int(solon_readline_point())), as: UTF8.self)
  }

  /// Readline's list of matches: what they have in common, each of them, and
  /// null; null for none. Readline frees it.
  private func complete() -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
    switch completions(lineToCursor) {
    case .files:
      solon_readline_completion_style(false, 0)
      return nil
    case .words(let words):
      solon_readline_completion_style(true, 0)
      guard let first = words.first else { return nil }
      let common = words.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
      let entries = [common] + (words.count > 1 ? words : [])
      let size = (entries.count + 1) * MemoryLayout<UnsafeMutablePointer<CChar>?>.stride
      guard let memory = malloc(size) else { return nil }
      let list = memory.bindMemory(
        to: UnsafeMutablePointer<CChar>?.self, capacity: entries.count + 1)
      for (index, entry) in entries.enumerated() { list[index] = strdup(entry) }
      list[entries.count] = nil
      return list
    }
  }

  /// The characters that end the word before the cursor, by what the word is.
  private func wordBreaks() -> UnsafeMutablePointer<CChar>? {
    switch CompletionRequest(lineToCursor) {
    case .file: Self.breaksAroundFiles
    case .module: Self.breaksAroundModules
    default: Self.breaksAroundNames
    }
  }

  // Readline keeps the pointers.
  nonisolated(unsafe) private static let breaksAroundFiles = strdup(" \t\n\"'")
  nonisolated(unsafe) private static let breaksAroundModules = strdup(" \t\n\"'.")
  nonisolated(unsafe) private static let breaksAroundNames = strdup(
    " \t\n\"'`.:,;()[]{}<>=~+-*/%^&|#!?@$\\")
}
