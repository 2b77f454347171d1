import CNCurses

/// What the key codes of curses mean, on the terminal that is open.
///
/// Curses knows the keys in the terminal's description. The usual sequences of xterm, also for keys
/// with modifiers and for cursor keys outside application mode, are added where it has none.
struct KeyTable {
  private var keys: [Int32: KeyPress] = [:]
  let pasteStart: Int32
  let pasteEnd: Int32

  /// The table of the terminal that curses has open; defines keys there.
  init() {
    var next: Int32 = 10_000  // beyond the codes that curses gives out itself
    func code(_ sequence: String) -> Int32 {
      let known = key_defined(sequence)
      if known > 0 { return known }
      next += 1
      define_key(sequence, next)
      return next
    }
    for (name, key) in Self.named { keys[name] = key }
    for number in 1...12 { keys[Int32(KEY_F0) + Int32(number)] = KeyPress(.function(number)) }
    for (final, key) in Self.letterKeys {
      keys[code("\u{1B}[\(final)")] = KeyPress(key)
      keys[code("\u{1B}O\(final)")] = KeyPress(key)
    }
    for (number, key) in Self.numberKeys { keys[code("\u{1B}[\(number)~")] = KeyPress(key) }
    // xterm sends 1 plus the sum of shift 1, alt 2, control 4.
    for bits in UInt8(1)...7 {
      let modifiers = Modifiers(rawValue: bits)
      for (final, key) in Self.letterKeys {
        keys[code("\u{1B}[1;\(bits + 1)\(final)")] = KeyPress(key, modifiers)
      }
      for (number, key) in Self.numberKeys {
        keys[code("\u{1B}[\(number);\(bits + 1)~")] = KeyPress(key, modifiers)
      }
    }
    for (number, final) in zip(1...4, ["P", "Q", "R", "S"]) {
      keys[code("\u{1B}O\(final)")] = KeyPress(.function(number))
    }
    for (number, key) in zip([15, 17, 18, 19, 20, 21, 23, 24], 5...12) {
      keys[code("\u{1B}[\(number)~")] = KeyPress(.function(key))
    }
    keys[code("\u{1B}[Z")] = KeyPress(.tab, .shift)
    pasteStart = code("\u{1B}[200~")
    pasteEnd = code("\u{1B}[201~")
  }

  subscript(code: Int32) -> KeyPress? { keys[code] }

  private static let letterKeys: [(String, Key)] = [
    ("A", .up), ("B", .down), ("C", .right), ("D", .left), ("H", .home), ("F", .end),
  ]

  private static let numberKeys: [(Int, Key)] = [
    (1, .home), (2, .insert), (3, .delete), (4, .end), (5, .pageUp), (6, .pageDown),
  ]

  private static let named: [(Int32, KeyPress)] = [
    (KEY_UP, KeyPress(.up)), (KEY_DOWN, KeyPress(.down)), (KEY_LEFT, KeyPress(.left)),
    (KEY_RIGHT, KeyPress(.right)), (KEY_HOME, KeyPress(.home)), (KEY_END, KeyPress(.end)),
    (KEY_PPAGE, KeyPress(.pageUp)), (KEY_NPAGE, KeyPress(.pageDown)),
    (KEY_DC, KeyPress(.delete)), (KEY_IC, KeyPress(.insert)), (KEY_ENTER, KeyPress(.enter)),
    (KEY_BACKSPACE, KeyPress(.backspace)), (KEY_BTAB, KeyPress(.tab, .shift)),
    (KEY_SR, KeyPress(.up, .shift)), (KEY_SF, KeyPress(.down, .shift)),
    (KEY_SLEFT, KeyPress(.left, .shift)), (KEY_SRIGHT, KeyPress(.right, .shift)),
    (KEY_SHOME, KeyPress(.home, .shift)), (KEY_SEND, KeyPress(.end, .shift)),
    (KEY_SDC, KeyPress(.delete, .shift)),
  ]
}
