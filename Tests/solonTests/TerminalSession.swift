import Foundation
import Testing

/// A `solon repl` on a pseudo-terminal of its own, typed at like a person
/// would.
///
/// It is a job of a shell that leads the terminal's session, as a person's is:
/// the system stops no process whose session holds nobody to continue it.
final class TerminalSession {
  private let terminal: Int32
  /// The shell's.
  private let identifier: pid_t
  private var pending = ""
  private var isReaped = false
  private static let setLock: UInt = 0x4004_5431  // TIOCSPTLCK
  private static let getNumber: UInt = 0x8004_5430  // TIOCGPTN

  /// - Parameter state: where the session keeps its history.
  init(_ arguments: [String] = [], in directory: URL, state: URL) throws {
    terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    // As unlockpt and ptsname do, which Swift does not see.
    var locked: Int32 = 0
    var number: Int32 = 0
    guard terminal >= 0, ioctl(terminal, Self.setLock, &locked) == 0,
      ioctl(terminal, Self.getNumber, &number) == 0
    else { throw TinyProjectError(description: "no pseudo-terminal: error \(errno)") }
    let name = "/dev/pts/\(number)"
    _ = fcntl(terminal, F_SETFD, FD_CLOEXEC)
    var size = winsize(ws_row: 40, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(terminal, UInt(TIOCSWINSZ), &size)

    // The first terminal that a session's leader opens becomes its own, and
    // then Ctrl-C typed there is a signal.
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    let newSession: Int32 = 0x80  // POSIX_SPAWN_SETSID
    posix_spawnattr_setflags(
      &attributes, Int16(newSession | Int32(POSIX_SPAWN_SETSIGMASK)))

    // A job that stops is said to have, and continued by the next Return.
    let script = """
      cd "$1" && shift && set -m || exit
      "$@"; code=$?
      while [ $code = \(128 + SIGTSTP) ]; do
        echo "The job has stopped."; read -r answer; fg; code=$?
      done
      exit $code
      """
    let words =
      ["sh", "-c", script, "sh", directory.path]
      + [SolonProcess.executable.path, "repl"] + arguments
    let environment = [
      "TERM=xterm", "INPUTRC=/dev/null", "LC_ALL=C.UTF-8", "NO_COLOR=1",
      "XDG_STATE_HOME=\(state.path)", "PATH=/usr/bin:/bin",
    ]
    var argv = words.map { strdup($0) } + [nil]
    var envp = environment.map { strdup($0) } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var child = pid_t()
    let failure = posix_spawn(&child, "/bin/sh", &actions, &attributes, &argv, &envp)
    guard failure == 0 else {
      throw TinyProjectError(description: "cannot start a session: \(failure)")
    }
    identifier = child
  }

  deinit {
    if !isReaped {
      signalJob(SIGKILL)
      kill(identifier, SIGKILL)
      var status: Int32 = 0
      waitpid(identifier, &status, 0)
    }
    close(terminal)
  }

  /// Types keys: `\r` is Return, `\t` Tab, `\u{3}` Ctrl-C, `\u{4}` Ctrl-D.
  func type(_ keys: String) {
    let bytes = Array(keys.utf8)
    _ = write(terminal, bytes, bytes.count)
  }

  /// Types a line and waits for `answer` and the next prompt, for between two
  /// prompts the terminal takes keys in another way.
  func enter(
    _ line: String, answer: String = "", prompt: String = "> ",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    type(line + "\r")
    expect(answer.isEmpty ? "\n" : "\n\(answer)\n", sourceLocation: sourceLocation)
    expect(prompt, sourceLocation: sourceLocation)
  }

  static let up = "\u{1b}[A"

  /// Waits until the screen shows `text`, after what was expected before.
  /// Returns everything up to it.
  @discardableResult
  func expect(
    _ text: String, seconds: Double = 30, sourceLocation: SourceLocation = #_sourceLocation
  ) -> String {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      if let range = pending.range(of: text) {
        defer { pending = String(pending[range.upperBound...]) }
        return String(pending[..<range.lowerBound])
      }
      guard readMore() else { break }
    }
    Issue.record(
      "the terminal did not show \(text.debugDescription) but \(pending.debugDescription)",
      sourceLocation: sourceLocation)
    return ""
  }

  /// Waits for output; false when the session has ended.
  private func readMore() -> Bool {
    var source = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
    guard poll(&source, 1, 200) > 0 else { return true }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(terminal, &bytes, bytes.count)
    guard count > 0 else { return false }
    pending += String(
      decoding: bytes.prefix(count).filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
    // What switches the terminal's treatment of pastes shows nothing.
    for invisible in ["\u{1b}[?2004h", "\u{1b}[?2004l"] {
      pending = pending.replacingOccurrences(of: invisible, with: "")
    }
    return true
  }

  /// Whether the terminal is in the state in which a shell wants it back.
  var isCooked: Bool {
    var settings = termios()
    tcgetattr(terminal, &settings)
    let wanted = tcflag_t(ICANON | ECHO | ISIG)
    return settings.c_lflag & wanted == wanted
  }

  /// Stops the session by Ctrl-Z, and continues it by `fg`.
  func suspendAndContinue(sourceLocation: SourceLocation = #_sourceLocation) {
    type("\u{1a}")
    expect("The job has stopped.", sourceLocation: sourceLocation)
    type("\n")
  }

  func terminate() { signalJob(SIGTERM) }

  /// Signals what the terminal listens to.
  private func signalJob(_ signal: Int32) {
    let group = tcgetpgrp(terminal)
    if group > 0 { kill(-group, signal) }
  }

  /// Waits for the end and returns the exit code, or minus the signal: a shell
  /// says it as 128 and the signal.
  func exitCode() -> Int32 {
    let end = Date().addingTimeInterval(30)
    var status: Int32 = 0
    while waitpid(identifier, &status, WNOHANG) == 0 {
      if Date() > end {
        signalJob(SIGKILL)
        kill(identifier, SIGKILL)
      }
      _ = readMore()
    }
    isReaped = true
    let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
    return code > 128 ? 128 - code : code
  }
}
