/// The screens, in the order of their tabs.
enum Screen: String, Sendable, Hashable, CaseIterable {
  case rank, write, learning, guidelines, help

  var title: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
}
