import CVTerm
import Glibc
import TerminalUI

/// Why a test's terminal gave up, with the screen at that moment.
public struct PseudoTerminalError: Error, CustomStringConvertible, Sendable {
  public let description: String
}

/// How a program ended.
public enum ExitStatus: Equatable, Sendable {
  case exited(Int32)
  case signaled(Int32)
}

/// A program on a pseudo-terminal, with an emulator that shows what its user would see.
///
/// Everything waits for a condition of the screen or of the program, never for a time alone.
public final class PseudoTerminal {
  /// The process started; the leader of its own session, whose terminal this is.
  public let process: pid_t
  /// All the program has written.
  public private(set) var output: [UInt8] = []
  private let screen: Screen
  private var master: Int32
  private let slave: Int32
  private var firstModes = termios()
  private var status: ExitStatus?

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - command: the path of the program and its arguments.
  ///   - term: the variable TERM; `nil` unsets it.
  ///   - environment: changes to this process's variables; `nil` unsets one.
  public init(
    _ command: [String], term: String? = "xterm-256color",
    size: Size = Size(width: 80, height: 24), environment: [String: String?] = [:],
    directory: String? = nil
  ) throws {
    var window = winsize(
      ws_row: UInt16(size.height), ws_col: UInt16(size.width), ws_xpixel: 0, ws_ypixel: 0)
    var ends: (master: Int32, slave: Int32) = (-1, -1)
    guard openpty(&ends.master, &ends.slave, nil, nil, &window) == 0 else {
      throw PseudoTerminalError(
        description: "No pseudo-terminal: \(String(cString: strerror(errno)))")
    }
    _ = fcntl(ends.master, F_SETFD, FD_CLOEXEC)
    _ = fcntl(ends.slave, F_SETFD, FD_CLOEXEC)
    (master, slave) = ends
    tcgetattr(slave, &firstModes)
    screen = Screen(size: size)

    var changes = environment
    changes.updateValue(term, forKey: "TERM")
    // The backtracer would wait for answers at the terminal.
    if changes["SWIFT_BACKTRACE"] == nil { changes["SWIFT_BACKTRACE"] = "enable=no" }
    var name = [CChar](repeating: 0, count: 128)
    ttyname_r(slave, &name, name.count)
    process = try spawn(
      command, terminal: name, environment: changes, directory: directory)
  }

  deinit {
    if status == nil {
      _ = Glibc.kill(-process, SIGKILL)
      _ = Glibc.kill(process, SIGKILL)
      var raw: Int32 = 0
      waitpid(process, &raw, 0)
    }
    if master >= 0 { close(master) }
    close(slave)
  }

  // MARK: The screen

  public var size: Size { screen.size }

  /// The text of each row, trailing spaces removed.
  public func screenRows() -> [String] {
    (0..<size.height).map { y in
      var row = ""
      for x in 0..<size.width { row += screen.cell(x: x, y: y).text }
      while row.last == " " { row.removeLast() }
      return row
    }
  }

  /// The rows as one text.
  public func screenText() -> String { screenRows().joined(separator: "\n") }

  public func cell(x: Int, y: Int) -> ScreenCell { screen.cell(x: x, y: y) }

  public var cursor: Point { screen.cursor }
  public var isCursorVisible: Bool { screen.state.cursorVisible }
  public var isOnAlternateScreen: Bool { screen.state.alternateScreen }
  /// Whether the program has the mouse.
  public var isMouseOn: Bool { screen.state.mouse }

  /// Whether the terminal's modes are what they were before the program started.
  public var modesAreRestored: Bool {
    var modes = termios()
    tcgetattr(slave, &modes)
    return modes.c_iflag == firstModes.c_iflag && modes.c_oflag == firstModes.c_oflag
      && modes.c_cflag == firstModes.c_cflag && modes.c_lflag == firstModes.c_lflag
  }

  // MARK: Input

  /// Types text as it is; control characters are keys.
  public func send(_ keys: String) {
    write(Array(keys.utf8))
  }

  /// Presses a key as this kind of terminal sends it.
  public func send(key: KeyPress) {
    let control = key.modifiers.contains(.control)
    let prefix = key.modifiers.contains(.alt) ? "\u{1B}" : ""
    switch key.key {
    case .character(let character):
      if control, let ascii = character.asciiValue {
        write(Array(prefix.utf8) + [ascii & 0x1F])
      } else {
        send(prefix + String(character))
      }
    case .enter: send(prefix + "\r")
    case .escape: send("\u{1B}")
    case .tab: send(key.modifiers.contains(.shift) ? "\u{1B}[Z" : "\t")
    case .backspace: send(prefix + "\u{7F}")
    default:
      screen.press(key.key.emulated, key.modifiers.emulated)
      sendReplies()
    }
  }

  /// Presses a key by its name, such as `shift-up`.
  public func send(key name: String) throws {
    send(key: try KeyPress(parsing: name))
  }

  /// Pastes text, bracketed if the program asked for that.
  public func paste(_ text: String) {
    screen.startPaste()
    sendReplies()
    send(text)
    screen.endPaste()
    sendReplies()
  }

  /// Moves and presses the mouse; what the program did not ask for is not sent.
  public func mouse(_ event: MouseEvent) {
    switch event {
    case .press(let point, let button):
      screen.moveMouse(to: point)
      screen.setMouseButton(button.number, down: true)
    case .drag(let point): screen.moveMouse(to: point)
    case .release(let point):
      screen.moveMouse(to: point)
      for number in Int32(1)...3 { screen.setMouseButton(number, down: false) }
    case .scroll(let point, let up):
      screen.moveMouse(to: point)
      screen.setMouseButton(up ? 4 : 5, down: true)
    }
    sendReplies()
  }

  public func resize(to size: Size) {
    screen.resize(to: size)
    var window = winsize(
      ws_row: UInt16(size.height), ws_col: UInt16(size.width), ws_xpixel: 0, ws_ypixel: 0)
    // The kernel sends SIGWINCH to the programs on the terminal.
    _ = ioctl(master, UInt(TIOCSWINSZ), &window)
  }

  /// Sends a signal to the process.
  public func kill(_ signal: Int32) {
    _ = Glibc.kill(process, signal)
  }

  /// Sends a signal to the process group in the terminal's foreground, as its keys do.
  public func signalForeground(_ signal: Int32) {
    _ = Glibc.kill(-tcgetpgrp(master), signal)
  }

  /// Takes the terminal away, as closing its window does.
  public func hangUp() {
    close(master)
    master = -1
  }

  // MARK: Waiting

  /// Lets the program go on until the screen is as expected.
  public func wait(
    _ what: String = "the screen", timeout: Duration = .seconds(20),
    until condition: (PseudoTerminal) throws -> Bool
  ) throws {
    let deadline = ContinuousClock.now + timeout
    while try !condition(self) {
      guard ContinuousClock.now < deadline else {
        throw PseudoTerminalError(
          description: "Waited \(timeout) in vain for \(what). The screen:\n\(screenText())")
      }
      if pump() == false, status != nil {
        if try condition(self) { return }
        throw PseudoTerminalError(
          description:
            "The program ended (\(status.map { "\($0)" } ?? "")) before \(what). The screen:\n"
            + screenText())
      }
    }
  }

  /// Waits until the text is somewhere on the screen.
  public func wait(for text: String, timeout: Duration = .seconds(20)) throws {
    try wait("\"\(text)\"", timeout: timeout) { $0.screenText().contains(text) }
  }

  /// Waits for the program's end, and takes in all it wrote before.
  public func waitForExit(timeout: Duration = .seconds(20)) throws -> ExitStatus {
    let deadline = ContinuousClock.now + timeout
    while true {
      let more = pump()
      if !more, let status { return status }
      guard ContinuousClock.now < deadline else {
        throw PseudoTerminalError(
          description: "The program did not end within \(timeout). The screen:\n\(screenText())")
      }
    }
  }

  /// Takes in what the program wrote, waiting for it a moment; returns whether there was any.
  private func pump() -> Bool {
    reap()
    var descriptor = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    guard poll(&descriptor, 1, status == nil ? 10 : 0) > 0 else { return false }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = read(master, &buffer, buffer.count)
    guard count > 0 else { return false }
    output += buffer.prefix(count)
    screen.write(Array(buffer.prefix(count)))
    sendReplies()
    return true
  }

  private func reap() {
    var raw: Int32 = 0
    guard status == nil, waitpid(process, &raw, WNOHANG) == process else { return }
    status = raw & 0x7F == 0 ? .exited(raw >> 8 & 0xFF) : .signaled(raw & 0x7F)
  }

  private func sendReplies() {
    write(screen.takeReplies())
  }

  private func write(_ bytes: [UInt8]) {
    var bytes = bytes[...]
    while master >= 0, !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(master, $0.baseAddress, min($0.count, 1024)) }
      if count <= 0, errno != EINTR { return }
      bytes = bytes.dropFirst(max(0, count))
    }
  }
}
