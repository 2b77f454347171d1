import Foundation
import LanguageModel

/// What the machine can do, and how `bench` writes it.
struct MachineFigures: Encodable {
  var cpu: String
  var threads: Int
  /// The instruction set of the vector kernels.
  var kernels: String
  /// The peak before the other rows were measured, and after if there were any that it is a share of.
  var before: MachineSpeed.Peak
  var after: MachineSpeed.Peak?
  var memoryGigabytesPerSecond: Double

  private var best: MachineSpeed.Peak {
    after.map { $0.gigaflops > before.gigaflops ? $0 : before } ?? before
  }

  /// The peak that shares are shares of.
  var gigaflops: Double { best.gigaflops }
  var product: MachineSpeed.Product { best.product }

  enum CodingKeys: String, CodingKey {
    case row, cpu, threads, kernels, product
    case gigaflops = "sgemm_gflops"
    case gigaflopsBefore = "sgemm_gflops_before"
    case gigaflopsAfter = "sgemm_gflops_after"
    case memoryGigabytesPerSecond = "memory_gb_s"
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(BenchRow.machine, forKey: .row)
    try container.encode(cpu, forKey: .cpu)
    try container.encode(threads, forKey: .threads)
    try container.encode(kernels, forKey: .kernels)
    try container.encode(product.rawValue, forKey: .product)
    try container.encode(gigaflops, forKey: .gigaflops)
    try container.encode(before.gigaflops, forKey: .gigaflopsBefore)
    try container.encodeIfPresent(after?.gigaflops, forKey: .gigaflopsAfter)
    try container.encode(memoryGigabytesPerSecond, forKey: .memoryGigabytesPerSecond)
  }

  /// The processor's name as the system gives it.
  static func processorName() -> String {
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    for line in lines.split(separator: "\n") where line.hasPrefix("model name") {
      if let name = line.split(separator: ":", maxSplits: 1).last {
        return name.trimmingCharacters(in: .whitespaces)
      }
    }
    // arm64's /proc/cpuinfo gives numbers only.
    var system = utsname()
    uname(&system)
    return withUnsafeBytes(of: system.machine) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
