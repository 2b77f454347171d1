import Storage

/// How often each piece of work has failed: what fails three times is set aside, so that the rest
/// goes on.
struct FailureCount {
  static let limit = 3
  private var counts: [String: Int] = [:]

  static func key(prompt: Int64) -> String { "prompt \(prompt)" }
  static func key(_ kind: VersionKind, label: Int64) -> String { "\(kind.rawValue) \(label)" }

  static func key(imitated label: Int64) -> String { "imitated \(label)" }

  mutating func add(_ key: String) { counts[key, default: 0] += 1 }
  func attempts(_ key: String) -> Int { counts[key, default: 0] }
  func isSetAside(_ key: String) -> Bool { attempts(key) >= Self.limit }

  /// Prompts that no slate could be made for.
  var promptsSetAside: Set<Int64> {
    Set(
      counts.compactMap { key, count in
        guard count >= Self.limit, key.hasPrefix("prompt ") else { return nil }
        return Int64(key.dropFirst("prompt ".count))
      })
  }
}
