import Foundation

extension BenchReport {
  /// The report as a table that people read.
  var text: [String] {
    var rows = [["test", "tokens/s", "spread", "of peak", "seconds", "least", "most", "memory"]]
    for result in results {
      rows.append([
        result.name,
        result.tokensPerSecond.map { Self.rate($0.median) } ?? "",
        result.tokensPerSecond.map { "± " + Self.rate($0.spread) } ?? "",
        result.peakShare(of: machine.gigaflops).map { String(format: "%.1f %%", $0 * 100) } ?? "",
        Self.duration(result.seconds.median), Self.duration(result.seconds.min),
        Self.duration(result.seconds.max),
        result.residentMegabytes.map { String(format: "%.0f MB", $0) } ?? "",
      ])
    }
    return machine.text + (results.isEmpty ? [] : [""] + Self.table(rows))
  }

  /// Cells in columns: the first column to the left, figures to the right.
  static func table(_ rows: [[String]]) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + padding : padding + row[column]
      }
      return cells.joined(separator: "  ").replacing(/\ +$/, with: "")
    }
  }

  private static func rate(_ value: Double) -> String { String(format: "%.1f", value) }
  private static func duration(_ seconds: Double) -> String { String(format: "%.3f", seconds) }
}

extension MachineFigures {
  /// The machine in words.
  var text: [String] {
    func figure(_ value: Double) -> String { String(format: "%.1f", value) }
    let times = after.map {
      " (\(figure(before.gigaflops)) before the tests, \(figure($0.gigaflops)) after)"
    }
    return [
      "\(cpu), \(threads) threads, \(kernels) kernels",
      "sgemm peak \(figure(gigaflops)) GFLOP/s by \(product.rawValue)\(times ?? ""), "
        + "memory \(figure(memoryGigabytesPerSecond)) GB/s read",
    ]
  }
}
