import CNCurses
import Glibc

/// The terminal this program runs in, through ncurses.
///
/// One object at a time, used from one thread; curses knows no others. While it is open the screen
/// and the keyboard are the program's: raw mode, the alternate screen, the mouse, bracketed paste.
/// However the program ends, the terminal is put back.
public final class Terminal {
  /// What the terminal is opened with.
  public struct Options: Sendable {
    /// Whether the mouse is the program's; if not, people select text with it.
    public var mouse: Bool
    /// Whether to use colours; by default unless the variable NO_COLOR says otherwise.
    public var color: Bool

    public init(mouse: Bool = true, color: Bool? = nil) {
      self.mouse = mouse
      self.color = color ?? (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)
    }
  }

  /// Wakes ``nextEvent(timeout:)`` from any thread.
  public let waker: Waker
  public let colorDepth: ColorDepth
  let options: Options
  let signals: Int32
  let keys: KeyTable
  private let screen: OpaquePointer
  private let modesOn: String
  private let modesOff: String
  private var isOpen = true

  /// What the screen shows; `nil` if it is to be drawn anew.
  var shown: Surface?
  var decoder = InputDecoder()
  /// Events that were read and not yet asked for.
  var queued: ArraySlice<TerminalEvent> = []
  /// The mouse button that is down.
  var heldButton: MouseButton?

  /// Opens the terminal of standard input and output.
  ///
  /// - Throws: a sentence when they are no terminal, or one that cannot place text.
  public static func open(
    _ options: Options = Options(), waker: Waker = Waker()
  ) throws(TerminalError) -> Terminal {
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
      throw TerminalError(
        "The workstation needs a terminal, but standard input or output is a file or a pipe; "
          + "run it without redirecting them.")
    }
    useUnicode()
    // With these set, curses would never learn the window's real size.
    unsetenv("LINES")
    unsetenv("COLUMNS")
    try checkTerminalType()
    let signals = cn_guard_save(STDOUT_FILENO)
    guard signals >= 0 else {
      throw TerminalError(
        "The terminal's modes cannot be read: \(String(cString: strerror(errno))).")
    }
    guard let screen = cn_newterm() else {
      throw TerminalError("The terminal cannot be opened; is TERM right for it?")
    }
    return Terminal(options, waker: waker, signals: signals, screen: screen)
  }

  private init(_ options: Options, waker: Waker, signals: Int32, screen: OpaquePointer) {
    self.options = options
    self.waker = waker
    self.signals = signals
    self.screen = screen
    raw()
    noecho()
    nonl()
    let window = cn_stdscr()
    keypad(window, true)
    nodelay(window, true)
    // Longer than the bytes of one key take to arrive, shorter than anyone notices.
    set_escdelay(25)
    colorDepth = Self.startColors(options)
    let mouse = Self.startMouse(options)
    modesOn = mouse.on + "\u{1B}[?2004h"
    modesOff = mouse.off + "\u{1B}[?2004l"
    keys = KeyTable()
    cn_guard_install(
      modesOff
        + ["sgr0", "cnorm", "rmkx", "rmcup"].map(Self.terminfo).joined())
    erase()
    refresh()
    Self.send(modesOn)
  }

  deinit {
    close()
    delscreen(screen)
  }

  /// The screen's size in cells.
  public var size: Size {
    let window = cn_stdscr()
    return Size(width: Int(getmaxx(window)), height: Int(getmaxy(window)))
  }

  /// Gives the terminal back to the shell and stops the program, until the shell continues it.
  public func suspend() {
    guard isOpen else { return }
    Self.send(modesOff)
    endwin()
    cn_guard_stop()
    redraw()
  }

  /// Gives the terminal back; nothing else may be called after it.
  public func close() {
    guard isOpen else { return }
    isOpen = false
    Self.send(modesOff)
    endwin()
    cn_guard_remove()
  }

  /// Makes the next drawing repaint everything, and sets the terminal's modes again.
  func redraw() {
    shown = nil
    // Another program may have changed what curses believes to be there.
    clearok(cn_curscr(), true)
    refresh()
    curs_set(0)
    Self.send(modesOn)
  }

  // MARK: Setting up

  /// Curses draws what the locale can encode; every Debian has C.UTF-8.
  private static func useUnicode() {
    setlocale(LC_ALL, "")
    if let codeset = nl_langinfo(Int32(CODESET)), String(cString: codeset) == "UTF-8" { return }
    setlocale(LC_CTYPE, "C.UTF-8")
  }

  private static func checkTerminalType() throws(TerminalError) {
    let name = getenv("TERM").map { String(cString: $0) } ?? ""
    guard !name.isEmpty else {
      throw TerminalError(
        "The variable TERM is not set, so nobody knows how this terminal works; "
          + "set it, for example to xterm-256color.")
    }
    guard cn_setupterm(STDOUT_FILENO) == OK else {
      throw TerminalError(
        "There is no description of the terminal type \"\(name)\" (the variable TERM); "
          + "set TERM to one that this system knows, for example xterm-256color.")
    }
    guard !terminfo("cup").isEmpty else {
      throw TerminalError(
        "A terminal of type \"\(name)\" (the variable TERM) cannot place text on the screen; "
          + "run the workstation in a terminal window, or set TERM to what this one is.")
    }
  }

  /// The mouse reports buttons, and movement while one is held (1002).
  ///
  /// Curses asks for less than that, so it is asked for here; in the long form (1006) only where
  /// the terminal's description says that curses will recognise it.
  private static func startMouse(_ options: Options) -> (on: String, off: String) {
    let prefix = terminfo("kmous")
    guard options.mouse, !prefix.isEmpty else { return ("", "") }
    mousemask(cn_mouse_events, nil)
    mouseinterval(0)
    let long = prefix == "\u{1B}[<"
    return (
      "\u{1B}[?1002h" + (long ? "\u{1B}[?1006h" : ""),
      (long ? "\u{1B}[?1006l" : "") + "\u{1B}[?1002l\u{1B}[?1000l"
    )
  }

  /// A string of the terminal's description without its delays; empty if it has none.
  static func terminfo(_ name: String) -> String {
    guard let pointer = tigetstr(name), Int(bitPattern: pointer) != -1 else { return "" }
    var text = ""
    var rest = Substring(String(cString: pointer))
    while let start = rest.firstRange(of: "$<"),
      let end = rest[start.upperBound...].firstIndex(of: ">")
    {
      text += rest[..<start.lowerBound]
      rest = rest[rest.index(after: end)...]
    }
    return text + rest
  }

  /// Writes a control sequence of our own, behind everything curses has written.
  private static func send(_ sequence: String) {
    var bytes = Array(sequence.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR { return }
      bytes = bytes.dropFirst(max(0, count))
    }
  }
}
