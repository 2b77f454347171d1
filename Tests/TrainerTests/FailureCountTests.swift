import Storage
import Testing

@testable import Trainer

@Suite struct FailureCountTests {
  @Test func theThirdFailureSetsAside() {
    var failures = FailureCount()
    let key = FailureCount.key(prompt: 1)
    failures.add(key)
    failures.add(key)
    #expect(!failures.isSetAside(key))
    #expect(failures.promptsSetAside.isEmpty)
    failures.add(key)
    #expect(failures.isSetAside(key))
    #expect(failures.promptsSetAside == [1])
    #expect(!failures.isSetAside(FailureCount.key(.policy, label: 1)))
  }
}
