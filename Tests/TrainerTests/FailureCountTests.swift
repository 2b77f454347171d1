import Testing

@testable import Trainer

@Suite struct FailureCountTests {
  @Test func theThirdFailureSetsAside() {
    var failures = FailureCount()
    failures.add("slate 1")
    failures.add("slate 1")
    #expect(!failures.isSetAside("slate 1"))
    failures.add("slate 1")
    #expect(failures.isSetAside("slate 1"))
    #expect(!failures.isSetAside("slate 2"))
  }
}
