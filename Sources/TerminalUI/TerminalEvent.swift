/// A key without its modifiers.
public enum Key: Hashable, Sendable {
  case character(Character)
  case enter, escape, tab, backspace, delete, insert
  case up, down, left, right, home, end, pageUp, pageDown
  case function(Int)
}

/// Keys held down with another.
public struct Modifiers: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  public static let shift = Modifiers(rawValue: 1)
  public static let alt = Modifiers(rawValue: 2)
  public static let control = Modifiers(rawValue: 4)
}

/// One press of a key.
///
/// Shift is part of a character (`J`, not shift and `j`); a control key's letter is lower case.
public struct KeyPress: Hashable, Sendable {
  public var key: Key
  public var modifiers: Modifiers

  public init(_ key: Key, _ modifiers: Modifiers = []) {
    self.key = key
    self.modifiers = modifiers
  }

  /// A character key without modifiers.
  public static func character(_ character: Character) -> KeyPress {
    KeyPress(.character(character))
  }

  /// A letter with the control key.
  public static func control(_ character: Character) -> KeyPress {
    KeyPress(.character(character), .control)
  }
}

/// A button of the mouse.
public enum MouseButton: Hashable, Sendable {
  case left, middle, right
}

/// What the mouse did; positions are cells.
public enum MouseEvent: Hashable, Sendable {
  case press(Point, MouseButton)
  /// Movement with the button held that was pressed last.
  case drag(Point)
  case release(Point)
  case scroll(Point, up: Bool)
}

/// What reaches the program from the terminal.
public enum TerminalEvent: Hashable, Sendable {
  case key(KeyPress)
  case mouse(MouseEvent)
  /// Pasted text, sanitised; its newlines and tabs are text, not keys.
  case paste(String)
  case resize(Size)
  /// The waker was used; there is something to do outside the terminal.
  case wake
  /// The program was suspended and runs again; everything is to be drawn anew.
  case resumed
  /// The terminal went away or the program was told to end: save and leave.
  case interrupt(Interrupt)
}

/// Why the program has to end.
public enum Interrupt: Hashable, Sendable {
  /// The terminal is gone (SIGHUP, or reading it fails).
  case hangup
  /// Another program asked this one to end (SIGTERM or SIGINT).
  case terminate
}
