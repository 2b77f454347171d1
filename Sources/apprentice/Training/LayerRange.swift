import ArgumentParser

/// `FROM-TO`: transformer layers counted from 0, both ends included.
struct LayerRange: ExpressibleByArgument {
  let layers: ClosedRange<Int>

  init?(argument: String) {
    let ends = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard ends.count == 2, let from = ends[0], let to = ends[1], from >= 0, from <= to else {
      return nil
    }
    layers = from...to
  }
}
