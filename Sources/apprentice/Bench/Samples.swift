/// What repeated measurements of one thing gave, at least one.
struct Samples: Equatable {
  /// In ascending order.
  private let values: [Double]

  init(_ values: [Double]) {
    precondition(!values.isEmpty, "nothing was measured")
    self.values = values.sorted()
  }

  var count: Int { values.count }
  var min: Double { values[0] }
  var max: Double { values[count - 1] }

  /// The middle one, or the mean of the middle two.
  var median: Double { (values[(count - 1) / 2] + values[count / 2]) / 2 }

  /// Half the distance from the least to the greatest.
  var spread: Double { (max - min) / 2 }
}

extension Samples {
  /// The samples of a figure that follows from this one.
  func map(_ transform: (Double) -> Double) -> Samples { Samples(values.map(transform)) }
}
