import CVTerm
import TerminalUI

/// What a cell of the emulated screen shows.
public struct ScreenCell: Equatable, Sendable {
  /// Empty for the right half of a wide character.
  public var text: String
  /// Dimness is not among the attributes: the emulator does not keep it.
  public var style: Style

  public init(text: String, style: Style) {
    self.text = text
    self.style = style
  }
}

/// A terminal emulator (libvterm) that is fed with a program's output.
///
/// Its width table is old: cells of recent emoji, emoji with selectors and joined emoji cannot be
/// checked with it.
final class Screen {
  private let terminal: OpaquePointer
  private let screen: OpaquePointer
  private let properties: UnsafeMutablePointer<Properties>
  private let callbacks: UnsafeMutablePointer<VTermScreenCallbacks>
  private(set) var size: Size

  /// What programs switch on and off.
  struct Properties {
    var alternateScreen = false
    var cursorVisible = true
    var mouse = false
  }

  init(size: Size) {
    self.size = size
    terminal = vterm_new(Int32(size.height), Int32(size.width))
    vterm_set_utf8(terminal, 1)
    screen = vterm_obtain_screen(terminal)
    properties = .allocate(capacity: 1)
    properties.initialize(to: Properties())
    callbacks = .allocate(capacity: 1)
    callbacks.initialize(to: VTermScreenCallbacks())
    callbacks.pointee.settermprop = { property, value, user in
      guard let properties = user?.assumingMemoryBound(to: Properties.self), let value else {
        return 1
      }
      switch property {
      case VTERM_PROP_ALTSCREEN: properties.pointee.alternateScreen = value.pointee.boolean != 0
      case VTERM_PROP_CURSORVISIBLE: properties.pointee.cursorVisible = value.pointee.boolean != 0
      case VTERM_PROP_MOUSE: properties.pointee.mouse = value.pointee.number != 0
      default: break
      }
      return 1
    }
    vterm_screen_set_callbacks(screen, callbacks, properties)
    vterm_screen_enable_altscreen(screen, 1)
    vterm_screen_reset(screen, 1)
  }

  deinit {
    vterm_free(terminal)
    properties.deallocate()
    callbacks.deallocate()
  }

  var state: Properties { properties.pointee }

  func resize(to size: Size) {
    self.size = size
    vterm_set_size(terminal, Int32(size.height), Int32(size.width))
  }

  /// Takes in a program's output.
  func write(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { buffer in
      _ = vterm_input_write(
        terminal, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
    }
    vterm_screen_flush_damage(screen)
  }

  /// What the terminal sends to the program: keys, the mouse, and its answers.
  func takeReplies() -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [CChar](repeating: 0, count: 256)
    while case let count = vterm_output_read(terminal, &buffer, buffer.count), count > 0 {
      bytes += buffer.prefix(count).map { UInt8(bitPattern: $0) }
    }
    return bytes
  }

  func press(_ key: VTermKey, _ modifiers: VTermModifier) {
    vterm_keyboard_key(terminal, key, modifiers)
  }

  func startPaste() { vterm_keyboard_start_paste(terminal) }

  func endPaste() { vterm_keyboard_end_paste(terminal) }

  func moveMouse(to point: Point) {
    vterm_mouse_move(terminal, Int32(point.y), Int32(point.x), VTERM_MOD_NONE)
  }

  func setMouseButton(_ number: Int32, down: Bool) {
    vterm_mouse_button(terminal, number, down, VTERM_MOD_NONE)
  }

  var cursor: Point {
    var position = VTermPos()
    vterm_state_get_cursorpos(vterm_obtain_state(terminal), &position)
    return Point(x: Int(position.col), y: Int(position.row))
  }

  func cell(x: Int, y: Int) -> ScreenCell {
    var cell = VTermScreenCell()
    _ = vterm_screen_get_cell(screen, VTermPos(row: Int32(y), col: Int32(x)), &cell)
    var attributes: Attributes = []
    if cell.attrs.bold != 0 { attributes.insert(.bold) }
    if cell.attrs.italic != 0 { attributes.insert(.italic) }
    if cell.attrs.underline != 0 { attributes.insert(.underline) }
    if cell.attrs.reverse != 0 { attributes.insert(.reverse) }
    let style = Style(
      foreground: color(cell.fg), background: color(cell.bg), attributes: attributes)
    return ScreenCell(text: text(of: cell), style: style)
  }

  private func text(of cell: VTermScreenCell) -> String {
    let points = withUnsafeBytes(of: cell.chars) { Array($0.bindMemory(to: UInt32.self)) }
    if points[0] == UInt32.max { return "" }
    if points[0] == 0 { return " " }
    var text = String.UnicodeScalarView()
    for point in points.prefix(while: { $0 != 0 }) {
      if let scalar = Unicode.Scalar(point) { text.append(scalar) }
    }
    return String(text)
  }

  /// Bits of a colour's type: 1 for an entry of the palette, 2 and 4 for the terminal's own.
  private func color(_ color: VTermColor) -> Color? {
    color.type & 6 == 0 && color.type & 1 == 1 ? .indexed(color.indexed.idx) : nil
  }
}
