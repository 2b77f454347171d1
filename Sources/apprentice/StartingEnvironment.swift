import Foundation

/// Variables that libraries read when they are loaded, before any of our code runs.
enum StartingEnvironment {
  /// For commands that compute: threads without work spin for about 0.1 ms and then sleep. A training
  /// step has thousands of products, and waking a thread for each took a tenth of its time; spinning
  /// for long would take the cores from the workstation.
  static func forComputing() {
    ensure("GOMP_SPINCOUNT", "10000")
  }

  /// For the workstation: after a crash Swift's backtracer must not ask questions at the terminal.
  static func forTheTerminal() {
    ensure("SWIFT_BACKTRACE", "enable=no")
  }

  /// Starts the program again, in the same process, with the variable set; returns at once when it is
  /// set already.
  private static func ensure(_ name: String, _ value: String) {
    guard getenv(name) == nil else { return }
    setenv(name, value, 1)
    var arguments = CommandLine.arguments.map { strdup($0) }
    arguments.append(nil)
    execv("/proc/self/exe", arguments)
    // Without /proc the program goes on as it is: slower beside other work, and as right.
    for argument in arguments { free(argument) }
  }
}
