import Foundation

/// How much memory this process has resident, as Linux counts it.
enum ResidentMemory {
  /// Megabytes now.
  static var megabytes: Double? { figure("VmRSS:") }

  /// The most megabytes since ``resetPeak()``.
  static var peakMegabytes: Double? { figure("VmHWM:") }

  /// Begins to count anew.
  ///
  /// - Returns: whether the system let it.
  static func resetPeak() -> Bool {
    guard let file = fopen("/proc/self/clear_refs", "w") else { return false }
    let wrote = fputs("5", file) >= 0
    return fclose(file) == 0 && wrote
  }

  private static func figure(_ name: String) -> Double? {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
      let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first
    else { return nil }
    return Double(kilobytes).map { $0 / 1024 }
  }
}
