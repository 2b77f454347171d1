import FuzzedReaders

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func readOneModel(_ bytes: UnsafeRawPointer?, _ count: Int) -> CInt {
  readModel(UnsafeRawBufferPointer(start: bytes, count: count))
  return 0
}
