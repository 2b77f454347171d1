import CVTerm
import Glibc
import TerminalUI

/// Starts a command in a new session whose controlling terminal is the one named.
///
/// What POSIX leaves out of spawning, `setsid` of util-linux and `env` of coreutils do; both become
/// the command without another process in between.
func spawn(
  _ command: [String], terminal: [CChar], environment: [String: String?], directory: String?
) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR | O_NOCTTY, 0)
  posix_spawn_file_actions_adddup2(&actions, 0, 1)
  posix_spawn_file_actions_adddup2(&actions, 0, 2)

  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var signals = sigset_t()
  sigemptyset(&signals)
  posix_spawnattr_setsigmask(&attributes, &signals)
  sigfillset(&signals)
  posix_spawnattr_setsigdefault(&attributes, &signals)
  posix_spawnattr_setflags(
    &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))

  let inside = directory.map { ["env", "-C", $0] } ?? []
  let arguments = (["setsid", "--ctty"] + inside + command).map { strdup($0) } + [nil]
  let variables = changed(environment).map { strdup($0) } + [nil]
  defer { for pointer in arguments + variables { free(pointer) } }
  var process: pid_t = 0
  let result = posix_spawnp(&process, "setsid", &actions, &attributes, arguments, variables)
  guard result == 0 else {
    throw PseudoTerminalError(
      description: "setsid does not start: \(String(cString: strerror(result)))")
  }
  return process
}

/// This process's variables with changes, as `NAME=value`.
private func changed(_ changes: [String: String?]) -> [String] {
  var variables: [String] = []
  var next = environ
  while let entry = next.pointee {
    let text = String(cString: entry)
    if let name = text.split(separator: "=").first, changes[String(name)] == nil {
      variables.append(text)
    }
    next += 1
  }
  return variables + changes.compactMap { name, value in value.map { "\(name)=\($0)" } }
}

extension MouseButton {
  /// The number in the terminal's protocol.
  var number: Int32 {
    switch self {
    case .left: 1
    case .middle: 2
    case .right: 3
    }
  }
}

extension Modifiers {
  var emulated: VTermModifier {
    var bits = VTERM_MOD_NONE.rawValue
    if contains(.shift) { bits |= VTERM_MOD_SHIFT.rawValue }
    if contains(.alt) { bits |= VTERM_MOD_ALT.rawValue }
    if contains(.control) { bits |= VTERM_MOD_CTRL.rawValue }
    return VTermModifier(rawValue: bits)
  }
}

extension Key {
  /// The emulator's name of a key that is no character.
  var emulated: VTermKey {
    switch self {
    case .character: VTERM_KEY_NONE
    case .enter: VTERM_KEY_ENTER
    case .escape: VTERM_KEY_ESCAPE
    case .tab: VTERM_KEY_TAB
    case .backspace: VTERM_KEY_BACKSPACE
    case .delete: VTERM_KEY_DEL
    case .insert: VTERM_KEY_INS
    case .up: VTERM_KEY_UP
    case .down: VTERM_KEY_DOWN
    case .left: VTERM_KEY_LEFT
    case .right: VTERM_KEY_RIGHT
    case .home: VTERM_KEY_HOME
    case .end: VTERM_KEY_END
    case .pageUp: VTERM_KEY_PAGEUP
    case .pageDown: VTERM_KEY_PAGEDOWN
    case .function(let number): VTermKey(rawValue: VTERM_KEY_FUNCTION_0.rawValue + UInt32(number))
    }
  }
}
