import Foundation

/// The path of the driver's test program, which is built beside the tests.
func probePath() -> String {
  var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
  while folder.path != "/" {
    let path = folder.appending(path: "TerminalProbe").path
    if FileManager.default.isExecutableFile(atPath: path) { return path }
    folder.deleteLastPathComponent()
  }
  return "TerminalProbe"
}

/// Whether a signal was sent to a process and has not reached it yet, by the kernel's account.
func isPending(_ signal: Int32, of process: Int32) -> Bool {
  let text = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
  let masks = text.split(separator: "\n").filter {
    $0.hasPrefix("ShdPnd:") || $0.hasPrefix("SigPnd:")
  }
  return masks.contains { line in
    let digits = line.drop { $0 != "\t" }.dropFirst()
    return (UInt64(digits, radix: 16) ?? 0) & 1 << UInt64(signal - 1) != 0
  }
}

/// Makes the C library's widths those of a Unicode locale, as the driver does.
func setlocaleForTests() {
  setlocale(LC_CTYPE, "C.UTF-8")
}
