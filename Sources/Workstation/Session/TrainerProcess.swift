import Foundation
import Storage

/// A trainer that this workstation has started, in a session of its own and at low priority.
final class TrainerProcess: Sendable {
  let pid: pid_t
  let started = ContinuousClock.now
  private let log: URL
  /// How long the log was before.
  private let logStart: UInt64

  /// How it ended.
  enum End: Hashable {
    case success
    case failure(Int32)
    case signal(Int32)

    var text: String {
      switch self {
      case .success: "has ended"
      case .failure(let code): "ended with code \(code)"
      case .signal(let number): "was ended by signal \(number)"
      }
    }
  }

  /// Starts it; what it prints goes to `trainer.log` in the workspace.
  init(command: [String], directory: URL) throws {
    log = directory.appendingPathComponent("trainer.log")
    let file = open(log.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw WorkstationError(
        "\(log.path) could not be opened: \(String(cString: strerror(errno))).")
    }
    defer { close(file) }
    logStart = UInt64(max(0, lseek(file, 0, SEEK_END)))
    pid = try Self.spawn(command, output: file)
    // Before it has other threads, which take their priority from this one.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(pid), 10)
  }

  private static func spawn(_ command: [String], output: Int32) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    keepFilesToItself()
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The trainer gets none of what the terminal's owner does with signals.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGPIPE, SIGWINCH, SIGCONT] {
      sigaddset(&signals, signal)
    }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let flags = setSession | Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF)
    posix_spawnattr_setflags(&attributes, flags)

    var environment = ProcessInfo.processInfo.environment
    environment["SWIFT_BACKTRACE"] = "interactive=no,color=no"
    var arguments = command.map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer {
      for text in arguments + variables { free(text) }
    }
    var pid: pid_t = 0
    let result = posix_spawnp(&pid, command[0], &actions, &attributes, &arguments, &variables)
    guard result == 0 else {
      throw WorkstationError(
        "The trainer \(command[0]) could not be started: \(String(cString: strerror(result))).")
    }
    return pid
  }

  /// `POSIX_SPAWN_SETSID` of glibc and musl: their header shows it only to programs in C that
  /// define `_GNU_SOURCE`.
  private static let setSession: Int16 = 0x80

  /// Marks every open file but the standard ones to be closed in the trainer.
  private static func keepFilesToItself() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    for file in names.compactMap(Int32.init) where file > 2 {
      let flags = fcntl(file, F_GETFD)
      if flags >= 0 { _ = fcntl(file, F_SETFD, flags | FD_CLOEXEC) }
    }
  }

  /// How it ended; nil while it runs.
  func end() -> End? {
    var status: Int32 = 0
    let result = waitpid(pid, &status, WNOHANG)
    if result == 0 { return nil }
    // Someone else has waited for it.
    guard result == pid else { return .success }
    let signal = status & 0x7f
    if signal != 0 { return .signal(signal) }
    let code = (status >> 8) & 0xff
    return code == 0 ? .success : .failure(code)
  }

  /// The last line it printed; nil if none.
  var lastWords: String? {
    guard let file = try? FileHandle(forReadingFrom: log) else { return nil }
    defer { try? file.close() }
    guard let size = try? file.seekToEnd(), size > logStart else { return nil }
    let start = max(logStart, size > 4096 ? size - 4096 : 0)
    guard (try? file.seek(toOffset: start)) != nil, let data = try? file.readToEnd() else {
      return nil
    }
    let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
    return lines.last { $0.contains { !$0.isWhitespace } }.map(String.init)
  }
}
