import Foundation

/// How the threads of oneDNN's OpenMP pool wait for work.
enum ThreadWaiting {
  /// Starts the program again, in the same process, with passive waiting: libgomp reads
  /// `OMP_WAIT_POLICY` only when it is loaded, and its spinning threads would take the cores from the
  /// workstation. Returns at once when the policy is set already.
  static func makePassive() {
    guard getenv("OMP_WAIT_POLICY") == nil else { return }
    setenv("OMP_WAIT_POLICY", "passive", 1)
    var arguments = CommandLine.arguments.map { strdup($0) }
    arguments.append(nil)
    execv("/proc/self/exe", arguments)
    // Without /proc the program goes on as it is: slower beside other work, and as right.
    arguments.forEach { free($0) }
  }
}
