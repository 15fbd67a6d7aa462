// zkey and wtns files of snarkjs. Whatever they hold, reading them ends in a key, a witness, or a reason.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "interface.h"

namespace cinnabar {

/** count, then task(index), on all threads; returns when all are done. */
typedef std::function<void(size_t, const std::function<void(size_t)> &)> ParallelFor;

/** A proving key whose file stays mapped as long as this lives. */
class LoadedKey {
public:
  /**
   * Maps and validates: sizes, ranges, canonical numbers, points on their curves. Null, and a reason, for a file
   * that is not such a key. The file must not be changed while it is mapped. Throws std::bad_alloc.
   */
  static std::shared_ptr<LoadedKey> open(const std::string &path, const Core *core, const ParallelFor &parallel,
                                         std::string *reason);
  /** The same for bytes in memory, which must outlive the key. */
  static std::shared_ptr<LoadedKey> read(const uint8_t *bytes, size_t length, const Core *core,
                                         const ParallelFor &parallel, std::string *reason);
  ~LoadedKey();

  ProvingKey key;

private:
  LoadedKey() = default;
  bool parse(const uint8_t *bytes, size_t length, const Core *core, const ParallelFor &parallel,
             std::string *reason);

  void *mapped = nullptr;
  size_t mappedLength = 0;
  std::vector<uint32_t> rowStarts[2], order;
  std::vector<uint8_t> infinite[5];
  /** Aligned by uint64_t; two tables of 2^power elements of four words. */
  std::vector<uint64_t> twiddles;
};

/** Finds the elements of a witness for a circuit of `wires`; null and a reason if it is none. */
const uint8_t *readWitness(const uint8_t *bytes, size_t length, uint32_t wires, const Core *core,
                           std::string *reason);

/** Below r, 32 bytes little endian. */
bool isScalar(const uint8_t *bytes, const Core *core);

} // namespace cinnabar
